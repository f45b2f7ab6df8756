"""Braiins OS by its REST interface: power in watts between the device's own bounds, no file, no increment."""
