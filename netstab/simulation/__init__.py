"""A fleet of simulated miners that speaks the real protocols on loopback addresses.

`physics.py` is pure and can be stepped in virtual time without sockets. Shares no code with the drivers:
it is written from the devices' side, so that an error in one is not hidden by the same error in the other.
"""
