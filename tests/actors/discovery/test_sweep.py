"""A sweep over simulated miners on loopback, many of which are too busy to answer in the first pass."""

import asyncio
import gc
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from typing import cast

import pytest

from actors.discovery.scan import Sighting, Swept
from actors.discovery.sweep import Sweep, _called, one
from netstab.devices.knocking import Door, Knocker
from netstab.devices.port import Endpoint, Reading
from netstab.devices.runner import DeviceRunner, Lane
from netstab.devices.web import Web
from netstab.errors import DeviceError, TimedOut
from netstab.simulation.fleet import SimulatedFleet
from netstab.units import MinerId
from netstab.wire.login import Digest

TIMEOUT = 60
MINERS = 240
IMPATIENCE = 0.5


@pytest.fixture(scope="module")
def fleet() -> Iterator[SimulatedFleet]:
    with SimulatedFleet(MINERS, first_address="127.31.17.1", asleep=True) as fleet:
        yield fleet


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    for deadline in ("API_POLL", "WEB_READ"):
        monkeypatch.setattr(f"netstab.devices.antminer.reads.{deadline}", IMPATIENCE)


class Looking:
    """One sweep over a fleet, with what it told on the way."""

    def __init__(self, fleet: SimulatedFleet, *more: str) -> None:
        self.told: Counter[bool] = Counter()
        self.in_turn: list[bool] = []
        self.runner, web = DeviceRunner(), Web(login=Digest("root", "root"))
        self.runner.start()
        addresses = (*fleet.miners, *map(MinerId, more))
        endpoints = [Endpoint(address, fleet.api_port, fleet.http_port) for address in addresses]
        done: Future[object] = Future()
        sweep = Sweep(self.runner, web, self._looked_at)
        with closing(web):
            self.runner.submit_coroutine(sweep.over(endpoints), done.set_result)
            outcome = done.result(TIMEOUT)
        self.runner.stop(1.0)
        assert isinstance(outcome, Swept)
        self.outcome = outcome

    def _looked_at(self, sighting: Sighting | None) -> None:
        self.told[sighting is not None] += 1
        self.in_turn.append(sighting is not None)


def test_miners_that_are_busy_in_the_first_pass_are_found_when_it_is_quiet(fleet: SimulatedFleet) -> None:
    busy = fleet.miners[::3]
    for miner_id in busy:
        fleet.hang(miner_id)

    def calm() -> None:
        time.sleep(1.2)
        for miner_id in busy:
            fleet.hang(miner_id, api=False, web=False)

    calming = threading.Thread(target=calm)
    calming.start()
    swept = Looking(fleet)
    calming.join()
    assert [sighting.endpoint.miner_id for sighting in swept.outcome.found] == list(fleet.miners)
    assert swept.outcome.unanswered == swept.outcome.silent == ()
    assert swept.told == {True: MINERS}


def test_those_that_never_answer_are_named_after_a_bounded_time(fleet: SimulatedFleet) -> None:
    hung = fleet.miners[:3]
    for miner_id in hung:
        fleet.hang(miner_id)
    try:
        swept = Looking(fleet, "127.31.18.1")  # where nobody listens
    finally:
        for miner_id in hung:
            fleet.hang(miner_id, api=False, web=False)
    assert swept.outcome.unanswered == hung
    assert swept.told == {True: MINERS - 3, False: 4}


def test_a_device_that_says_clearly_that_it_is_no_miner_is_not_asked_again(fleet: SimulatedFleet) -> None:
    printer = fleet.miners[5]
    fleet.answer_instead(printer, api=b"\0", web=b"<!DOCTYPE html><html>a printer</html>")
    try:
        swept = Looking(fleet)
    finally:
        fleet.answer_instead(printer)
    assert swept.outcome.unanswered == ()
    assert swept.told == {True: MINERS - 1, False: 1}


def test_a_sweep_that_is_cut_off_leaves_nobody_to_be_told(
    fleet: SimulatedFleet, caplog: pytest.LogCaptureFixture
) -> None:
    hung = fleet.miners[7]
    fleet.hang(hung)
    runner, done = DeviceRunner(), Future[object]()
    runner.start()
    with closing(Web(login=Digest("root", "root"))) as web:
        endpoint = Endpoint(hung, fleet.api_port, fleet.http_port)
        runner.submit_coroutine(one(endpoint, runner, web), done.set_result)
        time.sleep(0.2)
        runner.stop(0.0)
        assert isinstance(done.result(TIMEOUT), DeviceError)
        time.sleep(2 * IMPATIENCE)
    fleet.hang(hung, api=False, web=False)
    assert caplog.messages == []


def test_silent_addresses_are_knocked_at_for_as_long_as_some_of_them_open(
    fleet: SimulatedFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    opens_at = {address: 1 + place % 4 for place, address in enumerate(fleet.miners)}
    knocks: Counter[str] = Counter()

    async def at_last(_: Knocker, address: str, ports: tuple[int, ...], within: float) -> Door:
        knocks[address] += 1
        return Door.OPEN if knocks[address] >= opens_at.get(MinerId(address), 99) else Door.SILENT

    monkeypatch.setattr(Knocker, "knock", at_last)
    swept = Looking(fleet, "127.31.18.1")
    assert len(swept.outcome.found) == MINERS
    assert swept.outcome.silent == ("127.31.18.1",)
    assert swept.told == {True: MINERS, False: 1}
    assert knocks["127.31.18.1"] == 5
    knocks.clear()
    opens_at = dict.fromkeys(fleet.miners, 1)
    Looking(fleet, "127.31.18.1")
    assert knocks["127.31.18.1"] == 2


def test_the_rest_of_a_block_is_knocked_at_while_those_that_opened_are_identified(
    fleet: SimulatedFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def knocked(_: Knocker, address: str, ports: tuple[int, ...], within: float) -> Door:
        return Door.CLOSED if address.startswith("127.31.18.") else Door.OPEN

    monkeypatch.setattr(Knocker, "knock", knocked)
    monkeypatch.setattr("actors.discovery.sweep.knocks_at_once", lambda _: 32)
    monkeypatch.setattr("actors.discovery.sweep.IDENTIFIED_IN_A_SECOND", 50)
    swept = Looking(fleet, *(f"127.31.18.{host}" for host in range(1, 201)))
    assert swept.told == {True: MINERS, False: 200}
    last_empty = MINERS + 200 - swept.in_turn[::-1].index(False)
    assert sum(swept.in_turn[last_empty:]) > MINERS / 2


class RefusingRunner:
    def call(self, _work: object, done: Callable[[object], None], *, lane: Lane) -> None:
        done(TimedOut(f"{lane}: no answer"))


def test_an_address_that_does_not_answer_leaves_nothing_behind_for_a_rare_collection() -> None:
    async def asked() -> weakref.ref[TimedOut]:
        try:
            await _called(cast("DeviceRunner", RefusingRunner()), lambda: None)
        except TimedOut as error:
            return weakref.ref(error)
        raise AssertionError

    gc.disable()
    try:
        assert asyncio.run(asked())() is None
    finally:
        gc.enable()


def test_a_miner_whose_state_cannot_be_read_fails_the_scan_of_no_other(
    fleet: SimulatedFleet, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Defective:
        async def poll(self, _: Endpoint) -> Reading:
            raise ValueError("a defect")

    monkeypatch.setattr("actors.discovery.sweep.driver_for", lambda *_: Defective())
    found = Looking(fleet).outcome.found
    assert ([seen.endpoint.miner_id for seen in found], {seen.reading for seen in found}) == (
        list(fleet.miners),
        {None},
    )
    assert "a defect" in caplog.text


def test_a_scan_that_has_failed_tells_of_no_address_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = [f"127.31.18.{host}" for host in range(1, 251)]
    told: list[Sighting | None] = []

    async def opens(_: Knocker, _address: str, _ports: tuple[int, ...], _within: float) -> Door:
        return Door.OPEN

    async def looked(endpoint: Endpoint, *_: object) -> Sighting:
        if endpoint.miner_id == addresses[0]:
            raise ValueError("a defect")
        await asyncio.sleep(0.01)
        return Sighting(endpoint, None, None)

    monkeypatch.setattr(Knocker, "knock", opens)
    monkeypatch.setattr("actors.discovery.sweep._looked", looked)
    runner, outcomes = DeviceRunner(), [Future[object](), Future[object]()]
    runner.start()
    with closing(Web(login=Digest("root", "root"))) as web:
        endpoints = [Endpoint(MinerId(address), 4028, 80) for address in addresses]
        runner.submit_coroutine(Sweep(runner, web, told.append).over(endpoints), outcomes[0].set_result)
        assert isinstance(outcomes[0].result(TIMEOUT), DeviceError)
        by_then = len(told)
        runner.submit_coroutine(asyncio.sleep(1.0), outcomes[1].set_result)
        outcomes[1].result(TIMEOUT)
    runner.stop(1.0)
    assert len(told) == by_then
