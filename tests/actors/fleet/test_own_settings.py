"""What miners were set to before they were changed: kept once it is durable, and told to who asks for it."""

from collections.abc import Callable
from typing import Any

import pytest
from fleet_values import NOW, A, B, fleet_of, hold, miner, report

from actors.fleet.assessment import hold_setpoint, own_tuning
from actors.fleet.view import View
from actors.messages import KeepTuning, RecallTuning
from actors.report import Phase
from events.state import HoldKind
from netstab.power.tuning import Tuning
from netstab.power.unit import Capabilities, OperatingPoint
from netstab.units import GigahashPerSecond, Watts

OWN = Tuning("work mode 3", plain=False, settings=(("work-mode", "3"),))
SWITCHED = Capabilities(
    switchable=True, steps=(OperatingPoint(Watts(3500.0), GigahashPerSecond(200_000.0), "as set"),)
)


@pytest.fixture
def setting(begin: Callable[..., Any]) -> Any:
    return begin()


def test_what_is_kept_is_told_to_who_asks_after_a_restart_too(setting: Any) -> None:
    assert setting.give(KeepTuning(A, OWN)) is True
    for _ in range(2):
        assert setting.give(RecallTuning(A)) == OWN
        assert setting.give(RecallTuning(B)) is None
        setting.fleet.stop()
        setting.start()


def test_what_is_not_plain_takes_the_place_of_what_was_kept(setting: Any) -> None:
    other = Tuning("work mode 0", plain=False, settings=(("work-mode", "0"),))
    for own in (OWN, other):
        setting.give(KeepTuning(A, own))
        assert setting.give(RecallTuning(A)) == own


def test_a_miner_that_is_only_switched_is_not_put_back_by_a_setting() -> None:
    switched, tuned = miner(A, capabilities=SWITCHED), miner(B)
    state = fleet_of(switched, tuned, tunings={A: OWN, B: OWN})
    assert (own_tuning(switched, state), own_tuning(tuned, state)) == (None, OWN)
    assert hold_setpoint(hold(HoldKind.STARTED), state).tuning is None
    assert hold_setpoint(hold(HoldKind.STARTED, B), state).tuning == OWN
    units = View(state, {A: report(Phase.ASLEEP), B: report(Phase.ASLEEP, B)}, NOW).units
    assert [unit.own_tuning for unit in units] == [None, OWN]
