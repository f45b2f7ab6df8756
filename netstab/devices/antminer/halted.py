"""Why a mining process that runs does not hash, by what else the miner tells. Pure."""

from collections.abc import Sequence

from netstab.devices.antminer.reading import DOES_NOT_HASH
from netstab.devices.port import Board, Pool

__all__ = ["awaits_pool", "why_it_does_not_hash"]

_TOO_HOT = 100.0  # °C of a chip; the firmware stops at 105 and the sensor is polled
_FEE_POOL = "DevFee"


def why_it_does_not_hash(boards: Sequence[Board], pools: Sequence[Pool]) -> str:
    """Name the gravest reason that can be seen: dead chips, heat, pools; "" after it if none can."""
    hottest = max((board.chip_temperature for board in boards), default=0.0)
    if boards and not any(board.chips_ok for board in boards):
        return f"{DOES_NOT_HASH}: none of its chips works"
    if hottest >= _TOO_HOT:
        return f"{DOES_NOT_HASH}: its chips have {hottest:.0f} °C"
    if awaits_pool(pools):
        first = _own(pools)[0]
        return f"{DOES_NOT_HASH}: no pool answers it ({first.url} is {first.status or 'not alive'})"
    return DOES_NOT_HASH


def awaits_pool(pools: Sequence[Pool]) -> bool:
    """Whether it has pools and none of them answers; the firmware's own one for its fee says nothing."""
    own = _own(pools)
    return bool(own) and all(pool.status != "Alive" for pool in own)


def _own(pools: Sequence[Pool]) -> list[Pool]:
    return [pool for pool in pools if pool.url != _FEE_POOL]
