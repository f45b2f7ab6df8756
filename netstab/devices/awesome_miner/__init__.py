"""Awesome Miner, a fleet manager for Windows, as a second back end: its miners are units of the fleet."""
