"""A machine that answers at another address stays what it was, and is found under either."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from recording import SteppedClock, miner, origin

from events.commands import (
    Activate,
    ChangeConfiguration,
    ControlMiner,
    MinerAction,
    Move,
    MoveMiners,
    RegisterMiners,
)
from events.fleet import Fleet
from events.history import HistoryReader, Period
from events.index import Asked
from events.log import FleetLog
from events.refusal import Facts, refusal
from events.state import Configuration, FleetState, Source
from events.whereabouts import Former, stays
from netstab.power.allocation import PowerMode
from netstab.units import MinerId, WallTime, Watts

ONE, TWO, THREE, FREE = (miner(number).miner_id for number in (1, 2, 3, 9))


@pytest.fixture
def log(path: Path) -> Iterator[FleetLog]:
    with closing(FleetLog(str(path), SteppedClock(), PowerMode.ON_OFF)) as log:
        log.accept(
            RegisterMiners((miner(1, "one"), miner(2, "two"), miner(3, "three")), "scan"), origin(), ""
        )
        yield log


def move(log: FleetLog, *moves: tuple[MinerId, MinerId]) -> int:
    return log.accept(MoveMiners(tuple(Move("02:00:7f:00:00:01", *one) for one in moves)), origin(), "moved")


def stop(log: FleetLog, miner_id: MinerId) -> int:
    return log.accept(ControlMiner(miner_id, MinerAction.STOP), origin(), "")


def hostnames(state: FleetState) -> dict[str, str]:
    assert all(each.miner_id == miner_id for miner_id, each in state.miners.items())
    return {miner_id: each.hostname for miner_id, each in state.miners.items()}


def test_hold_priority_and_what_was_learned_go_along(log: FleetLog) -> None:
    stop(log, ONE)
    log.accept(
        ChangeConfiguration(Configuration(miner_priority=(TWO, ONE)), ("miner_priority",)), origin(), ""
    )
    log.measured({ONE: (0.9, 1234.5)}, 1.0)
    before = log.state
    move(log, (ONE, FREE))
    state = log.state
    assert hostnames(state) == {FREE: "one", TWO: "two", THREE: "three"}
    assert list(state.miners) == [FREE, TWO, THREE]
    assert state.miners[FREE] == replace(before.miners[ONE], miner_id=FREE)
    assert dict(state.holds) == {FREE: replace(before.holds[ONE], miner_id=FREE)}
    assert state.configuration.miner_priority == (TWO, FREE)
    assert dict(state.experience) == {FREE: before.experience[ONE]}


def test_whatever_is_kept_of_each_miner_goes_along(log: FleetLog) -> None:
    kept = [each.name for each in fields(FleetState) if "MinerId," in str(each.type)]
    assert {"miners", "holds", "experience"} <= set(kept)
    tables: dict[str, Any] = {name: {ONE: log.state.miners[ONE]} for name in kept}
    before = replace(log.state, **tables)
    event = Fleet.MinersMoved.__new__(Fleet.MinersMoved)
    object.__setattr__(event, "moves", [{"mac": "", "old": ONE, "new": FREE}])
    after = event.changes(before)
    assert {name: list(after[name]) for name in kept} == {name: [FREE] for name in kept}


def test_two_may_change_places(log: FleetLog) -> None:
    stop(log, ONE)
    move(log, (ONE, TWO), (TWO, ONE))
    assert hostnames(log.state) == {TWO: "one", ONE: "two", THREE: "three"}
    assert set(log.state.holds) == {TWO}


def test_what_is_registered_at_the_new_address_gives_way_but_not_an_operators_hold(log: FleetLog) -> None:
    stop(log, TWO)
    move(log, (ONE, TWO))
    assert hostnames(log.state) == {TWO: "one", THREE: "three"}
    assert set(log.state.holds) == {TWO}


def test_a_replay_says_the_same(log: FleetLog, path: Path) -> None:
    stop(log, TWO)
    move(log, (ONE, TWO), (TWO, THREE), (THREE, FREE))
    with closing(FleetLog(str(path), SteppedClock(), PowerMode.ON_OFF)) as again:
        assert again.state == log.state


def test_a_miners_history_finds_its_former_addresses_under_their_names_of_the_time(
    log: FleetLog, path: Path
) -> None:
    first = stop(log, ONE)
    there = move(log, (ONE, FREE))
    of_another = stop(log, ONE)  # somebody else's by now
    later = stop(log, FREE)
    on = move(log, (FREE, TWO), (TWO, FREE))
    last = stop(log, TWO)
    with closing(HistoryReader(str(path))) as reader:
        found = reader.recent(10, Asked(miner_id=TWO))
        assert [one.version for one in found if one.version not in (1, 2)] == [last, on, later, there, first]
        assert found[-2].parameters["miner_id"] == ONE
        assert of_another not in {one.version for one in reader.recent(10, Asked(miner_id=TWO))}
        assert [one.version for one in reader.recent(2, Asked(miner_id=TWO))] == [last, on]
        oldest_first = [one.version for some in reader.chunks(Asked(miner_id=TWO)) for one in some]
        assert oldest_first == sorted(one.version for one in found)
        assert [one.version for one in reader.recent(10, Asked(Source.EMS, "control", TWO))] == [
            last,
            later,
            first,
        ]
        assert [(one.miner_id, one.version) for one in reader.formerly(TWO)] == [(FREE, on), (ONE, there)]
        assert [(one.miner_id, one.version) for one in reader.formerly(FREE)] == [(TWO, on)]
        assert reader.formerly(THREE) == []
        assert reader.recent(10, Asked(miner_id=TWO), Period(until=None), before=there)[0].version == first


def test_a_miner_was_somewhere_at_any_time() -> None:
    former = (Former(TWO, 20, WallTime(200.0)), Former(ONE, 10, WallTime(100.0)))

    def stayed(since: float, until: float) -> list[tuple[MinerId, float, float]]:
        return [(stay[0], stay[1], stay[2]) for stay in stays(FREE, former, WallTime(since), WallTime(until))]

    assert stayed(50, 250) == [(ONE, 50, 100), (TWO, 100, 200), (FREE, 200, 250)]
    assert stayed(150, 180) == [(TWO, 150, 180)]
    assert stayed(100, 200) == [(TWO, 100, 200)]
    assert stayed(200, 300) == [(FREE, 200, 300)]
    assert stayed(0, 90) == [(ONE, 0, 90)]
    assert [tuple(stay) for stay in stays(FREE, (), WallTime(1), WallTime(2))] == [(FREE, 1, 2)]


def test_a_miner_that_moves_without_end_is_followed_for_twenty_moves(log: FleetLog, path: Path) -> None:
    for _ in range(30):
        move(log, (ONE, FREE))
        move(log, (FREE, ONE))
    with closing(HistoryReader(str(path))) as reader:
        assert len(reader.formerly(ONE)) == 20


def test_who_joins_at_an_address_that_was_left_has_not_the_past_of_who_left_it(
    log: FleetLog, path: Path
) -> None:
    of_another = stop(log, ONE)
    move(log, (ONE, FREE))
    away = move(log, (FREE, THREE))
    log.accept(RegisterMiners((miner(9, "newcomer"),), "scan"), origin(), "")
    with closing(HistoryReader(str(path))) as reader:
        assert reader.formerly(FREE) == []
        assert of_another not in {one.version for one in reader.recent(10, Asked(miner_id=FREE))}
        assert reader.formerly(THREE)[0] == Former(FREE, away, reader.formerly(THREE)[0].at)


def test_a_move_of_a_miner_that_was_removed_meanwhile_is_refused(log: FleetLog) -> None:
    rejected = refusal(log.state, MoveMiners((Move("", FREE, ONE),)), Facts(Watts(0.0), 0, False))
    assert rejected is not None
    assert rejected.code == "UNKNOWN_MINER"
    assert refusal(log.state, MoveMiners((Move("", ONE, FREE),)), Facts(Watts(0.0), 0, False)) is None
    assert refusal(log.state, Activate(Watts(0.0)), Facts(Watts(0.0), 0, True)) is None
