"""Discovery: one actor that finds miners and has the fleet register them, and the parts it is made of.

It reads only. Where a machine is registered is decided in the fleet alone, by commands like any other.
"""
