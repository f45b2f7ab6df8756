"""Looks whether a server can work as it is set up, and says what is wrong and what to do. It changes nothing.

It asks the database, the meter, and at most three miners that the log knows, each within a deadline, by reads
alone; it looks for no device.
"""
