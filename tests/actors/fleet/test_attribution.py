"""What the fleet's power has changed for, of cases whose answer is known."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from fleet_values import NOW, A, B, fleet_of, miner, report
from published import published

from actors.fence import WakeFence
from actors.fleet.attribution import Attribution
from actors.messages import ReleaseControl
from actors.report import Commanded, MinerReport, Phase, Step
from events.commands import Activate
from events.state import Source
from netstab.dispatch.attribution import MOST_NAMED, Kind, PowerCause, PowerChange, UnitChange, summed
from netstab.dispatch.constraints import Constraints
from netstab.power.unit import PowerMode
from netstab.simulation.profiles import DOCUMENT
from netstab.simulation.virtual.closed_loop import ClosedLoop
from netstab.simulation.virtual.controller import Told
from netstab.simulation.virtual.plant import Plant
from netstab.simulation.virtual.s9 import s9
from netstab.simulation.virtual.site import Site, capability
from netstab.units import MinerId, Timestamp, Version, Watts

HASHING, ASLEEP = report(Phase.HASHING, power=Watts(1400)), report(Phase.ASLEEP)
STARTING, SILENT = report(Phase.STARTING), report(Phase.UNREACHABLE, power=Watts(0), drew=Watts(1400))


def told(step: Step, version: int, at: float) -> Commanded:
    return Commanded(step, None, Version(version), Timestamp(NOW + at))


def seen(*looks: MinerReport, every: float = 5.0) -> list[PowerChange]:
    """Return what is made of looks at one miner, one after the other."""
    attribution, found = Attribution(), list[PowerChange]()
    for place, look in enumerate(looks):
        now = Timestamp(NOW + place * every)
        snapshot = published(fleet_of(miner(A)), {A: replace(look, at=now)}, now)
        found += attribution.record(snapshot).changes
    return found


def kinds(*looks: MinerReport) -> list[tuple[Kind, int | None, float]]:
    return [(each.kind, each.order, each.step) for each in seen(*looks)]


def test_a_first_look_is_no_change() -> None:
    assert seen(HASHING) == seen(report(Phase.UNKNOWN, power=Watts(0)), HASHING) == []


def test_one_that_was_told_to_sleep_follows_the_order() -> None:
    slept = replace(ASLEEP, commanded=told(Step.SLEEP, 7, 4.0))
    assert seen(HASHING, slept) == [PowerChange(Kind.COMMANDED, 7, Watts(-1349), 1, (A,))]


def test_a_start_belongs_to_its_order_up_to_full_power() -> None:
    woken = told(Step.WAKE, 7, 1.0)
    starting = replace(STARTING, commanded=woken, in_transition=Step.WAKE)
    climbs, full = (replace(HASHING, commanded=woken, power=Watts(power)) for power in (400, 1400))
    answer = [(Kind.COMMANDED, 7, 349.0), (Kind.COMMANDED, 7, 1000.0)]
    assert kinds(ASLEEP, *[starting] * 20, climbs, full) == answer


def test_one_that_stops_without_a_command_was_stopped_there() -> None:
    long_ago = replace(HASHING, commanded=told(Step.WAKE, 7, -900.0))
    assert kinds(long_ago, replace(ASLEEP, commanded=long_ago.commanded)) == [
        (Kind.STOPPED_THERE, None, -1349.0)
    ]


def test_one_that_starts_without_a_command_was_started_there() -> None:
    assert kinds(ASLEEP, STARTING, STARTING, HASHING) == [(Kind.STARTED_THERE, None, 1349.0)]


def test_one_whose_setting_is_another_without_a_command_was_set_there() -> None:
    assert kinds(HASHING, replace(HASHING, setting=600, power=Watts(1200))) == [
        (Kind.SET_THERE, None, -200.0)
    ]


def test_one_that_draws_less_as_it_was_set_throttles_and_then_recovers() -> None:
    assert kinds(HASHING, replace(HASHING, power=Watts(1100)), HASHING) == [
        (Kind.THROTTLED, None, -300.0),
        (Kind.THROTTLED, None, 300.0),
    ]
    lasting = [replace(HASHING, power=Watts(1100))] * 20
    assert [kind for kind, _, _ in kinds(HASHING, *lasting, HASHING)] == [Kind.THROTTLED, Kind.RECOVERED]


def test_a_slow_decline_is_told_once_it_is_above_the_noise() -> None:
    declines = [replace(HASHING, power=Watts(1400 - 20 * step)) for step in range(12)]
    assert kinds(*declines) == [(Kind.THROTTLED, None, -120.0)]


def test_noise_is_no_change() -> None:
    assert seen(*(replace(HASHING, power=Watts(1400 + sway)) for sway in (50, -50, 50, -50))) == []


def test_one_that_is_lost_and_comes_back_hashing_is_a_fault_until_it_is_up() -> None:
    assert kinds(HASHING, SILENT, ASLEEP, STARTING, STARTING, HASHING) == [
        (Kind.OUT_OF_REACH, None, -1400.0),
        (Kind.BACK_IN_REACH, None, 1400.0),
    ]


def test_one_that_restarts_by_itself_is_a_fault_down_and_up() -> None:
    assert [kind for kind, _, _ in kinds(HASHING, STARTING, STARTING, HASHING)] == [Kind.RESTARTED] * 2


def test_a_change_of_a_command_long_ago_is_none_of_it() -> None:
    slept = replace(ASLEEP, commanded=told(Step.SLEEP, 7, -900.0))
    up = replace(HASHING, commanded=slept.commanded)
    assert kinds(slept, up) == [(Kind.STARTED_THERE, None, 1349.0)]


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_has_a_cause(kind: Kind) -> None:
    assert kind.cause in PowerCause


def test_what_units_do_alike_is_summed_up_and_a_bounded_number_named() -> None:
    ids = [MinerId(f"127.0.1.{number}") for number in range(1, 101)]
    many = [UnitChange(each, Watts(-1400), Kind.COMMANDED, 7) for each in ids]
    one = UnitChange(A, Watts(300), Kind.THROTTLED)
    assert summed([one, *many]) == (
        PowerChange(Kind.COMMANDED, 7, Watts(-140_000), 100, tuple(ids[:MOST_NAMED])),
        PowerChange(Kind.THROTTLED, None, Watts(300), 1, (A,)),
    )


def test_one_that_leaves_the_fleet_is_forgotten() -> None:
    attribution = Attribution()
    both = {A: HASHING, B: replace(HASHING, miner_id=B)}
    attribution.record(published(fleet_of(miner(A), miner(B)), both, NOW))
    attribution.record(published(fleet_of(miner(A)), {A: HASHING}, Timestamp(NOW + 1)))
    back = {A: HASHING, B: replace(both[B], power=Watts(51))}
    record = attribution.record(published(fleet_of(miner(A), miner(B)), back, Timestamp(NOW + 2)))
    assert record.changes == ()
    assert record.reported == 1451.0


class Watched:
    """A fleet of S9 in virtual time, and what is made of what it does."""

    def __init__(self, count: int) -> None:
        self.site = Site(DOCUMENT, count, PowerMode.ON_OFF)
        self.plant = Plant(self.site, asleep=False)
        self.loop = ClosedLoop(self.plant, Constraints(), 50.0, WakeFence(), self._tell)
        self.attribution, self.version = Attribution(), 0
        self.rated = Watts(1460.0 * count)
        self.base = 0.0  # W of what else the meter sees

    def _tell(self, miner_id: MinerId, message: Told) -> None:
        setpoint = None if isinstance(message, ReleaseControl) else message.setpoint
        self.plant.tell(miner_id, setpoint, message.version)

    @property
    def powers(self) -> list[float]:
        self.plant.measure()
        return [miner.power for miner in self.plant.miners.values()]

    def order(self, share: float) -> int:
        power = Watts(float(round(share * capability(self.site))))
        return self.loop.controller.take(Activate(power), Source.EMS).version  # type: ignore[union-attr]

    def disturb(self, places: Sequence[int], act: Callable[[object], object]) -> None:
        miners = list(self.plant.miners.values())
        for place in places:
            act(s9(miners[place].device).physics)
            self.plant.disturb(miners[place])

    def run(self, until: int) -> dict[tuple[Kind, int | None], tuple[int, float]]:
        """Let time pass; give how many units changed by how much, by kind and order."""
        sums: dict[tuple[Kind, int | None], tuple[int, float]] = {}
        for second in range(int(self.plant.now) + 1, until + 1):
            self.plant.run_until(second)
            self.loop.look(Timestamp(second), Watts(self.plant.measure()[0] + self.base))
            self.loop.controller.tick(Timestamp(second))
            snapshot = replace(self.loop.controller.loop.snapshot(), rated_power=self.rated)
            for change in self.attribution.record(snapshot).changes:
                units, power = sums.get((change.kind, change.order), (0, 0.0))
                sums[change.kind, change.order] = units + change.units, power + change.step
        return sums


def test_an_order_a_breaker_and_an_operator_at_the_unit_are_told_apart() -> None:
    fleet = Watched(16)
    fleet.run(20)
    order, before = fleet.order(0.8), fleet.plant.measure()[0]
    shed = fleet.run(60)
    assert set(shed) == {(Kind.COMMANDED, order)}
    assert shed[Kind.COMMANDED, order][1] == pytest.approx(fleet.plant.measure()[0] - before, rel=0.05)
    hashing = sum(1 for power in fleet.powers[4:14] if power > 1000)
    fleet.disturb(range(4, 14), lambda physics: physics.cut_power())  # type: ignore[attr-defined]
    units, step = fleet.run(90)[Kind.OUT_OF_REACH, None]
    assert units == hashing > 3
    assert step == pytest.approx(-1460 * hashing, rel=0.05)
    fleet.run(150)
    fleet.disturb([15], lambda physics: physics.sleep())  # type: ignore[attr-defined]
    assert fleet.run(160)[Kind.STOPPED_THERE, None] == (1, -1410.0)


def test_a_step_of_the_meter_that_no_unit_reports_is_marked_as_unexplained() -> None:
    fleet = Watched(16)
    fleet.run(60)
    assert (Kind.METER_ALONE, None) not in fleet.run(100)
    fleet.base = 3_000.0
    units, step = fleet.run(140)[Kind.METER_ALONE, None]
    assert units == 0
    assert step == pytest.approx(3_000.0, rel=0.2)
    assert Kind.METER_ALONE.cause is PowerCause.UNEXPLAINED
