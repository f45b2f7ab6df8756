"""How the samples of one block of miners are written into one row, and read from it. A database format.

Columns compress better than rows, and bytes of one weight better than whole numbers.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from netstab.units import Celsius, GigahashPerSecond, Megahertz, MinerId, WallTime, Watts

__all__ = ["CONDITIONS", "MinerSample", "packed", "unpacked"]

CONDITIONS = ("unknown", "hashing", "starting", "asleep", "unreachable", "locked")
"""The conditions of a miner; their places are a database format: add, never change."""

_UNSEEN = ("unknown", "unreachable", "locked")
"""A figure of 0 under these is none: so it was written once."""

_FORMAT = b"\x02"
"""The first byte of a row. The first format had none: it began with zlib's own first byte."""

_OFFSETS = (1, 1, 1, 274)
"""Added to power, hash rate, frequency and temperature, so that 0 is none."""

_BYTES = 4
_HIGHEST = 2 ** (8 * _BYTES) - 1
_WIDTH = 2 + _BYTES * len(_OFFSETS)
_FIRST_WIDTH = 9  # bytes of a miner in the first format


@dataclass(frozen=True, slots=True)
class MinerSample:
    """One miner at one moment, in whole units or None; `condition` is one of `CONDITIONS`."""

    at: WallTime
    miner_id: MinerId
    condition: str
    power: Watts | None
    hashrate: GigahashPerSecond | None
    frequency: Megahertz | None
    temperature: Celsius | None


def packed(members: Sequence[tuple[int, MinerSample]]) -> bytes:
    """Write the samples of miners, each with the last octet of its address."""
    miners = [miner for _, miner in members]
    columns = bytes(octet for octet, _ in members)
    columns += bytes(CONDITIONS.index(miner.condition) for miner in miners)
    columns += b"".join(_planes(figures) for figures in zip(*map(_figures, miners), strict=True))
    return _FORMAT + zlib.compress(columns)


def unpacked(content: bytes, octet: int, miner_id: MinerId, at: WallTime) -> MinerSample | None:
    """Read the sample of the miner with that last octet; None if it has none."""
    is_first = not content.startswith(_FORMAT)
    columns = zlib.decompress(content if is_first else content[1:])
    count = len(columns) // (_FIRST_WIDTH if is_first else _WIDTH)
    place = columns.find(octet, 0, count)
    if place < 0:
        return None
    read = _first_figures if is_first else _read
    power, hashrate, frequency, temperature = read(columns, count, place)
    condition = CONDITIONS[columns[count + place]]
    if condition in _UNSEEN:
        power, hashrate = power or None, hashrate or None
    return MinerSample(
        at=at,
        miner_id=miner_id,
        condition=condition,
        power=None if power is None else Watts(float(power)),
        hashrate=None if hashrate is None else GigahashPerSecond(float(hashrate)),
        frequency=Megahertz(frequency) if frequency else None,
        temperature=None if temperature is None else Celsius(float(temperature)),
    )


def _figures(miner: MinerSample) -> list[int]:
    """Return what is stored of a miner's figures."""
    given = (miner.power, miner.hashrate, miner.frequency, miner.temperature)
    return [
        0 if figure is None else min(_HIGHEST, max(1, round(figure) + offset))
        for figure, offset in zip(given, _OFFSETS, strict=True)
    ]


def _planes(figures: Iterable[int]) -> bytes:
    """Write one figure of all miners: the lowest bytes of all, then the next higher ones."""
    stored = b"".join(figure.to_bytes(_BYTES, "little") for figure in figures)
    return b"".join(stored[plane::_BYTES] for plane in range(_BYTES))


def _read(columns: bytes, count: int, place: int) -> list[int | None]:
    """Return the figures of the miner at that place."""
    planes = columns[2 * count + place :: count]
    stored = (int.from_bytes(planes[at : at + _BYTES], "little") for at in range(0, len(planes), _BYTES))
    return [figure - offset if figure else None for figure, offset in zip(stored, _OFFSETS, strict=True)]


def _first_figures(columns: bytes, count: int, place: int) -> list[int | None]:
    """Read the first format: temperature in a byte, then the others in two, up to 65,535."""
    starts = (3 * count + 2 * (column * count + place) for column in range(3))
    power, hashrate, frequency = (int.from_bytes(columns[at : at + 2], "little") for at in starts)
    return [power, hashrate, frequency, columns[2 * count + place] or None]
