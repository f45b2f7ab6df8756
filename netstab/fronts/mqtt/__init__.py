"""MQTT: the fleet's state published, commands taken, and the fleet announced to Home Assistant as a device.

It translates; what a command may do is the fleet's to decide.
"""
