"""The running system: one actor for each miner, the FleetActor over them, and what keeps them alive.

Requests go down (`ask`, with a timeout), news goes up (`tell`). No actor of a miner ever blocks.
"""
