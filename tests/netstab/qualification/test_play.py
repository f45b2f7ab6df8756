"""A plan as it is played: what is given back at its end, and what a survey takes for a fleet that moves."""

from collections.abc import Callable

import pytest

from netstab.errors import NetstabError
from netstab.qualification.plan import Loss, Outage, Plan
from netstab.qualification.play import play, survey
from netstab.qualification.site import Declared, Receipt, Recording, Resource, Sample
from netstab.units import Seconds, Watts

RESOURCE = Resource(Watts(1.0), Watts(0.0), Watts(1.0), Watts(1.0), 1)


class StoodStill:
    """A site whose meter shows what is told, whatever is ordered of 4 kW."""

    units, rated = 4, Watts(4_000.0)

    def __init__(self, shows: Callable[[float], float]) -> None:
        self._shows, self._now, self.lost = shows, Seconds(100.0), set[Loss]()
        self._faults = ["No pool."]

    def now(self) -> Seconds:
        return self._now

    def wait_until(self, at: Seconds) -> None:
        self._now = max(self._now, at)

    def order(self, target: Watts | None) -> Receipt:
        return Receipt(self._now, target)

    limit = order

    def sample(self) -> Sample:
        shown = Watts(self._shows(self._now))
        return Sample(self._now, None, shown, shown, shown, faults=tuple(self._faults))

    def declared(self) -> Declared:
        return Declared(Watts(4_000.0), Watts(100.0), Watts(1_000.0), Watts(1_000.0))

    def lose(self, what: Loss, share: float) -> None:
        self.lost.add(what)

    def restore(self, what: Loss) -> None:
        self.lost.discard(what)

    def proven(self, recording: Recording) -> Recording:
        return recording


def test_what_is_lost_until_the_end_of_a_plan_is_given_back_for_the_next() -> None:
    site = StoodStill(lambda _at: 50.0)
    lost = (Outage(Loss.METER, Seconds(1.0), Seconds(5.0)), Outage(Loss.EMS, Seconds(2.0), Seconds(5.0)))
    play(site, Plan("X", (), 5, outages=lost), RESOURCE)
    assert site.lost == set()
    assert site.now() == 105.0


def test_samples_count_from_the_beginning_and_keep_a_text_that_lasts_once() -> None:
    played = play(StoodStill(lambda _at: 50.0), Plan("X", (), 5), RESOURCE)
    assert [sample.at for sample in played.samples] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert len({id(sample.faults) for sample in played.samples}) == 1


@pytest.mark.parametrize("more", [-1.0, 0.0, 0.1, 1_900.0])
def test_a_fleet_that_does_not_move_by_half_of_what_it_declares_is_not_tested(more: float) -> None:
    with pytest.raises(NetstabError, match="nothing to test"):
        survey(StoodStill(lambda at: 50.0 + (more if at < 160 else 0.0)), Seconds(60.0), Seconds(60.0))


def test_one_that_moves_is_tested_by_what_its_meter_shows() -> None:
    found, _ = survey(StoodStill(lambda at: 3_500.0 if at < 160 else 100.0), Seconds(60.0), Seconds(60.0))
    assert (found.capability, found.standby) == (3_500.0, 100.0)
