"""The answer to `stats`, encoded once for each state of a miner; what has changed since is put in."""

import re

from netstab.simulation import api
from netstab.simulation.device import Device
from netstab.simulation.sections import latest
from netstab.simulation.stats import CHAINS

__all__ = ["STATS", "EncodedStats"]

STATS = b'{"command":"stats"}'

_OF_A_BOARD = ("temp", "temp2_", "chain_hw", "chain_rate")
_CHANGING = (
    "When", "Elapsed", "no_matching_work", "GHS 5s", "GHS av", "total_rate", "fan5", "fan6", "temp_max",
    *(f"{name}{chain}" for name in _OF_A_BOARD for chain in CHAINS),
)  # fmt: skip
_FIELD = re.compile(rf'"({"|".join(_CHANGING)})":(?:"[^"]*"|[^,}}]*)')


class EncodedStats:
    """The answers of one miner, word for word what its API gives."""

    __slots__ = ("_fields", "_pieces", "_running", "_stage")

    def __init__(self) -> None:
        self._stage: object = None
        self._running: object = None
        self._pieces: list[str] = []
        self._fields: list[tuple[int, str]] = []

    def answer(self, device: Device) -> bytes:
        miner = device.miner
        if self._stage is not miner.stage or self._running is not miner.running:
            self._stage, self._running = miner.stage, miner.running
            self._cut(api.answer(device, STATS).decode())
        values, pieces = _changing(device), self._pieces
        for place, name in self._fields:
            pieces[place] = values[name]
        return "".join(pieces).encode()

    def _cut(self, text: str) -> None:
        """Cut an answer at what changes: names and values take turns."""
        self._pieces = _FIELD.split(text)
        self._fields = [(place, self._pieces[place]) for place in range(1, len(self._pieces), 2)]
        for place, name in self._fields:
            self._pieces[place - 1] += f'"{name}":'


def _changing(device: Device) -> dict[str, str]:
    miner, chips = device.miner, device.unit.chips
    elapsed = int(miner.elapsed)
    rates = [miner.board_hashrate(board) for board in range(3)]
    heats = [miner.chip_temperature(board) for board in range(3)]
    total, hottest = sum(rates), max(heats)
    values: dict[str, str] = {
        "When": str(device.wall_clock),
        "Elapsed": str(elapsed),
        "no_matching_work": str(elapsed),
        "GHS 5s": f'"{"0.00" if miner.pool_lost else latest(total)}"',
        "GHS av": f"{miner.mean_hashrate:.2f}",
        "total_rate": f"{total:.2f}",
        "fan5": str(60 * (40 + hottest // 2)),
        "fan6": str(60 * (44 + hottest // 2)),
        "temp_max": str(hottest),
    }
    for board, (temperature, second, errors, rate) in enumerate(_BOARDS):
        values[temperature] = str(max(0, heats[board] - 15))
        values[second] = str(heats[board])
        values[errors] = str(elapsed // 300) if chips[board] else "0"
        values[rate] = f'"{latest(rates[board])}"'
    return values


_BOARDS = [tuple(f"{name}{chain}" for name in _OF_A_BOARD) for chain in CHAINS]
