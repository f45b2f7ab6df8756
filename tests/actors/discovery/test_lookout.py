"""When miners are looked at again unasked; time is that of the snapshots, which the test makes."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from mixed_units import in_watts
from published import published
from values import registered, reported

from actors.discovery.lookout import Lookout, answering
from actors.report import Backoff, MinerReport, Phase, Step
from actors.snapshot import FleetSnapshot
from events.state import FleetState, RegisteredMiner
from netstab.devices.port import Activity, Reading
from netstab.power.allocation import PowerMode
from netstab.power.unit import Capabilities
from netstab.reach import Network, Reach
from netstab.units import GigahashPerSecond, MinerId, Timestamp, Watts

NETWORK = Network("127.0.0.0/24")
A, B, C = (MinerId(f"127.0.0.{number}") for number in (1, 2, 3))
STARTED = 1000.0


def report(miner_id: MinerId, phase: Phase, since: float = STARTED) -> MinerReport:
    return reported(miner_id, phase, since)


class Site:
    """Miners with what is reported of them, at any moment."""

    def __init__(self, *miners: RegisteredMiner, searches: bool = True) -> None:
        self.miners = {one.miner_id: one for one in miners}
        self.reports = {miner_id: report(miner_id, Phase.ASLEEP) for miner_id in self.miners}
        self.lookout = Lookout(Reach((NETWORK,), 4028), searches=searches)

    def at(self, seconds: float) -> FleetSnapshot:
        state = FleetState(1, PowerMode.ON_OFF, miners=MappingProxyType(self.miners))
        return published(state, self.reports, Timestamp(STARTED + seconds), rated=Watts(0.0))

    def looks(self, until: float, most: int = 9) -> list[tuple[float, MinerId]]:
        """Beat once a second; give who was looked at and when."""
        due = self.lookout.due
        return [(second, each) for second in range(int(until)) for each in due(self.at(second), most)]

    def searches(self, first: int, last: int) -> list[int]:
        return [second for second in range(first, last) if self.lookout.search_is_due(self.at(second))]

    def falls_silent(self, miner_id: MinerId, at: float) -> None:
        self.reports[miner_id] = report(miner_id, Phase.UNREACHABLE, STARTED + at)


def test_who_is_known_in_full_is_left_alone() -> None:
    assert Site(registered(A), registered(B, controllable=False)).looks(4000) == []


@pytest.mark.parametrize("known", [{"provisional": True}, {"mac": ""}, {"mac": "00:00:00:00:00:00"}])
def test_who_told_less_than_all_is_looked_at_again_less_and_less_often(known: dict[str, Any]) -> None:
    assert [second for second, _ in Site(registered(A, **known)).looks(1000)] == [15, 45, 105, 225, 465, 945]


def test_who_takes_a_setting_no_more_may_have_other_points_than_it_has_told() -> None:
    refused = ((Step.TUNE, Backoff(1, Timestamp(STARTED + 60))),)
    site = Site(registered(A, capabilities=in_watts(560, 2800, 28)), registered(B))
    assert site.looks(100) == []
    site.reports = {each: replace(report(each, Phase.HASHING), backoffs=refused) for each in (A, B)}
    assert site.looks(50) == [(15, A), (45, A)]
    site.reports[A] = report(A, Phase.HASHING)
    assert site.looks(200) == []


def test_whose_limit_is_another_than_its_points_end_at_has_other_points() -> None:
    site = Site(registered(A, capabilities=in_watts(2160, 3600, 36)))
    for limit, looks in ((None, []), (3600.0, []), (3000.0, [15, 45])):
        site.reports[A] = hashing(2000.0, limit=limit)
        assert [second for second, _ in site.looks(50)] == looks
    site.miners[A] = registered(A, capabilities=in_watts(1800, 3000, 30))
    assert site.looks(200) == []


@pytest.mark.parametrize(("known", "looks"), [(Capabilities(switchable=True), [15]), (Capabilities(), [])])
def test_a_limit_that_was_not_known_is_looked_at_where_it_can_be_set(
    known: Capabilities, looks: list[int]
) -> None:
    site = Site(registered(A, capabilities=known))
    site.reports[A] = hashing(2000.0, limit=3000.0)
    assert [second for second, _ in site.looks(20)] == looks


def test_who_tells_another_limit_each_time_is_looked_at_less_and_less_often() -> None:
    site = Site(registered(A, capabilities=in_watts(2160, 3600, 36)))
    seconds = []
    for second in range(1000):
        site.reports[A] = hashing(2000.0, limit=3000.0 if second % 2 else 3600.0)
        seconds += [second for _ in site.lookout.due(site.at(second), 9)]
    assert seconds == [17, 47, 107, 227, 467, 947]


def test_the_pause_grows_to_half_an_hour_and_no_further() -> None:
    looks = [second for second, _ in Site(registered(A, provisional=True)).looks(12_000)]
    assert looks[-1] - looks[-2] == 1800


def test_who_does_not_answer_is_not_looked_at_and_a_full_look_ends_it() -> None:
    site = Site(registered(A, provisional=True))
    site.falls_silent(A, 0)
    assert site.looks(100) == []
    site.reports[A] = report(A, Phase.LOCKED)
    assert site.looks(1) == []
    assert [each for _, each in site.looks(20)] == [A]
    site.miners[A] = registered(A)
    assert site.looks(10_000) == []


def hashing(power: float, uncertain: str = "", limit: float | None = None) -> MinerReport:
    figures = GigahashPerSecond(110_000.0), None, None, (), ()
    reading = Reading(
        Activity.HASHING,
        Watts(power),
        *figures,
        uncertain=uncertain,
        limit=None if limit is None else Watts(limit),
    )
    return replace(report(A, Phase.HASHING), reading=reading)


def test_a_device_without_a_rating_is_looked_at_once_it_hashes_and_tells_its_power() -> None:
    site = Site(registered(A, model="Antminer S19", rated_power=Watts(0.0), controllable=False))
    assert site.looks(4000) == []
    site.reports[A] = hashing(0.0, "it gives no figure of its power")
    assert site.looks(4000) == []
    site.reports[A] = hashing(3250.0)
    assert site.looks(20) == [(15, A)]
    site.miners[A] = registered(A, model="Antminer S19", rated_power=Watts(3250.0), controllable=False)
    assert site.looks(4000) == []


def test_many_are_looked_at_few_at_once() -> None:
    site = Site(
        registered(A, provisional=True), registered(B, provisional=True), registered(C, provisional=True)
    )
    assert site.looks(17, most=2) == [(15, A), (15, B), (16, C)]


def test_a_miner_that_is_silent_for_three_minutes_is_searched_for_and_then_ever_more_rarely() -> None:
    site = Site(registered(A), registered(B))
    site.falls_silent(A, 0)
    assert site.searches(0, 8000) == [180, 780, 1980, 4380, 7980]
    assert answering(site.at(8000)) == {B}


def test_another_that_goes_missing_shortens_the_pause_but_never_below_ten_minutes_from_now() -> None:
    site = Site(registered(A), registered(B))
    site.falls_silent(A, 0)
    assert site.searches(0, 4500) == [180, 780, 1980, 4380]
    site.falls_silent(B, 4500)
    assert site.searches(4500, 6000) == [4680 + 600, 4680 + 1200]


def test_a_short_silence_is_none_and_whoever_is_back_is_not_searched_for() -> None:
    site = Site(registered(A))
    site.falls_silent(A, 0)
    assert site.searches(0, 179) == []
    site.reports[A] = report(A, Phase.HASHING)
    assert site.searches(179, 5000) == []


@pytest.mark.parametrize("gone", [registered(A, mac=""), registered(MinerId("127.1.0.1"))])
def test_who_could_not_be_recognised_or_must_not_be_talked_to_is_not_searched_for(
    gone: RegisteredMiner,
) -> None:
    site = Site(gone)
    site.falls_silent(gone.miner_id, 0)
    assert site.searches(0, 5000) == []


def test_nobody_is_searched_for_where_discovery_is_switched_off() -> None:
    site = Site(registered(A), searches=False)
    site.falls_silent(A, 0)
    assert site.searches(0, 5000) == []
    assert Site(searches=False).searches(0, 5000) == []


def test_a_first_miner_is_looked_for_soon_and_then_ever_more_rarely() -> None:
    searches = Site().searches(0, 20_000)
    assert searches[:7] == [5, 10, 20, 40, 80, 160, 320]
    assert searches[-1] - searches[-2] == 3600


def test_once_there_was_a_miner_an_empty_fleet_is_left_empty_and_a_missing_one_is_searched_for_as_ever() -> (
    None
):
    site = Site()
    assert site.searches(0, 7) == [5]
    site.miners[A] = registered(A)
    site.reports[A] = report(A, Phase.ASLEEP)
    assert site.searches(7, 1000) == []
    site.falls_silent(A, 1000)
    assert site.searches(1000, 2500) == [1180, 1780]
    site.miners.clear()
    site.reports.clear()
    assert site.searches(2500, 9000) == []
