"""Dispatch policy: from a target and what is known of the miners to each one's setpoint.

Pure: no clock, no I/O, no threads; time is an argument.
"""
