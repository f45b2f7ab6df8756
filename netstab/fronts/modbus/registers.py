"""Where each point stands, which registers can be read, and which points a write holds. Pure.

Addresses are those of the protocol, from 0 on. A point of several registers is written whole or not at all;
any registers of the map can be read.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from netstab.fronts.modbus import models
from netstab.fronts.modbus.points import Model, Point, Value, read_value, words_of

__all__ = ["ExceptionCode", "Refused", "Registers", "Values", "Written", "registers_of", "writes_in"]

Values = Mapping[tuple[int, str], Value]
"""What points show, by the number of their model and their name; the plain map is 0."""

Written = Mapping[str, float | int | None]
"""What was written to the points that can be, by their names; None is "not implemented", or NaN."""

_CHAIN = (
    models.COMMON,
    models.DER_MEASURE_AC,
    models.DER_CAPACITY,
    models.DER_CTL_AC,
    models.DER_CTL,
    models.METER,
)
_SUNS = (0x5375, 0x6E53)
_END = (0xFFFF, 0)
_BASE = 40_000
_CONTROLS_AT = 100


class ExceptionCode(IntEnum):
    """Modbus's own (Application Protocol 1.1b3, section 7)."""

    ILLEGAL_FUNCTION = 1
    ILLEGAL_ADDRESS = 2
    ILLEGAL_VALUE = 3
    DEVICE_FAILURE = 4
    DEVICE_BUSY = 6


class Refused(Exception):
    """A request is answered by an exception.

    `status` is what the register of the last refusal shows then, 0: what it showed before.
    """

    def __init__(self, code: ExceptionCode, status: int = 0) -> None:
        super().__init__(code.name)
        self.code, self.status = code, status


@dataclass(frozen=True, slots=True)
class _Placed:
    """A point in its place."""

    address: int
    model: int
    point: Point


def _placed(at: int, model: Model) -> Iterator[_Placed]:
    for point in model.points:
        yield _Placed(at, model.number, point)
        at += point.size


def _places() -> Iterator[_Placed]:
    yield from _placed(0, models.PLAIN)
    yield from _placed(_CONTROLS_AT, models.PLAIN_CONTROLS)
    at = _BASE + len(_SUNS)
    for model in _CHAIN:
        yield from _placed(at + 2, model)
        at += 2 + model.length


_BY_ADDRESS = {placed.address: placed for placed in _places()}


@dataclass(frozen=True, slots=True)
class Registers:
    """All registers at one moment: blocks by their first address."""

    blocks: Mapping[int, Sequence[int]]

    def read(self, address: int, count: int) -> Sequence[int]:
        """Return so many registers; raises `Refused` where there is none."""
        starts = sorted(self.blocks)
        index = bisect_right(starts, address) - 1
        start = starts[index] if index >= 0 else 0
        words = self.blocks[start][address - start : address - start + count]
        if len(words) < count:
            raise Refused(ExceptionCode.ILLEGAL_ADDRESS)
        return words


def registers_of(values: Values) -> Registers:
    """Write all values into their registers."""
    chain = list(_SUNS)
    for model in _CHAIN:
        chain += (model.number, model.length, *_words(model, values))
    return Registers(
        {
            0: list(_words(models.PLAIN, values)),
            _CONTROLS_AT: list(_words(models.PLAIN_CONTROLS, values)),
            _BASE: (*chain, *_END),
        }
    )


def _words(model: Model, values: Values) -> Iterator[int]:
    return words_of(
        model.points, {point.name: values.get((model.number, point.name)) for point in model.points}
    )


def writes_in(address: int, words: Sequence[int], shown: Registers, values: Values) -> Written:
    """Return the points that a write holds, with their values.

    Raises `Refused` where there is no point, where one is not written whole, or is not to be changed.
    """
    found: dict[str, float | int | None] = {}
    while words:
        placed = _BY_ADDRESS.get(address)
        if placed is None or len(words) < placed.point.size:
            raise Refused(ExceptionCode.ILLEGAL_ADDRESS)
        point, given, words = placed.point, words[: placed.point.size], words[placed.point.size :]
        if point.writable and point.kind is not None:
            found[point.name] = read_value(point.kind, given, _scale_of(placed, values))
        elif not point.kept or list(given) != list(shown.read(address, point.size)):
            raise Refused(ExceptionCode.ILLEGAL_ADDRESS)
        address += point.size
    return found


def _scale_of(placed: _Placed, values: Values) -> int:
    scale = values.get((placed.model, placed.point.scale)) if placed.point.scale else 0
    return scale if isinstance(scale, int) else 0
