"""Stands in for the driver of a miner that lies outside the allowed networks: nothing is ever sent to it."""

from typing import NoReturn

from netstab.devices.port import Firmware
from netstab.errors import Unreachable
from netstab.reach import Reach

__all__ = ["OutOfReachDriver", "out_of_reach"]


def out_of_reach(reach: Reach) -> Unreachable:
    """Say why a miner is not talked to, and what would change that."""
    return Unreachable(
        f"It lies outside of the allowed networks ({reach}) or ports and is not talked to: "
        "set MINER_ALLOWED_NETWORKS, or remove it."
    )


class OutOfReachDriver:
    """Offers every interface of the port; each call fails before anything is sent."""

    firmware = Firmware.UNKNOWN

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise out_of_reach(self._reach)

    async def _refuse_later(self, *_: object, **__: object) -> NoReturn:
        raise out_of_reach(self._reach)

    poll = pools = _refuse_later
    probe = identify = details = _refuse
    sleep = wake = restart = reboot = factory_reset = apply = restore = renew = find_mode = _refuse
