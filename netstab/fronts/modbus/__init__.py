"""The way in for PLCs, SCADA and energy managers: a Modbus TCP server with a plain map and a SunSpec chain.

It decides nothing: what is written becomes the fleet's commands, what is read is the published snapshot. All
but `server` and `front` is pure, and time is an argument.
"""
