"""A miner that is late to answer may hang: it is not woken while another can be."""

from collections.abc import Collection
from dataclasses import replace

import pytest
from fleet_values import NOW, RUN, fleet_of, miner, report

from actors.fleet.dispatching import preview
from actors.fleet.memory import Memory, Schedule
from actors.fleet.view import ANSWERS_WITHIN, DecisionRules, View
from actors.report import Phase
from netstab.power.allocation import PowerMode
from netstab.units import MinerId, Seconds, Timestamp, Version, Watts

POLL = Seconds(5.0)
IDS = [MinerId(f"127.0.0.{number}") for number in range(1, 41)]
HUNG = set(IDS[::2])


def chosen(
    target: float, silent_for: float, mode: PowerMode, running: Collection[MinerId] = frozenset()
) -> set[MinerId]:
    """Return whom an order wakes, or leaves running, when half of the fleet has been silent for so long."""
    state = replace(fleet_of(*map(miner, IDS)), power_mode=mode)
    reports = {
        each: report(
            Phase.HASHING if each in running else Phase.ASLEEP,
            each,
            seen_at=Timestamp(NOW - (silent_for if each in HUNG else 0.0)),
        )
        for each in IDS
    }
    schedule = Schedule(dict.fromkeys(running, RUN), dict.fromkeys(running, Version(1)))
    view = View(state, reports, NOW, schedule, DecisionRules(poll_interval=POLL))
    planned, _ = preview(Memory.begun(NOW), Watts(target), view)
    return {each for each, setpoint in planned.setpoints.items() if setpoint.running}


@pytest.mark.parametrize("mode", PowerMode)
def test_no_power_is_given_to_who_is_late_while_another_can_be_woken(mode: PowerMode) -> None:
    woken = chosen(25_000.0, POLL + ANSWERS_WITHIN + 0.1, mode)
    assert not woken & HUNG
    assert 16 <= len(woken) <= 17


def test_who_is_late_is_woken_where_nobody_else_is_left() -> None:
    woken = chosen(43_800.0, POLL + ANSWERS_WITHIN + 0.1, PowerMode.ON_OFF)
    assert woken >= set(IDS) - HUNG
    assert len(woken & HUNG) == 10


@pytest.mark.parametrize("silent_for", [0.0, POLL, POLL + ANSWERS_WITHIN])
def test_who_answers_in_time_is_no_worse_than_others(silent_for: float) -> None:
    assert chosen(25_000.0, silent_for, PowerMode.ON_OFF) & HUNG


def test_who_was_counted_on_already_is_not_dropped_for_being_late() -> None:
    running = set(IDS[:16])
    assert chosen(25_000.0, 30.0, PowerMode.ON_OFF, running) == running
