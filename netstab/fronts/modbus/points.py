"""What registers hold: kinds of numbers, points of a model, and both ways between values and registers. Pure.

A value is in the point's unit, None where there is none; a register map shows that by the kind's
"not implemented" (SunSpec's "Device Information Model Specification", and the models' schema).
"""

import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["KINDS", "Kind", "Model", "Point", "Value", "model", "read_value", "words_of"]

Value = float | int | str | None


@dataclass(frozen=True, slots=True)
class Kind:
    """How `size` registers hold a number, by `struct`; `nothing` stands for none, if anything does."""

    name: str
    form: str
    nothing: float | None

    @property
    def size(self) -> int:
        return struct.calcsize(self.form) // 2

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the largest number that stand for themselves; 0 of an acc32 is both."""
        bits = 16 * self.size
        low, high = (
            (-(1 << bits - 1), (1 << bits - 1) - 1) if self.form[1].islower() else (0, (1 << bits) - 1)
        )
        return low + (self.nothing == low != 0), high - (self.nothing == high)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("int16", ">h", -0x8000),
        Kind("int32", ">i", -0x8000_0000),
        Kind("uint16", ">H", 0xFFFF),
        Kind("uint32", ">I", 0xFFFF_FFFF),
        Kind("uint64", ">Q", 0xFFFF_FFFF_FFFF_FFFF),
        Kind("acc32", ">I", 0),
        Kind("enum16", ">H", 0xFFFF),
        Kind("bitfield16", ">H", 0xFFFF),
        Kind("bitfield32", ">I", 0xFFFF_FFFF),
        Kind("sunssf", ">h", -0x8000),
        Kind("pad", ">h", -0x8000),
        Kind("float32", ">f", math.nan),
        Kind("word", ">H", None),  # of the plain map, where each number stands for itself
        Kind("long", ">i", None),
    )
}


@dataclass(frozen=True, slots=True)
class Point:
    """One figure of a model; `scale` names the point that holds its power of ten. No kind: it is a text.

    What is `kept` is writable by the standard, and takes here the value that it shows and no other.
    """

    name: str
    kind: Kind | None
    size: int
    scale: str = ""
    writable: bool = False
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """Points one behind the other. `number` is SunSpec's, 0 for what has no header of its own."""

    number: int
    points: tuple[Point, ...]

    @property
    def length(self) -> int:
        """Registers of its points; what SunSpec calls L."""
        return sum(point.size for point in self.points)


def model(number: int, table: str) -> Model:
    """Read a table: a point on each line, or several with commas between them.

    Each is its name, its kind (or the registers of a text), perhaps its scale, and `rw` or `kept`.
    """
    entries = (entry.split() for line in table.splitlines() for entry in line.split(",") if entry.strip())
    return Model(number, tuple(_point(*entry) for entry in entries))


def _point(name: str, kind: str, *more: str) -> Point:
    scale = next((word for word in more if word not in ("rw", "kept")), "")
    known = KINDS.get(kind)
    return Point(name, known, known.size if known else int(kind), scale, "rw" in more, "kept" in more)


def words_of(points: Sequence[Point], values: Mapping[str, Value]) -> Iterator[int]:
    """Write points into registers; what has no value, or none of its scale, is shown as not implemented."""
    for point in points:
        value = values.get(point.name)
        if point.kind is None:
            yield from _text(str(value or ""), point.size)
        else:
            yield from _split(_number(point, point.kind, value, values))


def _number(point: Point, kind: Kind, value: Value, values: Mapping[str, Value]) -> bytes:
    scale = values.get(point.scale) if point.scale else 0
    if not isinstance(value, float | int) or not isinstance(scale, float | int) or not math.isfinite(value):
        return _nothing(kind)
    if kind.name == "float32":
        return struct.pack(kind.form, value)
    low, high = kind.bounds
    return struct.pack(kind.form, min(max(round(value / 10**scale), low), high))


def _nothing(kind: Kind) -> bytes:
    nothing = kind.nothing if kind.nothing is not None else 0
    return struct.pack(kind.form, nothing)


def _text(text: str, size: int) -> Iterator[int]:
    yield from _split(text.encode("ascii", "replace")[: 2 * size].ljust(2 * size, b"\0"))


def _split(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(data) // 2}H", data)


def read_value(kind: Kind, words: Sequence[int], scale: int = 0) -> float | int | None:
    """Read what registers hold for a point of a kind, None for "not implemented"; NaN is none."""
    [number] = struct.unpack(kind.form, struct.pack(f">{len(words)}H", *words))
    if number == kind.nothing or math.isnan(number):
        return None
    scaled: float | int = number / 10**-scale if scale < 0 else number * 10**scale
    return scaled
