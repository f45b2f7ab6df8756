from dataclasses import replace

import pytest
from fleet_values import NOW, A, fleet_of, miner, report

from actors.fleet.maintenance import needs_maintenance
from actors.report import Backoff, MinerReport, Phase, Step
from netstab.devices.port import Activity, Board, Reading
from netstab.units import Celsius, GigahashPerSecond, Megahertz, Seconds, Timestamp, Volts, Watts

LONG_AGO = Timestamp(NOW - 3600)


def found(seen: MinerReport) -> list[tuple[str, float]]:
    return [(each.reason, each.since) for each in needs_maintenance(fleet_of(miner()), {A: seen}, NOW)]


def board(position: int, chips_ok: int = 63) -> Board:
    rate = GigahashPerSecond(4500.0)
    return Board(position, 63, chips_ok, 650.0, rate, Celsius(65.0), Celsius(72.0), Watts(480.0), Volts(8.8))


def hashing(*boards: Board) -> MinerReport:
    reading = Reading(
        Activity.HASHING,
        Watts(1460.0),
        GigahashPerSecond(13500.0),
        Megahertz(650),
        Seconds(99.0),
        boards,
        (),
    )
    return report(Phase.HASHING, reading=reading)


def test_a_miner_that_is_well_needs_nobody() -> None:
    assert found(hashing(board(6), board(7), board(8))) == []
    assert found(report(Phase.ASLEEP)) == []


def test_one_that_is_locked_or_long_silent_needs_hands() -> None:
    refused = "refuses the password of its web server: see MINER_USERNAME and MINER_PASSWORD"
    assert found(report(Phase.LOCKED)) == [(refused, NOW)]
    never_told = replace(miner(), locked=True)
    [told] = needs_maintenance(fleet_of(never_told), {A: hashing(board(6), board(7), board(8))}, NOW)
    assert told.reason == refused
    assert found(report(Phase.UNREACHABLE)) == []
    (reason, since) = found(report(Phase.UNREACHABLE, phase_since=LONG_AGO))[0]
    assert (reason, since) == ("has not answered for more than ten minutes", LONG_AGO)


def test_one_that_takes_nothing_from_here_is_listed_with_what_is_to_be_done_about_it() -> None:
    remedy = "Its write access is closed: open it with the maker's tool."
    shut = report(Phase.HASHING, closed=remedy, closed_since=LONG_AGO)
    assert found(shut) == [(remedy, LONG_AGO)]
    assert found(replace(shut, phase=Phase.UNREACHABLE)) == []


@pytest.mark.parametrize(
    ("step", "words"), [(Step.WAKE, "does not come to hash"), (Step.SLEEP, "does not stop")]
)
def test_one_that_fails_again_and_again_needs_hands(step: Step, words: str) -> None:
    seen = report(Phase.ASLEEP, backoffs=((step, Backoff(2, NOW)),))
    assert found(seen) == []
    (reason, _) = found(replace(seen, backoffs=((step, Backoff(3, NOW)),)))[0]
    assert reason.startswith(words)


def test_dead_boards_and_chips_are_named() -> None:
    assert found(hashing(board(6), board(8)))[0][0] == "hashes without 1 of 3 boards"
    assert found(hashing(board(6), board(7, 55), board(8)))[0][0] == "hashes without 8 of 189 chips"
