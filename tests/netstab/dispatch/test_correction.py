"""The slow correction by the meter, in a closed loop with miners that are tuned in watts."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from dispatch_units import POWERS, TUNED, tuned
from hypothesis import given, settings
from hypothesis import strategies as st

from netstab.devices.antminer.s9 import ANTMINER_S9
from netstab.dispatch.correction import (
    NO_CORRECTION,
    Correction,
    Room,
    corrected,
    fine_tolerance,
    tuning_room,
)
from netstab.dispatch.loop import Forecast
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.unit_status import Availability
from netstab.simulation.tunable import PowerLaw, TunableMiner
from netstab.units import Seconds, Timestamp, Watts

HIGHEST = POWERS.point(POWERS.highest).power
TOLERANCE = 5.0
NO_ROOM = Room(Watts(0.0), Watts(0.0), Seconds(0.0))
ROOM = Room(Watts(10_000), Watts(10_000), Seconds(5.0))


def expecting(power: float) -> Forecast:
    return Forecast(Watts(power), Watts(0.0), Watts(0.0))


def step(before: Correction, expected: float, metered: float | None, target: float, now: float) -> Correction:
    shown = None if metered is None else Watts(metered)
    return corrected(before, expecting(expected), shown, ROOM, Watts(target), TOLERANCE, Timestamp(now))


@dataclass
class Site:
    """Fifty tuned miners that draw more or less than they are told to, at a noisy meter."""

    bias: float
    noise: float = 0.0
    correction: Correction = NO_CORRECTION
    random: Random = field(default_factory=lambda: Random(7))
    metered: list[tuple[float, float]] = field(default_factory=list)
    rewritten: int = 0

    def __post_init__(self) -> None:
        law = PowerLaw(2000, 3400, 34, lag=1.5, bias=self.bias)
        self.miners = [TunableMiner(law, asleep=False) for _ in range(50)]
        self.asked = [miner.target for miner in self.miners]

    def run(self, target_at: Callable[[int], float], seconds: int) -> None:
        for second in range(1, seconds + 1):
            for miner in self.miners:
                miner.advance(second)
            true = sum(miner.power for miner in self.miners)
            shown = true * (1 + self.random.gauss(0.0, self.noise))
            target = target_at(second)
            self.correction = step(self.correction, sum(self.asked), shown, target, second)
            self._tune(target + self.correction.power)
            self.metered.append((target, true))

    def _tune(self, wanted: float) -> None:
        """Tune one after the other, as few as needed."""
        missing = wanted - sum(self.asked)
        for place, miner in enumerate(self.miners):
            if abs(missing) <= 17:
                return
            taken = miner.tune(self.asked[place] + missing)
            missing -= taken - self.asked[place]
            self.asked[place] = taken
            self.rewritten += 1


def share_within(samples: Sequence[tuple[float, float]], percent: float) -> float:
    return sum(abs(drawn / target - 1) <= percent / 100 for target, drawn in samples) / len(samples)


def test_miners_that_draw_less_than_they_report_are_brought_to_the_target_at_the_meter() -> None:
    for bias in (0.96, 0.98, 1.0, 1.02, 1.04):
        site = Site(bias, noise=0.002)
        site.run(lambda _: 130_000.0, 600)
        assert share_within(site.metered[120:], 1.0) >= 0.99


def test_a_steady_target_rewrites_hardly_any_miner() -> None:
    site = Site(0.97, noise=0.002)
    site.run(lambda _: 130_000.0, 120)
    before = site.rewritten
    site.run(lambda _: 130_000.0, 600)
    assert site.rewritten - before <= 60  # in 600 s of 50 miners


def test_a_target_that_jitters_winds_nothing_up() -> None:
    site = Site(1.0)
    site.run(lambda second: 130_000.0 + (4_000.0 if second % 4 < 2 else -4_000.0), 1800)
    assert abs(site.correction.missing) < 0.005 * 130_000


def test_a_single_step_of_the_target_teaches_little() -> None:
    site = Site(1.0)
    site.run(lambda second: 110_000.0 if second < 100 else 150_000.0, 200)
    most = max(abs(site.correction.missing), 0.0)
    assert most < 0.005 * 150_000


@settings(max_examples=200)
@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)), max_size=100))
def test_a_broken_meter_moves_no_more_than_the_tolerance(shown: list[float | None]) -> None:
    found = NO_CORRECTION
    for second, power in enumerate(shown):
        found = step(found, 100_000.0, power, 100_000.0, float(second))
        assert abs(found.power) <= 5_000.0
        assert abs(found.missing) <= 5_000.0


@settings(max_examples=200)
@given(st.floats(-1e6, 1e6), st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_a_reading_taken_in_twice_counts_once_and_clocks_that_go_back_teach_nothing(
    metered: float, at: float, back: float
) -> None:
    first = step(NO_CORRECTION, 100_000.0, 100_000.0, 100_000.0, at)
    once = step(first, 100_000.0, metered, 100_000.0, at + 1.0)
    again = step(once, 100_000.0, metered, 100_000.0, min(at + 1.0, back))
    assert math.isclose(again.missing, once.missing, abs_tol=1e-6)


def test_without_a_meter_what_was_found_stays_and_without_units_to_tune_it_ends() -> None:
    known = Correction(Watts(500.0), Watts(520.0), Watts(100_000.0), Timestamp(0.0))
    assert step(known, 100_000.0, None, 100_000.0, 60.0) == known
    seen, metered = expecting(100_000.0), Watts(90_000.0)
    ended = corrected(known, seen, metered, NO_ROOM, Watts(100_000.0), TOLERANCE, Timestamp(1.0))
    assert ended == NO_CORRECTION
    assert step(known, 0.0, 0.0, 0.0, 1.0) == NO_CORRECTION


def test_only_units_that_hash_and_tune_without_a_restart_give_room() -> None:
    free = tuned(2500)
    told = Setpoint(running=True, point=free.running_at)
    others = [
        replace(free, stays=True),
        replace(free, point_fixed=True),
        replace(free, hashing=False),
        replace(free, availability=Availability.HELD),
        replace(free, capabilities=replace(TUNED, restarts_on_change=True)),
        replace(free, capabilities=ANTMINER_S9.capabilities, rated_power=Watts(1460.0)),
    ]
    power = free.power_at(free.running_at)
    assert tuning_room({free.unit_id: told}, [free]) == (power - 2000, HIGHEST - power, 5.0)
    for other in others:
        assert tuning_room({other.unit_id: told}, [other]) == NO_ROOM
    assert tuning_room({}, [free]) == NO_ROOM


def test_the_band_is_fine_only_where_tuning_takes_up_what_is_off() -> None:
    room = Room(Watts(1000.0), Watts(200.0), Seconds(5.0))
    assert fine_tolerance(5.0, Watts(900.0), room) == 0.5
    assert fine_tolerance(5.0, Watts(-900.0), room) == 5.0
    assert fine_tolerance(5.0, Watts(-150.0), room) == 0.5
    assert fine_tolerance(0.1, Watts(900.0), room) == 0.1
