"""Units that are set in watts, in percent or by the name of a profile: recorded, read and decided again."""

from dataclasses import fields, replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recording import SteppedClock, origin
from values import registered

from events.commands import Activate, ChangeConfiguration, RegisterMiners
from events.deciding import rules_of, unit_fields
from events.log import FleetLog
from events.replay import Differences
from events.state import Configuration, RegisteredMiner
from events.store import FleetStore
from netstab.devices.port import Firmware
from netstab.dispatch.condition import one_condition
from netstab.dispatch.decision import decision
from netstab.dispatch.plan import plan
from netstab.dispatch.statistics import NEW, start_statistics
from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.power.allocation import PowerMode, allocate
from netstab.power.unit import (
    COMMON_IDLE_POWER,
    Capabilities,
    OperatingPoint,
    PowerRange,
    PowerSource,
    Unit,
)
from netstab.units import GigahashPerSecond, Seconds, Setting, Watts


def _points(*settings: tuple[float, Setting]) -> tuple[OperatingPoint, ...]:
    return tuple(
        OperatingPoint(Watts(power), GigahashPerSecond(40 * power), setting) for power, setting in settings
    )


RANGE = Capabilities(
    switchable=True,
    range=PowerRange(Watts(1000.0), Watts(3400.0), Watts(10.0), GigahashPerSecond(120_000.0)),
    restarts_on_change=False,
    settles_within=Seconds(2.0),
    power_source=PowerSource.MEASURED,
    asleep=Watts(13.0),
)
PROFILES = Capabilities(switchable=True, steps=_points((2400, "quiet"), (2900, "normal"), (3350, "turbo")))
PERCENT = Capabilities(steps=_points((1700, 50), (3400, 100)), restarts_on_change=False)
KINDS: tuple[Capabilities | None, ...] = (None, RANGE, PROFILES, PERCENT)  # None: an S9, by its model


def unit(number: int, kind: Capabilities | None) -> RegisteredMiner:
    address = f"127.0.0.{number}"
    if kind is None:
        return registered(address)
    full = kind.full_point
    assert full is not None
    return registered(
        address, model="Made up", firmware=Firmware.UNKNOWN, rated_power=full.power, capabilities=kind
    )


def _running(kind: Capabilities | None) -> st.SearchStrategy[Setting | None]:
    if kind is RANGE:
        return st.none() | st.integers(100, 340).map(lambda tens: 10 * tens)
    return st.none() | st.sampled_from([point.setting for point in kind.steps] if kind else [300, 525, 650])


@pytest.mark.parametrize(
    ("kind", "idle"), [(None, 51.0), (RANGE, 13.0), (PROFILES, COMMON_IDLE_POWER), (PERCENT, 0.0)]
)
def test_a_fleet_asleep_is_counted_with_what_its_units_draw_then(
    kind: Capabilities | None, idle: float
) -> None:
    condition = one_condition(None, surely=True, stays=False)
    known = [unit(number, kind) for number in range(1, 5)]
    asleep = [Unit(**unit_fields(each, NEW, None, start_statistics([]), 1.0, condition)) for each in known]
    assert allocate(Watts(0.0), asleep, mode=PowerMode.ON_OFF).power == 4 * idle
    if kind is RANGE:
        assert allocate(Watts(4500.0), asleep, mode=PowerMode.ON_OFF).power == pytest.approx(4500, abs=5)


units = st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), _running(kind), st.booleans()))


@pytest.mark.parametrize("interval", [1, 1000], ids=["from a snapshot", "from events"])
def test_what_units_tell_that_they_can_be_told_is_read_as_it_was_recorded(
    path: Path, interval: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.log.SNAPSHOT_INTERVAL", interval)
    known = tuple(unit(number, kind) for number, kind in enumerate(KINDS, start=1))
    log = FleetLog(str(path), SteppedClock(), PowerMode.ON_OFF)
    log.accept(RegisterMiners(known, "scan"), origin(), "")
    log.close()
    reopened = FleetLog(str(path), SteppedClock(), PowerMode.ON_OFF)
    reopened.close()
    assert tuple(reopened.state.miners.values()) == known


@pytest.mark.parametrize("kind", [RANGE, PROFILES])
def test_of_what_a_unit_can_be_told_is_recorded_what_was_given_and_nothing_worked_out_of_it(
    kind: Capabilities,
) -> None:
    assert all([kind.full_point, kind.lowest_point, kind.points, kind.finest_step])
    assert msgspec.to_builtins(kind).keys() == {each.name for each in fields(Capabilities)}
    assert kind == replace(kind)


@settings(max_examples=60)
@given(
    found=st.lists(units, min_size=1, max_size=8),
    targets=st.lists(st.floats(0.05, 1.1), min_size=1, max_size=4),
    mode=st.sampled_from(PowerMode),
)
def test_orders_of_a_mixed_fleet_are_decided_again_as_they_were(
    tmp_path_factory: pytest.TempPathFactory,
    found: list[tuple[Capabilities | None, Setting | None, bool]],
    targets: list[float],
    mode: PowerMode,
) -> None:
    path = tmp_path_factory.mktemp("log") / "log.db"
    log = FleetLog(str(path), SteppedClock(), mode)
    known = tuple(unit(number, kind) for number, (kind, _, _) in enumerate(found, start=1))
    log.accept(RegisterMiners(known, "scan"), origin(), "")
    log.accept(ChangeConfiguration(Configuration(), ()), origin(), "")
    conditions = [
        one_condition(running, surely=running is not None and place % 3 > 0, stays=stays)
        for place, (_, running, stays) in enumerate(found)
    ]
    for share in targets:
        target = Watts(float(round(share * sum(each.rated_power for each in known))))
        statuses = [
            UnitStatus(
                **unit_fields(each, NEW, None, start_statistics([]), 1.0, condition),
                measured_power=Watts(0.0),
                hashing=condition.running_at is not None,
                availability=Availability.AVAILABLE,
                reason="",
                condition=condition,
            )
            for each, condition in zip(known, conditions, strict=True)
        ]
        decided = decision(plan(target, statuses, rules_of(log.state, 5.0)), 5.0, 1.0)
        log.accept(Activate(target), origin(), "", decided)
    log.close()
    store = FleetStore(str(path), read_only=True)
    again = Differences(store)
    assert list(again.between(1, log.state.version, lambda _version: None)) == []
    assert again.compared == len(targets)
    store.close()
