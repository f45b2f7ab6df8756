"""The REST surface: HTTP in, commands to the fleet and published state out.

Handlers never write to the log and never wait for a miner, `details` and `blink` apart.
"""
