"""The site meter: one port, and a driver for each protocol.

It reads when it is told to, once and within a deadline. It judges whether a figure can be one of power, not
what is to be done about it.
"""
