"""What every family keeps to. What changes a device is judged by its power, never by its answer."""

import asyncio
import inspect
import math
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import pytest
from canned_miner import CannedMiner, hang
from faces import FACES, Face
from made_up import MADE_UP, family
from patience import be_impatient
from waiting import running_time

from netstab.devices import families
from netstab.devices.families import FAMILIES, driver_for, identify
from netstab.devices.offers import finding, restarting, switching, tuning
from netstab.devices.port import (
    Activity,
    Endpoint,
    Findable,
    Firmware,
    Identity,
    Readable,
    Remembering,
    Restartable,
    Switchable,
    Tunable,
    always,
)
from netstab.devices.web import Web
from netstab.errors import (
    CommandRefused,
    DeviceError,
    MalformedAnswer,
    NotAMiner,
    NotControllable,
    Unreachable,
    Withdrawn,
)
from netstab.power.tuning import Tuning
from netstab.power.unit import Capabilities
from netstab.units import Setting, Volts
from netstab.wire.login import Digest

READ_WITHIN_S = 10.0


@dataclass
class Subject:
    """A device of a family as the product has it once it was found."""

    key: str
    face: Face
    web: Web
    identity: Identity
    driver: Readable

    @property
    def capabilities(self) -> Capabilities:
        return self.identity.capabilities

    @property
    def settings(self) -> list[Setting]:
        """The settings at the ends of what it can be told, and its middle."""
        if self.capabilities.range is not None:
            lowest, highest = self.capabilities.range.lowest, self.capabilities.range.highest
            powers = (lowest, (lowest + highest) / 2, highest)
            return [self.capabilities.range.point(type(lowest)(power)).setting for power in powers]
        steps = self.capabilities.steps
        return [steps[place].setting for place in (0, len(steps) // 2, -1)] if steps else []

    def reach(self, holds: Callable[[], bool], what: str) -> None:
        """Let the device's time pass until it is so."""
        for _ in range(100):
            if holds():
                return
            self.face.skip(10)
            time.sleep(0.01)
        pytest.fail(f"{self.key} did not come to {what}")

    def setting(self) -> Setting | None:
        try:
            return asyncio.run(self.driver.poll(self.face.endpoint)).setting
        except DeviceError:
            return None

    def activity(self) -> Activity | None:
        try:
            return self.driver.probe(self.face.endpoint).activity
        except DeviceError:
            return None


@pytest.fixture(autouse=True)
def a_family_that_is_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(families, "FAMILIES", {MADE_UP: family(), **FAMILIES})


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web(login=Digest("root", "root"))
    yield web
    web.close()


@pytest.fixture(params=FACES, ids=str)
def subject(request: pytest.FixtureRequest, web: Web, monkeypatch: pytest.MonkeyPatch) -> Iterator[Subject]:
    monkeypatch.setattr("netstab.devices.antminer.vnish._RESTART_ANSWER", 0.3)
    monkeypatch.setattr("netstab.simulation.web.SILENCE", 1.0)  # a host that boots is asked nothing for long
    with FACES[request.param]() as face:
        web.whatsminer_api_port = face.framed_port or web.whatsminer_api_port
        found = identify(face.endpoint, web)
        yield Subject(
            request.param,
            face,
            web,
            found,
            driver_for(found.firmware, found.model, found.firmware_version, web),
        )


def test_every_family_has_a_face_here() -> None:
    assert FACES.keys() == families.FAMILIES.keys()
    assert {family.firmware for family in FAMILIES.values()} <= set(Firmware)
    assert all(family.key == key for key, family in FAMILIES.items())


def test_a_device_is_recognised_by_reads_alone(subject: Subject) -> None:
    found = subject.identity
    firmware = families.FAMILIES[subject.key].firmware
    assert (found.firmware, found.model) == (firmware, subject.face.model)
    assert identify(subject.face.endpoint, subject.web) == found
    assert subject.face.changes() == 0


INTERFACES = (Readable, Switchable, Remembering, Tunable, Restartable, Findable)


def test_a_driver_has_the_signatures_of_the_interfaces_that_it_offers(subject: Subject) -> None:
    for interface in INTERFACES:
        if isinstance(subject.driver, interface):
            for name in (name for name in vars(interface) if inspect.isfunction(vars(interface)[name])):
                if not name.startswith("_"):
                    assert _parameters(type(subject.driver), name) == _parameters(interface, name), name


def _parameters(owner: type, name: str) -> list[tuple[str, object, object]]:
    parameters = inspect.signature(getattr(owner, name)).parameters.values()
    return [(parameter.name, parameter.kind, parameter.default) for parameter in parameters]


def test_a_reading_tells_of_a_hashing_device_what_it_draws(subject: Subject) -> None:
    reading = asyncio.run(subject.driver.poll(subject.face.endpoint))
    assert (reading.activity, reading.uncertain) == (Activity.HASHING, "")
    assert (reading.hashrate > 0) is subject.face.tells_hashrate
    assert reading.power == pytest.approx(subject.face.power(), rel=0.15)
    assert subject.face.changes() == 0


def test_a_driver_offers_what_its_capabilities_say_and_nothing_is_sent_for_the_rest(subject: Subject) -> None:
    asked = {switching: subject.capabilities.switchable, tuning: subject.capabilities.tunable}
    refused = [each for each, offered in asked.items() if not offered]
    if not subject.capabilities.controllable:
        refused += [restarting, finding]
    for offered in asked.keys() - refused:
        assert offered(subject.driver) is subject.driver
    for missing in refused:
        with pytest.raises(NotControllable):
            missing(subject.driver)
    assert subject.face.changes() == 0


def test_sleep_ends_its_draw_and_wake_brings_its_hashing_back(subject: Subject) -> None:
    if not subject.capabilities.switchable:
        pytest.skip("it cannot be switched")
    switch, endpoint = switching(subject.driver), subject.face.endpoint
    drew = subject.face.power()
    switch.sleep(endpoint, always)
    subject.reach(lambda: subject.face.power() < 0.1 * drew, "sleep")
    assert subject.activity() is Activity.STOPPED
    assert subject.face.power() == pytest.approx(subject.capabilities.idle_power, abs=max(20, 0.02 * drew))
    switch.wake(endpoint, always)
    subject.reach(lambda: subject.activity() is Activity.HASHING, "hash again")
    subject.reach(lambda: subject.face.power() > 0.8 * drew, "draw again")


def draws(subject: Subject, meant: float) -> bool:
    return subject.face.power() == pytest.approx(meant, rel=0.1)


def test_each_setting_brings_the_share_of_power_that_its_point_says(subject: Subject) -> None:
    full = subject.capabilities.full_point
    if not subject.capabilities.tunable or full is None:
        pytest.skip("it cannot be tuned")
    tune, endpoint = tuning(subject.driver), subject.face.endpoint
    whole = subject.face.power()
    for setting in subject.settings:
        tune.apply(endpoint, setting, always)
        point = subject.capabilities.point_of(setting)
        assert point is not None
        meant = whole * point.power / full.power
        subject.reach(partial(draws, subject, meant), str(setting))
        subject.reach(lambda: subject.activity() is Activity.HASHING, "hash")
        reading = asyncio.run(subject.driver.poll(endpoint))
        assert reading.setting == setting
        assert tune.apply(endpoint, setting, always) is False


def _runs_at(truth: Callable[[], Volts], meant: Volts) -> bool:
    return truth() == pytest.approx(meant)


def test_an_operators_voltage_is_taken_or_refused_before_anything_is_sent(subject: Subject) -> None:
    if not subject.capabilities.tunable:
        pytest.skip("it cannot be tuned")
    tune, endpoint, truth = tuning(subject.driver), subject.face.endpoint, subject.face.voltage
    if truth is None:
        with pytest.raises(CommandRefused):
            tune.apply(endpoint, subject.settings[0], always, voltage=Volts(8.9))
        assert subject.face.changes() == 0
        return
    for refused in (Volts(0.1), Volts(99.0), Volts(math.nan)):
        with pytest.raises(CommandRefused):
            tune.apply(endpoint, subject.settings[1], always, voltage=refused)
    assert subject.face.changes() == 0
    for voltage in (Volts(8.9), Volts(8.6)):
        assert tune.apply(endpoint, subject.settings[1], always, voltage=voltage)
        subject.reach(partial(_runs_at, truth, voltage), f"{voltage} V")
        subject.reach(lambda: subject.activity() is Activity.HASHING, "hash")
        assert tune.apply(endpoint, subject.settings[1], always, voltage=voltage) is False


def test_what_an_owner_has_set_is_kept_before_it_is_changed_and_put_back(subject: Subject) -> None:
    if not subject.capabilities.tunable:
        pytest.skip("it cannot be tuned")
    tune, endpoint = tuning(subject.driver), subject.face.endpoint
    before = asyncio.run(subject.driver.poll(endpoint)).setting
    other = next(setting for setting in subject.settings if setting != before)
    kept: list[Tuning] = []
    assert tune.apply(endpoint, other, always, kept.append)
    subject.reach(lambda: subject.setting() == other, str(other))
    if not kept:
        assert tune.restore(endpoint, Tuning(before, plain=True, settings=()), always) is False
        assert subject.setting() == other
        return
    assert (len(kept), kept[0].setting) == (1, before)
    assert tune.restore(endpoint, kept[0], always)
    subject.reach(lambda: subject.setting() == before, "its own again")
    assert tune.restore(endpoint, kept[0], always) is False


def test_nothing_is_changed_where_what_was_set_cannot_be_kept(subject: Subject) -> None:
    if not subject.capabilities.tunable:
        pytest.skip("it cannot be tuned")
    endpoint, asked = subject.face.endpoint, []
    before = asyncio.run(subject.driver.poll(endpoint)).setting
    other = next(setting for setting in subject.settings if setting != before)

    def cannot_keep(own: Tuning) -> None:
        asked.append(own)
        raise DeviceError("It cannot be recorded.")

    with suppress(DeviceError):
        tuning(subject.driver).apply(endpoint, other, always, cannot_keep)
    assert bool(asked) == (subject.face.changes() == 0)


@pytest.mark.parametrize("key", FACES, ids=str)
def test_a_look_at_a_device_of_another_family_changes_nothing_and_passes_it_on(
    subject: Subject, key: Firmware, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, its = families.FAMILIES[key], families.FAMILIES[subject.key]
    if mine.look is its.look:
        pytest.skip("they are told apart by the same look")
    nobody = replace(FAMILIES["unknown"], look=_takes_none)
    monkeypatch.setattr(families, "FAMILIES", {"unknown": nobody, key: mine})
    try:
        found = identify(subject.face.endpoint, subject.web)
    except (NotAMiner, MalformedAnswer, Unreachable):
        pass  # asked next is the next family
    else:
        taken = found.firmware is mine.firmware and mine.drives(found.model, found.firmware_version)
        assert (taken and mine.key != Firmware.UNKNOWN, found.capabilities) == (False, Capabilities())
    assert subject.face.changes() == 0


def _takes_none(_endpoint: Endpoint, _web: Web) -> Identity:
    raise NotAMiner("It is of no family.")


def test_a_withdrawn_command_does_not_reach_the_device(subject: Subject) -> None:
    endpoint = subject.face.endpoint
    if subject.capabilities.switchable:
        for command in (switching(subject.driver).sleep, switching(subject.driver).wake):
            with pytest.raises(Withdrawn):
                command(endpoint, lambda: False)
    if subject.capabilities.tunable:
        with pytest.raises(Withdrawn):
            tuning(subject.driver).apply(endpoint, subject.settings[0], lambda: False)
    assert subject.face.changes() == 0


@pytest.mark.parametrize("key", FACES, ids=str)
def test_a_device_that_takes_connections_and_says_nothing_ends_each_call_by_its_deadline(
    key: str, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    be_impatient(monkeypatch)
    driver = families.FAMILIES[key].driver(web)
    with CannedMiner(api={b"hang": b""}, before_auth=hang) as it:
        web.whatsminer_api_port = it.endpoint.api_port
        calls: tuple[Callable[[], object], ...] = (
            lambda: asyncio.run(driver.poll(it.endpoint)),
            lambda: driver.probe(it.endpoint),
        )
        for call in calls:
            began = running_time()
            with pytest.raises(DeviceError):
                call()
            assert running_time() - began < READ_WITHIN_S
