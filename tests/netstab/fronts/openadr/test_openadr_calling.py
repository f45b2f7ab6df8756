"""The VTN is asked again and again: what fails changes nothing, and reports that fail are kept."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from openadr_events import SECRET, settings
from stub_fleet import NOW, StubFleet, two_miners
from validated import require_sound
from waiting import stays, wait_until

from actors.energy_board import EnergyBoard
from actors.front_board import FrontBoard, FrontStatus
from events.commands import Activate
from netstab.clock import wall_clock
from netstab.dispatch.attribution import PowerRecord
from netstab.dispatch.constraints import Constraints
from netstab.errors import LogUnavailable
from netstab.fronts.link import Link
from netstab.fronts.openadr import calling
from netstab.fronts.openadr.front import OpenAdrFront
from netstab.simulation.vtn import Exchange, SimulatedVtn, VtnTrouble
from netstab.units import Seconds, Timestamp, WallTime, Watts


def drawn(since: WallTime, until: WallTime) -> Iterator[Sequence[PowerRecord]]:
    """Say that the fleet drew 1.5 kW each second."""
    yield [
        PowerRecord(WallTime(since + at), Watts(1000), Watts(1500), Watts(1500))
        for at in range(int(until - since) + 1)
    ]


def not_read(_since: WallTime, _until: WallTime) -> Iterator[Sequence[PowerRecord]]:
    raise LogUnavailable("The disk is gone.")


def known_fleet() -> StubFleet:
    """Return a stub of a fleet that says which one it is."""
    snapshot = two_miners()
    rules = replace(snapshot.view.rules, fleet_id="02:00:00:00:00:01")
    return StubFleet(replace(snapshot, view=replace(snapshot.view, rules=rules)))


class Site:
    """A front that runs over a stub of a fleet."""

    def __init__(self) -> None:
        self.fleet = known_fleet()
        self.board = FrontBoard(wall_clock)
        self.board.enter("openadr", "VTN")

    @contextmanager
    def running(self, vtn: SimulatedVtn, power: Any = drawn) -> Iterator[None]:
        link = Link("openadr", self.fleet, self.board, EnergyBoard(), lambda: Timestamp(NOW))
        front = OpenAdrFront(settings(vtn, poll=Seconds(0.5)), Constraints(), power)
        stopping = threading.Event()
        thread = threading.Thread(target=front.run, args=(link, stopping))
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join(5)
            link.close()
            assert not thread.is_alive()

    @property
    def status(self) -> FrontStatus:
        return self.board.statuses[0]

    @property
    def commands(self) -> list[Any]:
        return [command for command, _, _ in self.fleet.given]


@pytest.fixture
def vtn(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedVtn]:
    monkeypatch.setattr(calling, "RECORDED_AFTER", 0.5)
    monkeypatch.setattr(calling, "_AGAIN", 0.3)
    monkeypatch.setattr(calling, "_LONGEST_PAUSE", 0.3)
    with SimulatedVtn(secret=SECRET) as served:
        yield served
        require_sound(served)


def ending_in(seconds: float, lasts: float = 60.0, *kinds: str) -> dict[str, Any]:
    """Return an event of one interval that ends so soon, and of which reports are asked for."""
    start = datetime.now(UTC) + timedelta(seconds=seconds - lasts)
    return {
        "programID": "p1",
        "intervalPeriod": {"start": start.isoformat(), "duration": f"PT{lasts:g}S"},
        "intervals": [{"id": 5, "payloads": [{"type": "DISPATCH_SETPOINT", "values": [1.0]}]}],
        "reportDescriptors": [{"payloadType": kind} for kind in kinds],
    }


def reports(vtn: SimulatedVtn) -> dict[str, Any]:
    """Return the payload of each report's first interval, by what is reported."""
    found = [each["resources"][0]["intervals"][0]["payloads"][0] for each in vtn.listed("reports")]
    return {each["type"]: each["values"][0] for each in found}


def taken(vtn: SimulatedVtn) -> list[Exchange]:
    """Return the reports that were handed over, new ones and those in the place of another."""
    return [
        each
        for each in vtn.exchanges
        if each.method in ("POST", "PUT") and each.status in (200, 201) and each.path.startswith("/reports")
    ]


def test_a_poll_that_fails_changes_nothing_and_the_vtn_is_back_when_it_is(vtn: SimulatedVtn) -> None:
    site = Site()
    vtn.make("events", ending_in(3600, 7200))
    with site.running(vtn):
        wait_until(lambda: site.commands)
        assert site.status.connected
        vtn.stop()
        wait_until(lambda: not site.status.connected)
        assert "refuses connections" in site.status.error
        assert stays(lambda: len(site.commands) == 1, 1.0)
        vtn.start()
        wait_until(lambda: site.status.connected)
        vtn.trouble = VtnTrouble(status=503)
        wait_until(lambda: not site.status.connected)
        vtn.trouble = VtnTrouble()
        wait_until(lambda: site.status.connected)
    assert [type(each) for each in site.commands] == [Activate]


def test_a_report_is_kept_while_the_vtn_takes_none_and_sent_once(
    vtn: SimulatedVtn,
) -> None:
    site = Site()
    vtn.trouble = VtnTrouble(status=500, only="/reports")
    vtn.make("events", ending_in(2.5, 10, "DEMAND", "USAGE", "SETPOINT", "OPERATING_STATE", "SIMPLE_LEVEL"))
    with site.running(vtn):
        wait_until(lambda: "A report is kept" in site.status.error)
        vtn.trouble = VtnTrouble()
        wait_until(lambda: len(vtn.listed("reports")) == 5)
        assert reports(vtn) == {
            "DEMAND": 1.5,
            "USAGE": pytest.approx(0.0042, abs=1e-4),
            "SETPOINT": 1.0,
            "OPERATING_STATE": "RUNNING_CURTAILED",
            "SIMPLE_LEVEL": 0,
        }
        assert stays(lambda: len(taken(vtn)) == 5, 1.0)


def test_a_restart_makes_up_for_what_was_not_reported_and_repeats_nothing(vtn: SimulatedVtn) -> None:
    made = vtn.make("events", ending_in(-30, 10, "DEMAND", "OPERATING_STATE"))
    vtn.change("events", made["id"], createdDateTime="2026-01-01T00:00:00Z")
    with Site().running(vtn):
        wait_until(lambda: len(vtn.listed("reports")) == 2)
    assert reports(vtn) == {"DEMAND": 1.5, "DATA_QUALITY": "MISSING"}
    vtn.exchanges.clear()
    with Site().running(vtn):
        wait_until(lambda: any(each.path == "/reports" for each in vtn.exchanges))
        assert stays(
            lambda: all(each.method == "GET" for each in vtn.exchanges if each.path == "/reports"), 1.5
        )
    assert len(vtn.listed("reports")) == 2


def test_a_vtn_that_takes_its_time_for_reports_is_asked_for_events_in_between(
    vtn: SimulatedVtn, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, seen = vtn.answer, list[str]()

    def slow(asked: Exchange) -> tuple[int, object]:
        seen.append(f"{asked.method} {asked.path}")
        if seen[-1] == "POST /reports":
            time.sleep(0.6)  # longer than from one poll to the next
        return answer(asked)

    monkeypatch.setattr(vtn, "answer", slow)
    vtn.make("events", ending_in(1.5, 10, "DEMAND", "USAGE", "SETPOINT", "OPERATING_STATE"))
    with Site().running(vtn):
        wait_until(lambda: seen.count("POST /reports") == 4)
    sent = [place for place, each in enumerate(seen) if each == "POST /reports"]
    assert all("GET /events" in seen[one:other] for one, other in pairwise(sent))


def test_a_report_that_is_refused_for_good_keeps_no_other(vtn: SimulatedVtn) -> None:
    site = Site()
    vtn.trouble = VtnTrouble(status=404, only="/reports")
    vtn.make("events", ending_in(1.5, 10, "DEMAND"))
    with site.running(vtn, not_read):
        wait_until(lambda: "takes no report" in site.status.error)


def test_a_defect_of_the_thread_that_asks_ends_the_front(
    vtn: SimulatedVtn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ArithmeticError("a defect")

    monkeypatch.setattr(calling, "read_plan", broken)
    site = Site()
    link = Link("openadr", site.fleet, site.board, EnergyBoard(), lambda: Timestamp(NOW))
    with pytest.raises(ArithmeticError):
        OpenAdrFront(settings(vtn), Constraints(), drawn).run(link, threading.Event())
    link.close()


def test_a_vtn_that_answers_nothing_of_use_is_told_of_once_however_often_it_is_asked(
    vtn: SimulatedVtn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(calling, "_LONGEST_PAUSE", 0.05)
    vtn.trouble = VtnTrouble(status=500)
    with caplog.at_level("INFO", logger=calling.__name__), Site().running(vtn):
        wait_until(lambda: len(vtn.exchanges) > 8)
    assert [line.partition(":")[0] for line in caplog.messages] == [
        "The VEN is not registered",
        "The VTN is not there",
    ]
