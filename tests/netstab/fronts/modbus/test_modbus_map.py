"""Every point is where the SunSpec Alliance's own models, and the plain map of the document, have it."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.fronts.modbus import models
from netstab.fronts.modbus.points import KINDS, Model, Point, read_value, words_of
from netstab.fronts.modbus.registers import Refused, Registers, registers_of, writes_in

MODELS = Path("tests/fixtures/sunspec")
CHAIN = {
    40002: models.COMMON,
    40070: models.DER_MEASURE_AC,
    40225: models.DER_CAPACITY,
    40277: models.DER_CTL_AC,
    40344: models.DER_CTL,
    40353: models.METER,
}
NOTHING = registers_of({})


def defined(group: dict[str, Any], prefix: str = "") -> Iterator[dict[str, Any]]:
    for point in group.get("points", ()):
        yield point | {"name": prefix + point["name"]}
    for inner in group.get("groups", ()):
        yield from defined(inner, f"{inner['name']}.")


def oracle(model: Model) -> list[dict[str, Any]]:
    document = json.loads((MODELS / f"model_{model.number}.json").read_text())
    identity, length, *points = defined(document["group"])
    assert (identity["name"], length["name"]) == ("ID", "L")
    return points


@pytest.mark.parametrize("model", CHAIN.values(), ids=lambda model: str(model.number))
def test_each_point_of_a_model_has_the_name_size_kind_scale_and_access_that_sunspec_gives_it(
    model: Model,
) -> None:
    wanted = [
        (
            point["name"],
            point["size"],
            None if point["type"] == "string" else point["type"],
            point.get("sf", ""),
            point.get("access") == "RW",
        )
        for point in oracle(model)
    ]
    assert wanted == [
        (point.name, point.size, point.kind and point.kind.name, point.scale, point.writable or point.kept)
        for point in model.points
    ]


def test_the_chain_begins_at_40000_and_ends_behind_the_meter() -> None:
    assert [*NOTHING.read(40000, 2)] == [0x5375, 0x6E53]
    for address, model in CHAIN.items():
        assert [*NOTHING.read(address, 2)] == [model.number, model.length]
    assert [*NOTHING.read(40460, 2)] == [0xFFFF, 0]
    assert NOTHING.read(0, 1)[0] != 0x5375


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("int16", (0x8000,)),
        ("int32", (0x8000, 0)),
        ("uint16", (0xFFFF,)),
        ("uint32", (0xFFFF, 0xFFFF)),
        ("uint64", (0xFFFF,) * 4),
        ("acc32", (0, 0)),
        ("enum16", (0xFFFF,)),
        ("bitfield32", (0xFFFF, 0xFFFF)),
        ("sunssf", (0x8000,)),
        ("pad", (0x8000,)),
    ],
)
def test_what_is_not_implemented_has_the_value_that_sunspec_gives_it(
    kind: str, words: tuple[int, ...]
) -> None:
    known = KINDS[kind]
    assert tuple(words_of([Point("x", known, known.size)], {})) == words
    assert read_value(known, words) is None


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "float32"])
@given(value=st.integers(-(10**20), 10**20), scale=st.integers(-3, 3))
def test_a_value_comes_back_as_it_was_written_or_as_the_nearest_that_the_kind_holds(
    kind: str, value: int, scale: int
) -> None:
    known = KINDS[kind]
    words = tuple(words_of([Point("x", known, known.size, "SF")], {"x": value * 10.0**scale, "SF": scale}))
    assert len(words) == known.size
    low, high = known.bounds
    nearest = min(max(value, low), high)
    back = read_value(known, words, scale)
    assert (back or 0) == pytest.approx(nearest * 10.0**scale, rel=1e-9)


@given(address=st.integers(0, 65535), count=st.integers(1, 125))
def test_any_registers_of_the_map_can_be_read_and_no_others(address: int, count: int) -> None:
    last = address + count - 1
    inside = any(first <= address and last <= end for first, end in ((0, 22), (100, 106), (40000, 40461)))
    if inside:
        assert len(NOTHING.read(address, count)) == count
    else:
        with pytest.raises(Refused, match="ILLEGAL_ADDRESS"):
            NOTHING.read(address, count)


@given(address=st.integers(0, 65535), words=st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=123))
def test_any_write_is_taken_whole_or_refused(address: int, words: list[int]) -> None:
    with suppress(Refused):
        written = writes_in(address, words, NOTHING, {})
        kinds = {point.name: point for _, _, point in every_point()}
        assert sum(kinds[name].size for name in written) <= len(words)
        assert all(kinds[name].writable for name in written)


def every_point() -> Iterator[tuple[int, int, Point]]:
    """Give the address of each, the number of its model, and itself."""
    starts = {0: models.PLAIN, 100: models.PLAIN_CONTROLS} | {at + 2: model for at, model in CHAIN.items()}
    for at, model in starts.items():
        for point in model.points:
            yield at, model.number, point
            at += point.size  # noqa: PLW2901


@pytest.mark.parametrize(
    ("address", "number", "point"), list(every_point()), ids=lambda given: getattr(given, "name", str(given))
)
def test_a_point_can_be_written_whole_only_and_only_if_it_is_to_be_changed(
    address: int, number: int, point: Point
) -> None:
    shown = NOTHING.read(address, point.size)
    other = [word ^ 1 for word in shown]
    if point.writable:
        assert set(writes_in(address, other, NOTHING, {})) == {point.name}
    else:
        with pytest.raises(Refused, match="ILLEGAL_ADDRESS"):
            writes_in(address, other, NOTHING, {})
    if point.kept:
        assert not writes_in(address, shown, NOTHING, {})
    for part in range(1, point.size):
        with pytest.raises(Refused, match="ILLEGAL_ADDRESS"):
            writes_in(address, other[:part], NOTHING, {})
        with pytest.raises(Refused, match="ILLEGAL_ADDRESS"):
            writes_in(address + part, other[part:], NOTHING, {})


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (0, "version"),
        (1, "state"),
        (2, "available"),
        (3, "in_command"),
        (4, "rated"),
        (6, "active"),
        (8, "target_in_force"),
        (10, "least"),
        (12, "step"),
        (14, "active_whole"),
        (16, "energy"),
        (18, "heartbeat"),
        (19, "last_refusal"),
        (20, "registered"),
        (21, "reachable"),
        (22, "hashing"),
        (100, "target"),
        (102, "target_whole"),
        (104, "run"),
        (105, "watchdog"),
        (106, "controller_heartbeat"),
    ],
)
def test_the_plain_map_is_where_the_document_has_it(address: int, name: str) -> None:
    values = {(0, name): 7}
    assert registers_of(values) != NOTHING
    changed = [
        at
        for at in (*range(23), *range(100, 107))
        if Registers(registers_of(values).blocks).read(at, 1) != NOTHING.read(at, 1)
    ]
    assert changed[0] in (address, address + 1)
