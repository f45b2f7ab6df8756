"""The reserve file's format: what was written is read, and what was changed is told, whatever it is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recording import STARTED, origin

from events.chain import Head
from events.commands import (
    Activate,
    ApplyPower,
    Command,
    Deactivate,
    EnterFailsafe,
    Origin,
    SetLimit,
    SetOverride,
)
from events.reserve_format import BANK, FILE, MOST, SLOT, Entry, Kept, Refused, entry_of, merged, read, slots
from events.state import Source
from netstab.dispatch.failsafe import FailsafeAction
from netstab.units import WallTime, Watts

texts = st.text(st.characters(codec="utf-8"), max_size=600)
times = st.floats(0, 4e9).map(WallTime)
commands: st.SearchStrategy[Command] = st.one_of(
    st.just(Deactivate()),
    st.just(Activate(Watts(0.0))),
    st.just(ApplyPower(Watts(0.0))),
    st.just(SetOverride(enabled=True, target=None)),
    st.builds(EnterFailsafe, st.just(FailsafeAction.STANDBY), st.none(), times),
    st.builds(SetLimit, st.sampled_from(["grid", "site"]), st.integers(0, 3).map(Watts), st.none() | times),
)
origins = st.builds(Origin, st.uuids().map(str), st.sampled_from(Source), texts)
heads = st.builds(Head, st.integers(0, 2**60), st.text("0123456789abcdef", min_size=64, max_size=64))
entries = st.builds(entry_of, commands, origins, texts, times, heads, st.integers(1, 2**60))
kept: st.SearchStrategy[Kept] = st.one_of(entries, st.uuids().map(str).map(Refused))


def written(some: list[Kept], generation: int = 1, bank: int = 0) -> bytes:
    lines = b"".join(line for _, line in slots(some, generation))
    return b"\0" * (bank * BANK) + lines.ljust(FILE - bank * BANK, b"\0")


@given(st.lists(kept, max_size=6), st.integers(1, 1000), st.integers(0, 1))
def test_what_was_written_is_read(some: list[Kept], generation: int, bank: int) -> None:
    content = written(some, generation, bank)
    found = read(content)
    assert len(content) == FILE
    assert (list(found.entries), found.damage, found.generation, found.bank) == (some, "", generation, bank)


@given(st.lists(entries, min_size=1, max_size=4), st.data())
def test_a_changed_byte_is_told_and_what_lies_before_it_holds(some: list[Kept], data: st.DataObject) -> None:
    content = bytearray(written(some))
    place = data.draw(st.integers(0, (1 + len(some)) * SLOT - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    found = read(bytes(content))
    intact = max(0, place // SLOT - 1) if place >= SLOT else 0
    assert list(found.entries[:intact]) == some[:intact]
    assert found.damage or list(found.entries) == some  # a blank at the end of a line says nothing


@given(st.binary(max_size=3 * SLOT))
def test_any_bytes_are_read_or_told(content: bytes) -> None:
    found = read(content)
    assert found.entries == ()
    assert found.damage or not content.strip(b"\0")


def test_a_line_that_is_missing_or_comes_from_elsewhere_is_told() -> None:
    some: list[Kept] = [Refused(str(number)) for number in range(3)]
    lines = [line for _, line in slots(some, 1)]
    others = [line for _, line in slots([Refused("x")] * 3, 1)]
    for forged in (lines[:1] + lines[2:], [*lines[:2], others[2], lines[3]], [lines[0], lines[2], lines[1]]):
        assert "damaged" in read(b"".join(forged).ljust(FILE, b"\0")).damage


def test_what_an_older_generation_left_over_is_not_read() -> None:
    old, new = slots([Refused("a"), Refused("b")], 1), slots([Refused("c")], 3)
    content = b"".join([*(line for _, line in new), old[2][1]]).ljust(FILE, b"\0")
    found = read(content)
    assert (found.entries, found.damage) == ((Refused("c"),), "")


def test_of_two_banks_the_newer_counts_and_one_that_was_cut_off_leaves_the_older() -> None:
    first, second = written([Refused("a")], 4)[:BANK], written([Refused("b")], 5)[:BANK]
    assert read(first + second).entries == (Refused("b"),)
    torn = second[: SLOT // 2] + b"\0" * (BANK - SLOT // 2)
    found = read(first + torn)
    assert found.entries == (Refused("a"),)
    assert "bank 2" in found.damage


def entry(command: Command, number: int = 1, at: float = STARTED) -> Entry:
    return entry_of(command, origin(Source.EMS, number), "", WallTime(at), Head(1, "ab"), number)


def test_a_limit_that_is_said_again_is_counted_and_its_newest_end_holds() -> None:
    first, again = (SetLimit("grid", Watts(1.0), WallTime(STARTED + end)) for end in (10, 20))
    [found] = merged(merged((), entry(first)), entry(again, 2, STARTED + 9))
    assert isinstance(found, Entry)
    assert (found.command, found.count, found.at, found.last) == (again, 2, STARTED, STARTED + 9)
    assert len(merged((found,), entry(replace(again, power=Watts(0.5))))) == 2


@given(st.lists(commands, min_size=MOST, max_size=3 * MOST))
def test_there_is_always_room_and_each_kind_keeps_its_newest(some: list[Command]) -> None:
    have: tuple[Kept, ...] = ()
    for number, command in enumerate(some):
        have = merged(have, entry(command, number))
        assert len(have) <= MOST
    kinds = {(each.name, getattr(each, "limit_source", "")): each for each in some}
    newest = {
        (each.command.name, getattr(each.command, "limit_source", "")): each.command
        for each in have
        if isinstance(each, Entry)
    }
    assert newest == kinds
    assert sum(each.count for each in have if isinstance(each, Entry)) == len(some)


@pytest.mark.parametrize("text", ["\x01" * 600, "größer" * 200, "\ud800", ""])
def test_every_text_fits_into_a_line(text: str) -> None:
    made = entry_of(Deactivate(), origin(), text, STARTED, Head(1, "ab" * 32), 1)
    [_, (_, line)] = slots([made], 1)
    assert len(line) == SLOT
    assert read(written([made])).damage == ""
