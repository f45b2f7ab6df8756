"""Simulated Antminers on Bitmain's firmware, with the habits of their builds: what comes of a command."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar, cast

import pytest
from own_address import own_address
from waiting import PATIENCE

from netstab.devices.antminer_stock.driver import StockDriver
from netstab.devices.families import driver_for, identify
from netstab.devices.port import Activity, Endpoint, Reading, always
from netstab.devices.web import Content, Web
from netstab.errors import ConfigurationDiffers, DeviceError, MalformedAnswer, Unreachable
from netstab.power.tuning import Tuning
from netstab.power.unit import PowerSource
from netstab.simulation.faces.antminer import S19, S19_OLD, S21, AntminerFace
from netstab.simulation.faces.build import build_faces
from netstab.simulation.faces.face import Kind
from netstab.simulation.faces.fleet import FaceFleet
from netstab.simulation.faces.machine import Port
from netstab.wire.bounds import after
from netstab.wire.login import Digest

T = TypeVar("T")


@dataclass
class Device:
    """One simulated device, its driver, and the ways to look into it."""

    fleet: FaceFleet
    driver: StockDriver
    web: Web

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.fleet.miners[0], self.fleet.api_port, self.fleet.http_port)

    def look(self, at: Callable[[AntminerFace], T]) -> T:
        return self.fleet.tamper(self.fleet.miners[0], lambda face: at(cast("AntminerFace", face)))

    def poll(self) -> Reading:
        return asyncio.run(self.driver.poll(self.endpoint))

    def activity(self) -> Activity | None:
        """What it is seen to do; None while nothing of it answers."""
        with suppress(DeviceError):
            return self.poll().activity
        with suppress(DeviceError):
            return self.driver.probe(self.endpoint).activity
        return None

    def comes_to(self, activity: Activity, within: float) -> list[Activity | None]:
        """Let its time pass until it is seen to do so; gives what was seen before."""
        seen: list[Activity | None] = []
        for _ in range(int(within / 10) + 1):
            seen.append(self.activity())
            if seen[-1] is activity:
                return seen
            self.fleet.skip(10)
        pytest.fail(f"it did not come to {activity}: {seen}")

    @property
    def forbidden(self) -> list[str]:
        return self.look(lambda face: [touch.forbidden for touch in face.machine.forbidden])


@contextmanager
def device(
    kind: Kind = S21, tamper: Callable[[AntminerFace], object] = lambda _face: None
) -> Iterator[Device]:
    with FaceFleet(build_faces([(kind, 1)], own_address()), clock=lambda: 0.0) as fleet:
        web = Web(login=Digest("root", "root"))
        it = Device(fleet, StockDriver(web), web)
        it.look(tamper)
        yield it
        web.close()


def habit(**changed: object) -> Callable[[AntminerFace], None]:
    def tamper(face: AntminerFace) -> None:
        for name, value in changed.items():
            setattr(face, name, value)

    return tamper


HABITS: dict[str, tuple[Kind, Callable[[AntminerFace], object]]] = {
    "an S21": (S21, habit()),
    "an S19 as it is drawn": (S19, habit()),
    "one that heeds numbers alone": (S21, habit(takes=(int,))),
    "one that heeds text alone": (S21, habit(takes=(str,))),
    "one that heeds plain text alone": (S21, habit(wants_text=True)),
}


@pytest.mark.parametrize(("kind", "tamper"), HABITS.values(), ids=HABITS)
def test_each_build_sleeps_and_wakes_and_keeps_its_pools(
    kind: Kind, tamper: Callable[[AntminerFace], object]
) -> None:
    with device(kind, tamper) as it:
        assert identify(it.endpoint, it.web).capabilities.switchable
        it.driver.sleep(it.endpoint, always)
        it.comes_to(Activity.STOPPED, within=60)
        it.fleet.skip(30)
        assert it.fleet.true_power() < 40
        it.driver.wake(it.endpoint, always)
        it.comes_to(Activity.HASHING, within=400)
        it.fleet.skip(30)
        assert it.fleet.true_power() > 3000
        assert (it.forbidden, it.look(lambda face: face.pools_lost)) == ([], False)


def test_a_build_that_heeds_nothing_is_said_to_differ_and_keeps_all() -> None:
    with device(tamper=habit(takes=())) as it:
        with pytest.raises(ConfigurationDiffers):
            it.driver.sleep(it.endpoint, always)
        assert (it.forbidden, it.look(lambda face: face.pools_lost)) == ([], False)


def test_a_build_of_before_sleep_is_read_and_sent_nothing() -> None:
    with device(S19_OLD) as it:
        found = identify(it.endpoint, it.web)
        assert (found.model, found.capabilities.controllable) == ("Antminer S19", False)
        for command in (it.driver.sleep, it.driver.wake):
            with pytest.raises(DeviceError):
                command(it.endpoint, always)
        assert it.poll().activity is Activity.HASHING
        assert it.look(lambda face: len(face.machine.writes)) == 0


def test_while_the_process_restarts_it_is_seen_to_start_or_sleep_and_never_to_hash() -> None:
    with device() as it:
        it.driver.sleep(it.endpoint, always)
        with pytest.raises(Unreachable):
            it.poll()
        assert it.activity() is Activity.STOPPED
        it.driver.wake(it.endpoint, always)
        seen = it.comes_to(Activity.HASHING, within=400)
    assert set(seen[:-1]) == {Activity.STARTING}


@pytest.mark.parametrize("own", ["2", "3"])
def test_the_owners_mode_comes_back_and_is_the_only_one_written_beside_normal_and_sleep(own: str) -> None:
    kept: list[Tuning] = []
    with device(tamper=lambda face: face.set_by_owner(own)) as it:
        it.driver.sleep_keeping(it.endpoint, always, kept.append, lambda: None)
        it.comes_to(Activity.STOPPED, within=60)
        it.driver.wake_to_kept(it.endpoint, always, lambda: kept[-1])
        assert it.look(lambda face: (face.mode, face.own_mode)) == (own, own)
        assert it.forbidden == []


def test_sleep_outlasts_a_reboot() -> None:
    with device() as it:
        it.driver.sleep(it.endpoint, always)
        it.driver.reboot(it.endpoint, always)
        assert it.activity() is None
        it.fleet.skip(180)
        assert it.activity() is Activity.STOPPED
        it.look(lambda face: face.machine.cut_power())
        it.look(lambda face: face.machine.return_power())
        it.fleet.skip(180)
        assert it.activity() is Activity.STOPPED


def test_a_device_that_is_asleep_is_found_and_known() -> None:
    with device() as it:
        awake = identify(it.endpoint, it.web)
        it.driver.sleep(it.endpoint, always)
        it.fleet.skip(120)
        assert identify(it.endpoint, it.web) == awake


@pytest.mark.parametrize("metered", [True, False])
def test_what_it_draws_is_read_at_its_own_port_where_it_is(metered: bool) -> None:
    with device(tamper=habit(extra_ports=(6060,) if metered else ())) as it:
        found, reading = it.driver.identify(it.endpoint), it.poll()
        drawn = it.fleet.true_power()
    assert found.capabilities.power_source is (PowerSource.MEASURED if metered else PowerSource.MODELLED)
    assert reading.power == pytest.approx(drawn if metered else 3500.0, abs=1)


def test_a_nonce_that_has_aged_costs_one_more_request_and_no_trouble() -> None:
    with device() as it:
        it.driver.sleep(it.endpoint, always)
        it.fleet.skip(120)
        for _ in range(3):
            assert it.activity() is Activity.STOPPED
            it.fleet.skip(900)


def test_a_web_server_under_a_flood_fails_and_the_device_is_sent_nothing() -> None:
    with device(tamper=lambda face: face.machine.clients.update({Port.WEB: 100})) as it:
        with pytest.raises(MalformedAnswer):
            it.driver.sleep(it.endpoint, always)
        assert it.look(lambda face: len(face.machine.writes)) == 0


def test_what_is_read_agrees_with_what_the_device_is() -> None:
    with device(S19) as it:
        details = it.driver.details(it.endpoint)
        reading = it.poll()
        found = identify(it.endpoint, it.web)
        driver = driver_for(found.firmware, found.model, found.firmware_version, it.web)
    assert isinstance(driver, StockDriver)
    assert details.reading.hashrate == pytest.approx(reading.hashrate, rel=0.02)
    assert len(details.reading.boards) == len(reading.boards) == 3
    assert details.pools[0].stratum_active
    assert "pass" not in details.config["pools"][0]


WHOLE = {
    "bitmain-fan-ctrl": False,
    "bitmain-fan-pwn": "100",
    "freq-level": "100",
    "miner-mode": 1,
}
HARMFUL: dict[str, dict[str, object]] = {
    "no pools": WHOLE,
    "empty pools": {**WHOLE, "pools": [{"url": "", "user": "", "pass": ""}] * 3},
    "another pool": {**WHOLE, "pools": [{"url": "stratum+tcp://b", "user": "", "pass": ""}] * 3},
    "another fan": {**WHOLE, "bitmain-fan-pwn": "20"},
    "a mode it never had": {**WHOLE, "miner-mode": 3},
}


@pytest.mark.parametrize("posted", HARMFUL.values(), ids=HARMFUL)
def test_the_simulated_device_tells_of_what_would_have_harmed_it(posted: dict[str, object]) -> None:
    with device() as it:
        own = it.look(lambda face: face.conf["pools"])
        changed = posted if posted is WHOLE else {"pools": own, **posted}
        content = Content(json.dumps(changed).encode(), "application/json")
        it.web.ask(it.endpoint, "/cgi-bin/set_miner_conf.cgi", content, expires=after(PATIENCE))
        assert it.forbidden
