from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from events.audit import audit
from events.chain import GENESIS, Head
from events.store import FleetStore
from netstab.power.unit import PowerMode
from netstab.qualification.plan import Limited, Loss, Ordered, Outage, Plan
from netstab.qualification.play import play, survey
from netstab.qualification.site import Resource
from netstab.qualification.virtual import VirtualSite
from netstab.simulation.profiles import DOCUMENT
from netstab.simulation.virtual.site import Composition, Site
from netstab.units import Seconds, Watts

UNKNOWN = Resource(Watts(1.0), Watts(0.0), Watts(1.0), Watts(1.0), 4)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'log.db'}"


@pytest.fixture
def site(url: str) -> Iterator[VirtualSite]:
    simulated = Site(DOCUMENT, 4, PowerMode.ON_OFF, composition=Composition.RANGE)
    with closing(VirtualSite(simulated, url)) as found:
        yield found


def ordered(at: float, target: float | None) -> Ordered:
    return Ordered(Seconds(at), None if target is None else Watts(target))


def test_a_survey_finds_what_it_draws_with_all_running_and_with_none(site: VirtualSite) -> None:
    resource, _ = survey(site, Seconds(240.0), Seconds(60.0))
    assert resource.capability == pytest.approx(4 * 3400, rel=0.05)
    assert resource.standby < 0.05 * resource.capability
    assert resource.units == 4


def test_orders_are_followed_and_proven_by_the_log(site: VirtualSite, url: str) -> None:
    played = play(site, Plan("X", (ordered(0, 10_000), ordered(200, None)), 260), UNKNOWN)
    powers = {sample.at: sample.metered for sample in played.samples}
    assert powers[Seconds(199.0)] == pytest.approx(10_000, rel=0.03)
    assert (powers[Seconds(259.0)] or 0) < 500
    site.close()
    with closing(FleetStore(url, read_only=True)) as store:
        for receipt in played.receipts:
            assert receipt.command_id
            head = Head(receipt.version, receipt.digest)
            assert audit(store, GENESIS, head).bad_version is None


def test_a_refused_order_is_a_receipt_with_the_reason_and_the_event_of_the_refusal(site: VirtualSite) -> None:
    played = play(site, Plan("X", (ordered(0, -5.0),), 1), UNKNOWN)
    receipt = played.receipts[0]
    assert receipt.refusal
    assert receipt.version
    assert len(receipt.digest) == 64


def test_the_bench_reads_on_while_the_controller_has_no_meter(site: VirtualSite) -> None:
    outage = Outage(Loss.METER, Seconds(10.0), Seconds(50.0))
    played = play(site, Plan("X", (ordered(0, 10_000),), 60, outages=(outage,)), UNKNOWN)
    faulty = {sample.at for sample in played.samples if any("meter" in fault for fault in sample.faults)}
    assert {30.0, 45.0} <= faulty
    assert 55.0 not in faulty
    assert all(sample.metered is not None for sample in played.samples)


def test_orders_do_not_arrive_while_the_ems_is_lost(site: VirtualSite) -> None:
    outage = Outage(Loss.EMS, Seconds(5.0), Seconds(20.0))
    played = play(site, Plan("X", (ordered(0, 10_000), ordered(10, None)), 30, outages=(outage,)), UNKNOWN)
    assert {sample.target for sample in played.samples} == {10_000.0}
    assert played.receipts[1].version == 0


def test_a_limit_is_kept_and_lifted_and_proven_as_an_order_is(site: VirtualSite) -> None:
    plan = Plan(
        "X",
        (ordered(0, 10_000),),
        300,
        limits=(Limited(Seconds(150.0), Watts(5_000.0)), Limited(Seconds(220.0), None)),
    )
    played = play(site, plan, UNKNOWN)
    pursued = {sample.at: sample.target for sample in played.samples}
    assert (pursued[Seconds(149.0)], pursued[Seconds(151.0)]) == (Watts(10_000.0), Watts(5_000.0))
    assert pursued[Seconds(299.0)] == Watts(10_000.0)
    limits = [receipt for receipt in played.receipts if receipt.limits]
    assert [receipt.target for receipt in limits] == [Watts(5_000.0), None]
    assert all(receipt.digest and not receipt.refusal for receipt in limits)


def test_an_order_that_is_repeated_stands_and_lapses_once_the_ems_is_lost(url: str) -> None:
    simulated = Site(DOCUMENT, 4, PowerMode.ON_OFF, composition=Composition.RANGE)
    with closing(VirtualSite(simulated, url, ems_timeout=Seconds(60.0), ems_failsafe="standby")) as site:
        outage = Outage(Loss.EMS, Seconds(200.0), Seconds(300.0))
        played = play(site, Plan("X", (ordered(0, 10_000),), 290, outages=(outage,)), UNKNOWN)
    powers = {sample.at: sample.metered or 0.0 for sample in played.samples}
    assert powers[Seconds(199.0)] == pytest.approx(10_000, rel=0.03)
    assert powers[Seconds(239.0)] == pytest.approx(10_000, rel=0.03)
    assert powers[Seconds(285.0)] < 500
