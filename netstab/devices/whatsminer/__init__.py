"""MicroBT Whatsminer: API 3 (frames of JSON over TCP 4433) and API 2 (enciphered commands over TCP 4028).

Power is a percentage of the device's own power limit, set in its fast mode. Nothing here ever sets that
limit, which restarts the mining process, and nothing opens a miner's write access: that is its owner's.
"""
