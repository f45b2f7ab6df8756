"""What a miner draws and how a target is shared out. Pure: no clock, no I/O, no threads."""
