"""What stands in the way of commands to a Whatsminer, and how its operator takes it out of the way."""

__all__ = ["NO_FACTORY_RESET", "NO_PERMISSION", "WRITE_ACCESS_CLOSED"]

NO_PERMISSION = -4
"""Of API 3; API 2 has 45 for it."""

WRITE_ACCESS_CLOSED = (
    "The miner's write access is closed: change its default password and open the API with MicroBT's tool "
    "(WhatsMinerTool, remote control, miner API switch). A factory reset closes it again."
)

NO_FACTORY_RESET = (
    "A factory reset closes the miner's write access, which nothing from here opens again: reset it with "
    "MicroBT's tool (WhatsMinerTool)."
)
