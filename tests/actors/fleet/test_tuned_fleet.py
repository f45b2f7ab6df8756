"""The closed loop over units that are tuned without a restart: the plant's, with a meter."""

from dataclasses import replace

import pytest

from actors.fleet.maintenance import needs_maintenance
from actors.messages import ReleaseControl
from actors.report import Phase
from events.commands import Activate
from netstab.dispatch.constraints import Constraints
from netstab.dispatch.plan import Excluded
from netstab.dispatch.unit_status import Availability
from netstab.errors import HeldByAnother
from netstab.power.unit import PowerMode
from netstab.simulation.makes import PERCENT
from netstab.simulation.physics import Stage
from netstab.simulation.profiles import DOCUMENT
from netstab.simulation.virtual.closed_loop import ClosedLoop
from netstab.simulation.virtual.controller import Told
from netstab.simulation.virtual.plant import Plant
from netstab.simulation.virtual.site import Composition, Site
from netstab.simulation.virtual.tunable import VirtualTunable
from netstab.units import MinerId, Timestamp, Watts

STARTED = 200.0  # s: all that were told to start do hash, and what they draw is known
SETTLES = 30  # s: what units that hash are told is drawn
CLIMBED = 720  # s: all that lose their setting with a start have come to full power, and were set
TAKEN_UP = 120.0  # s: by the meter, in a step or two


class TunedFleet:
    """Units that draw exactly a share of what they are set to, under the control loop."""

    def __init__(self, count: int) -> None:
        self.plant = Plant(
            Site(DOCUMENT, count, PowerMode.ON_OFF, composition=Composition.RANGE), asleep=True
        )
        self.told = 0
        self.drift(1.0)
        self.loop = ClosedLoop(self.plant, Constraints(), 1000.0, self.plant.fence, self._tell)
        self.run(12)

    def _tell(self, miner_id: MinerId, message: Told) -> None:
        self.told += 1
        setpoint = None if isinstance(message, ReleaseControl) else message.setpoint
        self.plant.tell(miner_id, setpoint, message.version)

    def drift(self, share: float) -> None:
        """Have all draw another share of what they are set to, from now on."""
        for miner in self.plant.miners.values():
            assert isinstance(miner.device, VirtualTunable)
            law = miner.device.physics.law
            miner.device.physics.law = replace(law, share=share, scatter=0.0)

    def order(self, target: float) -> None:
        self.loop.controller.take(Activate(Watts(target)))

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds)):
            now = Timestamp(self.plant.now + 1.0)
            self.plant.run_until(now)
            self.loop.look(now, Watts(self.power))
            self.loop.controller.tick(now)

    @property
    def hashing(self) -> int:
        phases = [each.phase for each in self.loop.controller.loop.reports.values()]
        return phases.count(Phase.HASHING)

    @property
    def excluded(self) -> tuple[Excluded, ...]:
        planned = self.loop.controller.loop.memory.plan
        return planned.excluded if planned is not None else ()

    @property
    def needs_hands(self) -> list[str]:
        controller = self.loop.controller
        found = needs_maintenance(controller.state, controller.loop.reports, controller.now)
        return [each.reason for each in found]

    @property
    def power(self) -> float:
        return self.plant.measure()[0]


def test_what_is_off_by_less_than_the_tolerance_is_taken_up_by_tuning() -> None:
    fleet = TunedFleet(20)
    fleet.order(55_000)
    fleet.run(STARTED)
    assert fleet.power == pytest.approx(55_000, rel=0.01)
    for share in (0.975, 1.02, 1.0):
        fleet.drift(share)
        fleet.run(TAKEN_UP)
        assert fleet.power == pytest.approx(55_000, rel=0.01)


def test_what_a_unit_draws_by_itself_is_taken_up_by_the_others_and_it_is_told_no_setting() -> None:
    fleet = TunedFleet(20)
    fleet.order(55_000)
    fleet.run(STARTED)
    moved = next(iter(fleet.plant.miners.values())).device
    assert isinstance(moved, VirtualTunable)
    moved.agent = "dynamic power scaling"
    fleet.run(TAKEN_UP)
    setting = moved.setting
    for watts in (1_400.0, 3_300.0, 2_000.0):
        moved.physics.tune(watts, restarts=False)
        fleet.run(TAKEN_UP)
        assert fleet.power == pytest.approx(55_000, rel=0.01)
    assert moved.setting == setting
    assert moved.stage is Stage.HASHING


def test_others_take_the_place_of_units_that_take_nothing_and_these_come_back_when_they_do() -> None:
    fleet = TunedFleet(20)
    fleet.order(55_000)
    fleet.run(STARTED)
    devices = [miner.device for miner in fleet.plant.miners.values()]
    tuned = [device for device in devices if isinstance(device, VirtualTunable)]
    shut = [device for device in tuned if device.stage is Stage.HASHING][:4]
    for device in shut:
        device.closed = HeldByAnother("Another client has it.")
    fleet.order(45_000)
    fleet.run(SETTLES)
    assert fleet.power == pytest.approx(45_000, rel=0.01)
    assert {each.availability for each in fleet.excluded} == {Availability.CLOSED}
    assert {each.miner_id for each in fleet.excluded} <= {device.miner_id for device in shut}
    assert fleet.needs_hands == ["Another client has it."] * len(fleet.excluded)
    for device in shut:
        device.closed = None
    fleet.run(90)
    assert (fleet.excluded, fleet.needs_hands) == ((), [])
    fleet.run(60)
    assert fleet.power == pytest.approx(45_000, rel=0.01)


def test_units_that_another_client_has_put_to_sleep_are_used_again_once_it_lets_go_of_them() -> None:
    fleet = TunedFleet(10)
    fleet.order(33_000)
    fleet.run(STARTED)
    tuned = [each.device for each in fleet.plant.miners.values() if isinstance(each.device, VirtualTunable)]
    for device in tuned[:4]:
        device.closed = HeldByAnother("Another client has it.")
    fleet.order(10_000)
    fleet.run(SETTLES)
    for miner, device in zip(fleet.plant.miners.values(), tuned[:4], strict=False):
        device.physics.sleep()
        fleet.plant.disturb(miner)
    fleet.run(150)
    for device in tuned[:4]:
        device.closed = None
    fleet.order(33_000)
    fleet.run(2 * STARTED)
    assert fleet.power == pytest.approx(33_000, rel=0.01)
    assert (fleet.excluded, fleet.needs_hands) == ((), [])


def test_what_is_on_target_is_told_nothing_more() -> None:
    fleet = TunedFleet(20)
    fleet.order(55_000)
    fleet.run(STARTED)
    told = fleet.told
    fleet.run(300)
    assert fleet.told == told


def test_a_unit_that_no_change_restarts_is_tuned_however_often_the_target_moves() -> None:
    fleet = TunedFleet(3)
    fleet.order(8_000)
    fleet.run(STARTED)
    for step in range(4 * Constraints().frequency_changes_per_hour):
        target = 8_000 + 100 * (step % 2) + step
        fleet.order(target)
        fleet.run(30)
        assert abs(fleet.power - target) <= 1 + target * 0.005 + 34  # a step of each, and what is left alone


def test_units_that_hash_draw_for_those_that_start_until_these_have_come() -> None:
    fleet = TunedFleet(20)
    fleet.order(30_000)
    fleet.run(STARTED)
    hashing = fleet.hashing
    fleet.order(55_000)
    for second in range(int(STARTED)):
        fleet.run(1)
        assert second < SETTLES or fleet.power >= min(55_000, 3400 * hashing) * 0.97
    assert fleet.hashing > hashing
    assert fleet.power == pytest.approx(55_000, rel=0.01)


def test_units_that_climb_to_full_power_before_they_can_be_set_draw_no_more_than_is_ordered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("netstab.simulation.virtual.site.POWER_LIMIT", {"document": PERCENT})
    fleet = TunedFleet(20)
    for target in (20_000.0, 32_000.0, 15_000.0, 40_000.0):
        fleet.order(target)
        fleet.run(SETTLES)
        for _ in range(CLIMBED - SETTLES):
            fleet.run(1)
            assert fleet.power <= 1.05 * target
        assert fleet.power == pytest.approx(target, rel=0.03)


def test_others_give_way_to_what_units_that_climb_draw_by_the_meter_and_not_by_their_own_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("netstab.simulation.virtual.site.POWER_LIMIT", {"document": PERCENT})
    fleet = TunedFleet(20)
    fleet.order(20_000)
    fleet.run(CLIMBED)
    for device in (miner.device for miner in fleet.plant.miners.values()):
        assert isinstance(device, VirtualTunable)
        device.told = device.told if device.stage is Stage.HASHING else 0.9
    fleet.order(30_000)
    for _ in range(CLIMBED):
        fleet.run(1)
        assert fleet.power <= 1.02 * 30_000
    assert fleet.power == pytest.approx(30_000, rel=0.02)


def test_nothing_is_drawn_for_units_that_never_stopped_since_the_next_order_came_in_time() -> None:
    fleet = TunedFleet(20)
    fleet.order(55_000)
    fleet.run(STARTED)
    hashing = fleet.hashing
    fleet.order(8_000)
    fleet.order(45_000)
    fleet.run(SETTLES)
    assert hashing - 5 <= fleet.hashing <= hashing
    for _ in range(30):
        fleet.run(1)
        assert fleet.power == pytest.approx(45_000, rel=0.02)
