"""How the product talks to miners: one port (`port.py`), a driver for each firmware family behind it.

Parsing and building are pure functions of bytes; sockets live in `transport.py` and nowhere else.
Nothing here decides what a miner should do, and nothing here retries: that is the actor's business.
"""
