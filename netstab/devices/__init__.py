"""How the product talks to miners: one port (`port.py`), a driver for each firmware family behind it.

Parsing and building are pure functions of bytes; sockets live in `transport.py` and nowhere else.
Nothing here decides what a miner should do, and no command is repeated here: that is the actor's business.
Only identification asks for a lost answer again. No parser takes more than linear time for any text.
"""
