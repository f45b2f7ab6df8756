"""One miner: a pure state machine (`machine.py` and what it is made of) and the actor around it."""
