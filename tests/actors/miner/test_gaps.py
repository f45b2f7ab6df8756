"""A gap is a gap: what nobody knows of a miner is neither 0 W nor what it was before."""

from typing import Any

import pytest
from driven_miner import FACTS, IDLE, RUN, DrivenMiner, reading
from hypothesis import given
from hypothesis import strategies as st
from published import published
from values import registered

from actors.fleet.sampling import sampled
from actors.miner.report import report
from actors.report import LOST_FOR, Phase
from actors.telemetry import fleet_sample, miner_samples
from api.actor_view import actor_view
from api.fleet_table import table_columns
from api.miner_views import MinerViews, discovered_miners
from api.schemas.miners import WearView
from events.state import FleetState, Order, Source
from netstab.devices.port import Activity
from netstab.dispatch.setpoint import Setpoint
from netstab.errors import TimedOut
from netstab.power.allocation import PowerMode
from netstab.units import Timestamp, WallTime, Watts

EVERY = 5.0
HASHES, SLEEPS = reading(Activity.HASHING).power, reading(Activity.STOPPED).power
ORDER = Order(Watts(1460.0), "", Source.EMS, 2, WallTime(0.0))
MINER = registered(FACTS.miner_id, mac="")
SILENT = TimedOut("no answer")


class Shown:
    """What everybody is shown of a miner at a moment, and of the fleet that it is all of."""

    def __init__(self, driven: DrivenMiner, *, initializing: bool = False) -> None:
        now = Timestamp(driven.now)
        known = report(driven.state, FACTS, now)
        state = FleetState(3, PowerMode.ON_OFF, miners={MINER.miner_id: MINER}, order=ORDER)
        reports = {known.miner_id: known}
        self.fleet = published(state, reports, now, rated=Watts(1460.0), initializing=initializing)
        self.listed = MinerViews().one(self.fleet, MINER.miner_id)
        [self.discovered] = discovered_miners(self.fleet).miners
        columns = table_columns(self.fleet, {MINER.miner_id: "S9"})
        self.table = {name: values[0] for name, values in columns.items()}
        observed = actor_view(
            MINER, known, None, now, self.fleet.wall, 0, 0, WearView(0, 0, 0, None), None
        ).observed
        assert observed is not None
        self.actor = observed
        [self.sample] = miner_samples(self.fleet)
        self.total = fleet_sample(self.fleet)

    @property
    def power(self) -> float | None:
        """The one figure of all, None where nothing is known; numbers of the contract are 0 then."""
        power = self.sample.power
        numbers = {
            1000 * self.listed.power_kw,
            self.discovered.power_watts,
            1000 * self.discovered.power_kw,
            1000 * self.actor.power_kw,
            self.fleet.reported_power,
            self.fleet.active_power,
        }
        assert {round(number) for number in numbers} == {round(power or 0)}
        assert self.table["power_watts"] == (None if power is None else round(power))
        assert self.total.power == power
        return power


def looked_at(*activities: Activity) -> DrivenMiner:
    driven = DrivenMiner()
    for activity in activities:
        driven.later(EVERY)
        driven.sees(activity)
    return driven


def consecutive_failures(driven: DrivenMiner, count: int) -> None:
    for _ in range(count):
        driven.later(EVERY)
        driven.polled(SILENT)


@pytest.mark.parametrize(("activity", "draws"), [(Activity.HASHING, HASHES), (Activity.STOPPED, SLEEPS)])
@pytest.mark.parametrize("missed", [1, 2, 3])
def test_a_miner_whose_link_breaks_for_a_few_polls_draws_what_it_drew(
    activity: Activity, draws: float, missed: int
) -> None:
    driven = looked_at(activity)
    consecutive_failures(driven, missed)
    assert Shown(driven).power == draws
    driven.later(EVERY)
    driven.sees(activity)
    assert Shown(driven).power == draws


@pytest.mark.parametrize("activity", [Activity.HASHING, Activity.STOPPED])
def test_of_a_miner_that_is_gone_no_old_figure_is_shown(activity: Activity) -> None:
    driven = looked_at(activity)
    consecutive_failures(driven, 2)
    driven.later(LOST_FOR)
    shown = Shown(driven)
    assert shown.power is None
    assert not shown.listed.is_online
    assert not shown.discovered.is_online
    assert (shown.discovered.hashrate_ghs, shown.discovered.temperature_c, shown.discovered.pool_url) == (
        0.0,
        None,
        None,
    )
    assert (shown.sample.hashrate, shown.sample.frequency, shown.sample.temperature) == (None, None, None)
    assert (shown.table["hashrate_ghs"], shown.table["frequency_mhz"]) == (None, None)
    assert (shown.actor.hashrate_ghs, shown.actor.frequency_mhz) == (None, None)


def test_a_miner_that_was_never_seen_has_no_figures() -> None:
    shown = Shown(DrivenMiner())
    assert (shown.power, shown.sample.hashrate, shown.sample.condition) == (None, None, "unknown")


def test_a_miner_that_is_told_to_sleep_and_misses_a_poll_is_not_at_0_w() -> None:
    driven = looked_at(Activity.HASHING)
    driven.wants(IDLE, 2)
    driven.ends(outcome=True)
    consecutive_failures(driven, 1)
    assert Shown(driven).power == FACTS.capabilities.idle_power


def is_seen(driven: DrivenMiner) -> bool:
    watch = sampled(Shown(driven).fleet)
    assert watch is not None
    return watch.seen


def test_no_energy_is_made_of_a_time_in_which_nobody_saw_the_fleet() -> None:
    driven = looked_at(Activity.HASHING)
    assert is_seen(driven)
    consecutive_failures(driven, 2)
    driven.later(LOST_FOR)
    assert not is_seen(driven)


looks = st.lists(st.sampled_from([Activity.HASHING, Activity.STOPPED, Activity.STARTING, None]), max_size=12)


@given(looks, st.sampled_from([None, RUN, IDLE]), st.sampled_from([0.0, 4.0, 60.0]))
def test_whatever_is_seen_all_agree_and_an_old_figure_lasts_no_longer_than_a_lost_miner(
    seen: list[Any], wanted: Setpoint | None, later: float
) -> None:
    driven = DrivenMiner()
    if wanted is not None:
        driven.wants(wanted, 2)
    answered = driven.now
    for activity in seen:
        driven.later(EVERY)
        if activity is None:
            driven.polled(SILENT)
        else:
            driven.sees(activity)
            answered = driven.now
        shown = Shown(driven)
        assert shown.power != 0
        assert not shown.fleet.reachable or shown.power is not None
    driven.later(later)
    shown = Shown(driven)
    gone = driven.now - answered > 2 * EVERY + LOST_FOR and driven.state.phase is Phase.UNREACHABLE
    assert not (gone and shown.power == HASHES)
