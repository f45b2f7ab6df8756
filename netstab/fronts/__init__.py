"""The ways in beside HTTP: each translates a protocol to commands, and the fleet's state to the protocol.

A front decides nothing, imports no other, writes nothing to the log, and dies alone.
"""
