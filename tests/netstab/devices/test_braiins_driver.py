"""What the driver of Braiins OS asks and tells a simulated machine, and what it makes of refusals."""

import asyncio
from collections.abc import Callable, Iterator
from typing import TypeVar, cast

import pytest
from canned_miner import INVALID_COMMAND
from one_device import OneDevice, serving
from recorded_braiins import recorded_braiins

from netstab.devices.braiins.driver import BraiinsDriver
from netstab.devices.braiins.readings import SCALES
from netstab.devices.braiins.session import PASSWORD, USERNAME
from netstab.devices.families import FAMILIES, driver_of
from netstab.devices.port import Activity, always
from netstab.devices.web import Web
from netstab.errors import (
    CommandRefused,
    ConnectionLost,
    DeviceError,
    FirmwareTooOld,
    MalformedAnswer,
    NotAMiner,
    NotControllable,
    StillStarting,
    TimedOut,
    Unauthorized,
    Withdrawn,
)
from netstab.power.unit import COMMON_IDLE_POWER
from netstab.simulation.faces.braiins import BRAIINS, BRAIINS_OLD, BraiinsFace
from netstab.simulation.faces.face import HttpRequest, Kind, WebAnswer
from netstab.simulation.faces.machine import Port, Trouble
from netstab.units import Volts

T = TypeVar("T")


class Machine(OneDevice[BraiinsFace]):
    """One simulated machine, with a driver as the product makes it."""

    @property
    def driver(self) -> BraiinsDriver:
        return cast("BraiinsDriver", driver_of(FAMILIES["braiins"], self.web))

    def says(self, path: str, status: str, body: str) -> None:
        """Have it answer a path with that from now on."""
        self.act(lambda face: face.instead.update({path: (status, body)}))

    @property
    def logins(self) -> int:
        return self.act(lambda face: face.logins)


def _served(kind: Kind) -> Iterator[Machine]:
    web = Web()
    with serving(kind) as fleet:
        yield Machine(fleet, web)
    web.close()


@pytest.fixture
def machine() -> Iterator[Machine]:
    yield from _served(BRAIINS)


@pytest.fixture
def older() -> Iterator[Machine]:
    yield from _served(BRAIINS_OLD)


def test_one_login_serves_all_calls_of_all_drivers(machine: Machine) -> None:
    again = driver_of(FAMILIES["braiins"], machine.web)
    machine.driver.probe(machine.endpoint)
    again.identify(machine.endpoint)
    machine.driver.sleep(machine.endpoint, always)
    assert machine.logins == 1


def test_a_token_is_renewed_by_use_and_one_that_was_forgotten_by_one_more_login(machine: Machine) -> None:
    machine.driver.probe(machine.endpoint)
    for _ in range(3):
        machine.fleet.skip(3000)
        machine.driver.probe(machine.endpoint)
    assert machine.logins == 1
    machine.fleet.skip(3700)
    machine.driver.probe(machine.endpoint)
    assert machine.logins == 2


def test_a_command_that_met_an_expired_token_is_carried_out_once(machine: Machine) -> None:
    machine.driver.probe(machine.endpoint)
    machine.act(lambda face: face.expire())
    machine.driver.sleep(machine.endpoint, always)
    assert machine.writes == ["PUT actions/pause", "PUT actions/pause"]  # refused, then taken
    assert machine.logins == 2
    assert machine.act(lambda face: face.machine.asleep)


def test_a_wrong_password_is_shown_once_said_and_not_tried_again_by_any_call(machine: Machine) -> None:
    machine.set(password="another")
    calls: tuple[Callable[[], object], ...] = (
        lambda: machine.driver.probe(machine.endpoint),
        lambda: machine.driver.identify(machine.endpoint),
        lambda: machine.driver.sleep(machine.endpoint, always),
    )
    for call in (*calls, *calls):
        with pytest.raises(Unauthorized, match=f"{USERNAME} and {PASSWORD}"):
            call()
    assert (machine.logins, machine.writes) == (1, [])


@pytest.mark.parametrize("status", ["403 Forbidden", "429 Too Many Requests"])
def test_whatever_a_login_is_refused_with_it_is_not_made_again_at_once(machine: Machine, status: str) -> None:
    tries = list[str]()

    def login(body: str) -> WebAnswer:
        tries.append(body)
        return WebAnswer(b"", status)

    machine.set(_login=login)
    for _ in range(2):
        with pytest.raises(Unauthorized):
            machine.driver.probe(machine.endpoint)
    assert len(tries) == 1


def test_a_refused_password_is_tried_again_once_its_time_is_over(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netstab.devices.braiins.session.WRONG_FOR", 0.0)
    machine.set(password="another")
    for _ in range(2):
        with pytest.raises(Unauthorized):
            machine.driver.probe(machine.endpoint)
    machine.set(password="")
    assert machine.driver.probe(machine.endpoint).activity is Activity.HASHING
    assert machine.logins == 3


def test_what_a_machine_does_not_tell_of_a_process_that_was_stopped_leaves_it_to_be_woken(
    machine: Machine,
) -> None:
    machine.driver.sleep(machine.endpoint, always, insist=True)
    told_by_the_process = ("miner/stats", "performance/tuner-state", "miner/hw/hashboards", "cooling/state")
    for path in told_by_the_process:
        machine.says(path, "503 Service Unavailable", "not running")
    reading = machine.driver.probe(machine.endpoint)
    assert (reading.activity, reading.power, reading.boards) == (Activity.STOPPED, COMMON_IDLE_POWER, ())
    assert machine.driver.details(machine.endpoint).status == {}
    machine.driver.wake(machine.endpoint, always)
    assert machine.writes == ["PUT actions/stop", "PUT actions/start"]


def test_a_machine_that_comes_up_and_does_not_tell_its_pools_yet_is_read(machine: Machine) -> None:
    machine.driver.sleep(machine.endpoint, always)
    machine.driver.wake(machine.endpoint, always)
    machine.says("pools", "503 Service Unavailable", "not running")
    assert machine.driver.probe(machine.endpoint).activity is Activity.STARTING
    assert machine.driver.details(machine.endpoint).pools == ()
    with pytest.raises(MalformedAnswer):
        asyncio.run(machine.driver.pools(machine.endpoint))


def test_of_one_that_hashes_no_figure_of_its_power_is_made_up_where_it_fails_to_tell(
    machine: Machine,
) -> None:
    machine.says("miner/stats", "503 Service Unavailable", "")
    with pytest.raises(MalformedAnswer, match="503"):
        machine.driver.probe(machine.endpoint)


def test_a_command_whose_answer_is_lost_may_have_been_carried_out(machine: Machine) -> None:
    machine.driver.probe(machine.endpoint)
    machine.fleet.trouble(machine.fleet.miners[0], Trouble.CLOSES_EARLY, Port.WEB)
    with pytest.raises(ConnectionLost) as lost:
        machine.driver.reboot(machine.endpoint, always)
    assert lost.value.may_have_acted
    with pytest.raises(ConnectionLost) as unread:
        machine.driver.probe(machine.endpoint)
    assert not unread.value.may_have_acted


def test_a_machine_that_refuses_the_token_it_gave_is_not_asked_for_another(machine: Machine) -> None:
    machine.set(_lets_in=lambda _token: False)
    with pytest.raises(Unauthorized, match="just given"):
        machine.driver.probe(machine.endpoint)
    assert machine.logins == 1


def test_a_target_is_absolute_read_first_and_sent_only_where_it_differs(machine: Machine) -> None:
    assert machine.driver.apply(machine.endpoint, 2000, always) is True
    assert machine.driver.apply(machine.endpoint, 2000, always) is False
    assert machine.writes == ['PUT performance/power-target {"watt": 2000}']
    reading = machine.driver.probe(machine.endpoint)
    assert (reading.setting, reading.self_tuning, reading.reach) == (2000, "", None)


def test_a_target_falls_within_half_a_minute_and_climbs_in_steps_for_minutes(machine: Machine) -> None:
    driver, at = machine.driver, machine.endpoint
    whole = driver.probe(at).power
    driver.apply(at, 1500, always)
    machine.fleet.skip(30)
    assert driver.probe(at).power == pytest.approx(1500, rel=0.08)
    driver.apply(at, 3000, always)
    machine.fleet.skip(30)
    climbing = driver.probe(at)
    assert (climbing.setting, climbing.activity) == (3000, Activity.HASHING)
    assert 1500 < climbing.power < 2400
    assert (climbing.self_tuning, climbing.reach) == ("", None)
    machine.fleet.skip(600)
    assert driver.probe(at).power == pytest.approx(3000, rel=0.05)
    assert whole > 3000


def test_a_pause_takes_effect_in_seconds_and_a_machine_that_was_stopped_is_started(machine: Machine) -> None:
    driver, at = machine.driver, machine.endpoint
    driver.sleep(at, always)
    machine.fleet.skip(5)
    asleep = driver.probe(at)
    assert (asleep.activity, asleep.takes_no_orders, asleep.hashrate) == (Activity.STOPPED, "", 0.0)
    assert asleep.power < 60
    driver.wake(at, always)
    assert driver.probe(at).activity is Activity.STARTING
    driver.sleep(at, always, insist=True)
    driver.wake(at, always)
    told = [text.removeprefix("PUT actions/") for text in machine.writes]
    assert told == ["pause", "resume", "stop", "start"]


def test_what_scaling_holds_below_the_target_is_read_and_not_fought(machine: Machine) -> None:
    driver, at = machine.driver, machine.endpoint
    driver.apply(at, 3000, always)
    machine.fleet.skip(60)
    machine.act(lambda face: face.tuner.scale(600))
    machine.fleet.skip(60)
    reading = driver.probe(at)
    assert (reading.setting, reading.reach, reading.self_tuning) == (2400, 2400.0, SCALES)
    assert driver.apply(at, 3000, always) is False
    assert len(machine.writes) == 1


REFUSALS = [
    ("400 Bad Request", CommandRefused, "does not understand"),
    ("404 Not Found", NotControllable, "does not know"),
    ("409 Conflict", StillStarting, "in the state that it is in"),
    ("412 Precondition Failed", CommandRefused, "constraints"),
    ("500 Internal Server Error", CommandRefused, "fails with status 500"),
    ("501 Not Implemented", NotControllable, "does not support"),
]


@pytest.mark.parametrize(("status", "error", "words"), REFUSALS)
def test_each_refusal_is_an_error_of_its_own_in_words_with_what_the_machine_says(
    machine: Machine, status: str, error: type[DeviceError], words: str
) -> None:
    for path in ("performance/power-target", "actions/pause"):
        machine.says(path, status, "board 2 says no")
    commands: tuple[Callable[[], object], ...] = (
        lambda: machine.driver.apply(machine.endpoint, 2000, always),
        lambda: machine.driver.sleep(machine.endpoint, always),
    )
    for number, command in enumerate(commands, 1):
        with pytest.raises(error, match=f"{words}.*board 2 says no"):
            command()
        assert len(machine.writes) == number, "it is not asked again"


def test_a_target_that_a_paused_machine_does_not_take_has_it_woken_first(machine: Machine) -> None:
    machine.driver.sleep(machine.endpoint, always)
    machine.says("performance/power-target", "409 Conflict", "")
    with pytest.raises(CommandRefused, match="woken first"):
        machine.driver.apply(machine.endpoint, 2000, always)


def test_a_target_beyond_the_machines_bounds_is_refused_by_it(machine: Machine) -> None:
    with pytest.raises(CommandRefused, match="out of its constraints"):
        machine.driver.apply(machine.endpoint, 9000, always)


def test_a_machine_that_takes_another_power_than_it_was_told_is_not_believed(machine: Machine) -> None:
    machine.says("performance/power-target", "200 OK", '{"watt": 2010}')
    with pytest.raises(CommandRefused, match=r"2000 W.*2010 W"):
        machine.driver.apply(machine.endpoint, 2000, always)


def test_no_voltage_no_name_and_no_withdrawn_command_reaches_a_machine(machine: Machine) -> None:
    with pytest.raises(CommandRefused):
        machine.driver.apply(machine.endpoint, 2000, always, voltage=Volts(12.0))
    with pytest.raises(CommandRefused):
        machine.driver.apply(machine.endpoint, "eco", always)
    with pytest.raises(Withdrawn):
        machine.driver.apply(machine.endpoint, 2000, lambda: False)
    assert machine.writes == []


def test_an_owner_who_went_over_to_a_hash_rate_keeps_it(machine: Machine) -> None:
    hash_rate = '{"tuner": {"enabled": true, "tuner_mode": 2, "power_target": null}}'
    machine.says("configuration/miner", "200 OK", hash_rate)
    with pytest.raises(CommandRefused, match="owner"):
        machine.driver.apply(machine.endpoint, 2000, always)
    assert machine.writes == []
    assert machine.driver.identify(machine.endpoint).capabilities.tunable is False


def test_bounds_that_are_not_told_leave_on_and_off(machine: Machine) -> None:
    assert machine.driver.identify(machine.endpoint).capabilities.tunable
    machine.set(bounds_told=False)
    only_switched = machine.driver.identify(machine.endpoint).capabilities
    assert (only_switched.switchable, only_switched.tunable) == (True, False)
    machine.says("configuration/constraints", "501 Not Implemented", "")
    assert machine.driver.identify(machine.endpoint).capabilities == only_switched


def test_a_machine_is_found_by_its_blinking_and_restarted(machine: Machine) -> None:
    driver, at = machine.driver, machine.endpoint
    assert driver.find_mode(at, True) is True
    assert driver.find_mode(at, False) is False
    driver.restart(at, always)
    driver.reboot(at, always)
    told = [text.removeprefix("PUT actions/") for text in machine.writes]
    assert told == ["locate true", "locate false", "restart", "reboot", "reboot"]  # it forgot our token


def test_details_show_what_the_machine_tells_and_no_pool_of_its_configuration(machine: Machine) -> None:
    secret = '{"tuner": {"power_target": {"watt": 3000}}, "pool_groups": [{"password": "hidden"}]}'
    machine.says("configuration/miner", "200 OK", secret)
    details = machine.driver.details(machine.endpoint)
    assert "hidden" not in repr(details)
    assert details.system["bos_version"]["current"].endswith("26.04-plus")
    assert details.status["power_stats"]["approximated_consumption"]["watt"] > 3000
    assert (details.shares["accepted"], len(details.pools)) == (848, 2)
    assert "hw_errors" not in details.shares  # it tells of none, which is not that there are none
    assert asyncio.run(machine.driver.pools(machine.endpoint)) == details.pools


def test_older_firmware_is_read_named_as_too_old_and_told_nothing(older: Machine) -> None:
    reading = asyncio.run(older.driver.poll(older.endpoint))
    assert reading.activity is Activity.HASHING
    assert reading.power == pytest.approx(older.fleet.true_power(), rel=0.2)
    assert "25.07" in (reading.closed or "")
    assert older.driver.details(older.endpoint).reading.activity is Activity.HASHING
    commands: tuple[Callable[[], object], ...] = (
        lambda: older.driver.sleep(older.endpoint, always),
        lambda: older.driver.wake(older.endpoint, always),
        lambda: older.driver.apply(older.endpoint, 2000, always),
    )
    for command in commands:
        with pytest.raises(FirmwareTooOld, match="Update"):
            command()
    assert older.writes == []
    asked = older.act(lambda face: [touch.text for touch in face.machine.reads])
    assert sum("auth/login" in text for text in asked) == 1, "it is shown a password that it cannot take once"


def test_whoever_else_answers_at_a_machines_address_is_shown_no_password(machine: Machine) -> None:
    machine.driver.probe(machine.endpoint)
    shown: list[str] = []

    def web(request: HttpRequest) -> WebAnswer:
        shown.append(request.body)
        known = b'{"token": "of somebody else"}'
        return WebAnswer(known) if request.method == "POST" else WebAnswer(b"", "401 Unauthorized")

    machine.set(web=web, api=lambda _request: INVALID_COMMAND)
    calls: tuple[Callable[[], object], ...] = (
        lambda: machine.driver.probe(machine.endpoint),
        lambda: machine.driver.wake(machine.endpoint, always),
    )
    for call in calls:
        with pytest.raises(NotAMiner):
            call()
    assert shown
    assert set(shown) == {""}


@pytest.mark.parametrize(
    ("folder", "error"), [("braiins_26_04", MalformedAnswer), ("braiins_24_09_graphql", FirmwareTooOld)]
)
def test_a_login_that_is_not_found_is_of_older_firmware_only_where_that_speaks(
    folder: str, error: type[DeviceError]
) -> None:
    driver = cast("BraiinsDriver", driver_of(FAMILIES["braiins"], Web()))
    with recorded_braiins(folder) as (endpoint, face):
        face.pages["auth/login"] = WebAnswer(b"", "404 Not Found")
        with pytest.raises(error):
            driver.sleep(endpoint, always)


@pytest.mark.parametrize(
    ("trouble", "error"),
    [(Trouble.SILENT, TimedOut), (Trouble.GARBAGE, MalformedAnswer), (Trouble.CLOSES_EARLY, ConnectionLost)],
)
def test_each_trouble_of_its_web_server_is_told(
    machine: Machine, trouble: Trouble, error: type[DeviceError], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.driver.probe(machine.endpoint)
    machine.fleet.trouble(machine.fleet.miners[0], trouble, Port.WEB)
    if trouble is Trouble.SILENT:
        monkeypatch.setattr("netstab.devices.braiins.driver.READ", 0.5)
    with pytest.raises(error):
        machine.driver.probe(machine.endpoint)


def test_a_page_for_browsers_with_status_200_is_no_answer_and_no_command_was_taken(machine: Machine) -> None:
    machine.driver.probe(machine.endpoint)
    machine.set(html=True)
    with pytest.raises(MalformedAnswer):
        machine.driver.probe(machine.endpoint)
    with pytest.raises(MalformedAnswer) as unknown:
        machine.driver.sleep(machine.endpoint, always)
    assert unknown.value.may_have_acted
    assert not machine.act(lambda face: face.machine.asleep)
