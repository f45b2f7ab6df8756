"""The drivers of Whatsminers against simulated ones: what is sent, when, how often, and what goes wrong."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

import pytest
from one_device import OneDevice, serving
from patience import be_patient
from waiting import PATIENCE

from netstab.devices.families import identify
from netstab.devices.port import Activity, Firmware, Reading, always
from netstab.devices.web import Web
from netstab.devices.whatsminer.driver2 import Whatsminer2Driver
from netstab.devices.whatsminer.driver3 import Whatsminer3Driver
from netstab.errors import (
    CommandRefused,
    ConnectionLost,
    DeviceError,
    HeldByAnother,
    MalformedAnswer,
    NotAMiner,
    NotControllable,
    PortClosed,
    StillStarting,
    TimedOut,
    Unauthorized,
    Withdrawn,
    WriteAccessClosed,
)
from netstab.simulation.faces.face import Kind
from netstab.simulation.faces.fleet import FaceFleet
from netstab.simulation.faces.machine import Port, Trouble
from netstab.simulation.faces.whatsminer import Whatsminer
from netstab.simulation.faces.whatsminer_2 import WHATSMINER_2, Whatsminer2
from netstab.simulation.faces.whatsminer_3 import WHATSMINER_3, Whatsminer3
from netstab.units import Watts

T = TypeVar("T")

Driver = Whatsminer2Driver | Whatsminer3Driver


class Bench(OneDevice[Whatsminer]):
    """One simulated device and the driver that talks to it."""

    def __init__(self, fleet: FaceFleet, driver: type[Driver]) -> None:
        super().__init__(fleet, Web(whatsminer_api_port=fleet.framed_port))
        self._kind = driver
        self.driver = driver(self.web)

    def with_password(self, password: str) -> None:
        """Have the site know its Whatsminers by another password; what devices gave us before is kept."""
        self.driver = self._kind(self.web.logged_in(None, {"WHATSMINER_PASSWORD": password}))

    def at2(self, look: Callable[[Whatsminer2], T]) -> T:
        return self.fleet.tamper(self.miner_id, lambda face: look(cast("Whatsminer2", face)))

    @property
    def forbidden(self) -> int:
        return self.act(lambda face: len(face.machine.forbidden))

    @property
    def power(self) -> float:
        return self.act(lambda face: face.machine.power)

    @property
    def limit(self) -> float:
        return self.act(lambda face: face.limit)

    @property
    def reading(self) -> Reading:
        return asyncio.run(self.driver.poll(self.endpoint))

    def set_to(self, percent: int) -> bool:
        known = identify(self.endpoint, self.web).capabilities.range
        assert known is not None
        return self.driver.apply(self.endpoint, known.at(percent - 60).setting, always)

    def fails(self, call: Callable[[], object]) -> type[DeviceError]:
        with pytest.raises(DeviceError) as raised:
            call()
        return type(raised.value)


KINDS: dict[str, tuple[Kind, type[Driver]]] = {
    "api 3": (WHATSMINER_3, Whatsminer3Driver),
    "api 2": (WHATSMINER_2, Whatsminer2Driver),
}


def bench_of(name: str) -> Iterator[Bench]:
    kind, driver = KINDS[name]
    with pytest.MonkeyPatch.context() as patch, serving(kind) as fleet:
        be_patient(patch)
        yield Bench(fleet, driver)


@pytest.fixture(params=KINDS)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    yield from bench_of(request.param)


@pytest.fixture
def bench2() -> Iterator[Bench]:
    yield from bench_of("api 2")


@pytest.fixture
def bench3() -> Iterator[Bench]:
    yield from bench_of("api 3")


def test_a_share_of_power_is_sent_as_text_in_fast_mode_once_and_holds_within_seconds(bench: Bench) -> None:
    assert bench.set_to(80)
    assert bench.writes in (["set.miner.power_percent 80 fast"], ["set_power_pct 80"])
    bench.fleet.skip(2)
    assert bench.power == pytest.approx(0.8 * bench.limit * 0.96, rel=0.06)
    assert bench.reading.setting == round(0.8 * bench.limit)
    assert bench.set_to(80) is False
    assert len(bench.writes) == 1


def test_full_power_is_full_whether_a_percentage_is_in_use_or_none(bench: Bench) -> None:
    assert bench.set_to(100) is False
    assert bench.set_to(70)
    assert bench.set_to(100)
    assert bench.reading.setting == bench.limit
    assert bench.set_to(100) is False


def test_while_the_clock_climbs_no_share_is_sent_and_it_counts_as_a_start(bench: Bench) -> None:
    bench.driver.sleep(bench.endpoint, always)
    with pytest.raises(StillStarting):
        bench.driver.apply(bench.endpoint, 3000, always)
    bench.driver.wake(bench.endpoint, always)
    bench.fleet.skip(240)
    reading = bench.reading
    assert (reading.activity, reading.setting) == (Activity.STARTING, None)
    assert 13 < reading.power < bench.limit
    with pytest.raises(StillStarting):
        bench.driver.apply(bench.endpoint, 3000, always)
    bench.fleet.skip(400)
    assert bench.reading.activity is Activity.HASHING
    assert bench.set_to(60)
    assert len(bench.writes) == 3


def test_a_share_is_lost_with_a_restart_and_full_power_is_told(bench: Bench) -> None:
    assert bench.set_to(60)
    bench.driver.restart(bench.endpoint, always)
    bench.fleet.skip(700)
    reading = bench.reading
    assert (reading.activity, reading.setting) == (Activity.HASHING, bench.limit)


def test_a_share_that_is_too_low_for_it_has_a_machine_restart_itself(bench: Bench) -> None:
    bench.act(lambda face: setattr(face, "stable_from", 65))
    assert bench.set_to(65)
    bench.fleet.skip(120)
    assert bench.reading.activity is Activity.HASHING
    assert bench.set_to(64)
    bench.fleet.skip(120)
    assert (bench.reading.activity, bench.reading.setting) == (Activity.STARTING, None)


def test_both_apis_are_gone_while_the_process_restarts(bench: Bench) -> None:
    bench.driver.restart(bench.endpoint, always)
    bench.fleet.skip(2)
    assert bench.fails(lambda: bench.driver.probe(bench.endpoint)) is PortClosed
    bench.fleet.skip(8)
    assert bench.reading.activity is Activity.STARTING


def test_a_machine_that_boots_fast_is_ready_within_a_minute(bench: Bench) -> None:
    bench.act(lambda face: face.boot_fast())
    bench.driver.sleep(bench.endpoint, always)
    bench.driver.wake(bench.endpoint, always)
    bench.fleet.skip(61)
    assert bench.reading.activity is Activity.HASHING


def commands(bench: Bench) -> list[Callable[[], object]]:
    driver, at = bench.driver, bench.endpoint
    return [
        lambda: driver.sleep(at, always),
        lambda: driver.wake(at, always),
        lambda: driver.apply(at, 2400, always),
        lambda: driver.restart(at, always),
        lambda: driver.reboot(at, always),
        lambda: driver.find_mode(at, enabled=True),
    ]


def test_a_closed_write_access_is_its_own_error_and_no_command_opens_it(bench: Bench) -> None:
    bench.act(lambda face: setattr(face, "open", False))
    for command in commands(bench):
        with pytest.raises(WriteAccessClosed, match="WhatsMinerTool"):
            command()
    assert (bench.writes, bench.forbidden) == ([], 0)
    assert not bench.act(lambda face: face.open)
    assert bench.reading.activity is Activity.HASHING


def test_a_wrong_password_is_its_own_error_after_no_more_than_one_try(bench: Bench) -> None:
    bench.act(lambda face: setattr(face, "password", "changed by its owner"))
    for command in commands(bench):
        before = len(bench.writes)
        assert bench.fails(command) is Unauthorized
        assert len(bench.writes) - before <= 1
    assert bench.power > 0.8 * bench.limit
    bench.with_password("changed by its owner")
    assert bench.set_to(70)


def test_a_machine_that_is_open_and_has_no_permission_for_us_does_not_count_as_closed(bench3: Bench) -> None:
    bench3.act(lambda face: setattr(face, "password", "changed by its owner"))
    bench3.act(lambda face: setattr(face, "badly_signed", (-4, "no permission")))
    assert bench3.reading.closed == ""
    with pytest.raises(Unauthorized, match="open, but not to us"):
        bench3.driver.sleep(bench3.endpoint, always)
    assert len(bench3.writes) == 1


@pytest.mark.parametrize("off", [-86_400.0 * 365 * 20, -3600.0, 3600.0, 86_400.0 * 400])
def test_a_clock_that_is_off_keeps_no_command_away(bench3: Bench, off: float) -> None:
    bench3.act(lambda face: setattr(face, "clock_off", off))
    assert bench3.set_to(90)
    bench3.driver.sleep(bench3.endpoint, always)
    assert bench3.reading.activity is Activity.STOPPED


def test_a_salt_that_changes_before_the_command_arrives_is_read_again_once(bench3: Bench) -> None:
    def change(face: Whatsminer) -> None:
        cast("Whatsminer3", face).salt = "another"

    asked: list[bool] = []

    def permit() -> bool:
        asked.append(True)
        if len(asked) == 1:
            bench3.act(change)
        return True

    bench3.driver.sleep(bench3.endpoint, permit)
    assert len(asked) == len(bench3.writes) == 2
    assert bench3.reading.activity is Activity.STOPPED


def test_one_token_serves_all_commands_of_half_an_hour(bench2: Bench) -> None:
    for percent in (60, 70, 80):
        assert bench2.set_to(percent)
    assert bench2.at2(lambda face: face.given) == 1
    bench2.fleet.skip(1801)
    assert bench2.set_to(90)
    assert bench2.at2(lambda face: face.given) == 2
    assert bench2.writes == [f"set_power_pct {percent}" for percent in (60, 70, 80, 90, 90)]
    assert bench2.reading.setting == round(0.9 * bench2.limit)


def test_commands_at_the_same_time_ask_for_one_token_between_them(bench2: Bench) -> None:
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(bench2.driver.find_mode, bench2.endpoint, enabled=True) for _ in range(8)]
        assert all(each.result() for each in asked)
    assert bench2.at2(lambda face: face.given) == 1
    assert len(bench2.writes) == 8


def test_a_token_that_a_restart_has_ended_is_asked_for_anew_once(bench2: Bench) -> None:
    bench2.driver.restart(bench2.endpoint, always)
    bench2.fleet.skip(10)
    bench2.driver.sleep(bench2.endpoint, always)
    assert bench2.at2(lambda face: face.given) == 2
    assert bench2.reading.activity is Activity.STOPPED


def test_a_token_of_another_salt_is_asked_for_anew_once(bench2: Bench) -> None:
    assert bench2.set_to(70)
    bench2.at2(lambda face: setattr(face, "salt", "another"))
    assert bench2.set_to(80)
    assert bench2.at2(lambda face: face.given) == 2
    assert bench2.writes == ["set_power_pct 70", "what it cannot decipher", "set_power_pct 80"]


def test_a_machine_whose_tokens_others_hold_is_told_so_and_not_asked_again(bench2: Bench) -> None:
    bench2.at2(lambda face: face.tokens.update({str(token): 0.0 for token in range(100)}))
    assert bench2.fails(lambda: bench2.driver.sleep(bench2.endpoint, always)) is HeldByAnother
    bench2.at2(lambda face: face.tokens.clear())
    bench2.act(lambda face: setattr(face, "flooded", True))
    assert bench2.fails(lambda: bench2.driver.sleep(bench2.endpoint, always)) is HeldByAnother
    assert len(bench2.writes) == 1


def test_a_command_that_was_overtaken_is_not_sent(bench: Bench) -> None:
    assert bench.set_to(90)
    for call in (
        lambda: bench.driver.sleep(bench.endpoint, lambda: False),
        lambda: bench.driver.apply(bench.endpoint, 2400, lambda: False),
        lambda: bench.driver.reboot(bench.endpoint, lambda: False),
    ):
        assert bench.fails(call) is Withdrawn
    assert len(bench.writes) == 1


def test_a_machine_with_api_3_is_taken_for_that_alone_beside_its_reduced_api_2(bench3: Bench) -> None:
    found = identify(bench3.endpoint, bench3.web)
    assert (found.firmware, found.firmware_version[:5]) == (Firmware.WHATSMINER, "API 3")
    assert found.capabilities.tunable
    assert bench3.fails(lambda: Whatsminer2Driver(bench3.web).identify(bench3.endpoint)) is CommandRefused
    assert bench3.writes == []


@pytest.mark.parametrize("trouble", [Trouble.SILENT, Trouble.CLOSES_EARLY, Trouble.GARBAGE])
def test_a_machine_whose_api_3_fails_is_not_taken_for_one_with_api_2(
    bench3: Bench, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netstab.devices.whatsminer.driver3.READ", 1.0)
    bench3.fleet.trouble(bench3.miner_id, trouble, Port.FRAMED)
    found = identify(bench3.endpoint, bench3.web)
    assert not found.capabilities.controllable
    assert found.firmware is Firmware.UNKNOWN


def test_a_machine_with_api_2_is_known_by_it(bench2: Bench) -> None:
    found = identify(bench2.endpoint, bench2.web)
    assert (found.firmware, found.firmware_version) == (Firmware.WHATSMINER, "API 2.0.5, 20230803.11.REL")
    assert found.mac.startswith("02:")


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (Trouble.SILENT, TimedOut),
        (Trouble.REFUSES, PortClosed),
        (Trouble.GARBAGE, DeviceError),
        (Trouble.CLOSES_EARLY, DeviceError),
    ],
)
def test_what_is_wrong_with_a_port_has_its_own_error_and_sends_no_command(
    bench: Bench, trouble: Trouble, error: type[DeviceError], monkeypatch: pytest.MonkeyPatch
) -> None:
    within = 0.3 if trouble is Trouble.SILENT else PATIENCE
    for deadline in ("driver2.READ", "driver3.READ", "driver2.COMMAND", "driver3.COMMAND"):
        monkeypatch.setattr(f"netstab.devices.whatsminer.{deadline}", within)
    bench.fleet.trouble(bench.miner_id, trouble)
    known = (ConnectionLost, MalformedAnswer, NotAMiner) if error is DeviceError else (error,)
    for call in (lambda: bench.driver.probe(bench.endpoint), *commands(bench)):
        assert bench.fails(call) in known
    assert bench.writes == []


@pytest.mark.parametrize("trouble", [Trouble.CLOSES_EARLY, Trouble.GARBAGE])
def test_an_answer_that_is_lost_after_the_command_was_sent_says_that_it_may_have_acted(
    bench: Bench, trouble: Trouble
) -> None:
    assert bench.set_to(70)  # it has given a token

    def permit() -> bool:
        bench.fleet.trouble(bench.miner_id, trouble)
        return True

    with pytest.raises(DeviceError) as raised:
        bench.driver.sleep(bench.endpoint, permit)
    assert raised.value.may_have_acted
    bench.fleet.trouble(bench.miner_id, None)
    acts = trouble is Trouble.CLOSES_EARLY
    assert len(bench.writes) == 1 + acts
    assert bench.reading.activity is (Activity.STOPPED if acts else Activity.HASHING)


@pytest.mark.parametrize("trouble", [Trouble.REFUSES, Trouble.CLOSES_EARLY, Trouble.GARBAGE])
def test_a_command_that_never_left_has_not_acted(bench: Bench, trouble: Trouble) -> None:
    bench.fleet.trouble(bench.miner_id, trouble)  # met already by what is read before it
    with pytest.raises(DeviceError) as raised:
        bench.driver.sleep(bench.endpoint, always)
    assert not raised.value.may_have_acted
    assert bench.writes == []


def test_firmware_that_does_not_know_the_question_tells_its_share_elsewhere(bench3: Bench) -> None:
    bench3.act(lambda face: setattr(face, "knows_setting", False))
    assert bench3.set_to(75)
    assert bench3.reading.setting == round(0.75 * bench3.limit)
    assert bench3.set_to(75) is False


def test_a_limit_that_its_owner_changes_is_what_a_share_is_of_from_then_on(bench: Bench) -> None:
    bench.act(lambda face: face.set_limit(3000.0))
    bench.fleet.skip(700)
    assert bench.set_to(70)
    assert bench.reading.setting == 2100


def test_what_firmware_draws_that_never_tells_its_share_tells_what_it_is_set_to(bench: Bench) -> None:
    bench.act(lambda face: setattr(face, "keeps_0", True))
    assert bench.reading.setting == bench.limit
    for percent in (60, 75, 100, 62):
        assert bench.set_to(percent)
        bench.fleet.skip(10)
        assert bench.reading.setting == round(percent * bench.limit / 100)
        assert bench.set_to(percent) is False
    bench.act(lambda face: face.machine.tune(face.limit))  # nothing has come of it, or another undid it
    bench.fleet.skip(10)
    assert bench.reading.setting == bench.limit


def test_a_share_that_it_never_tells_and_nobody_remembers_is_told_anew_in_its_time(bench: Bench) -> None:
    bench.act(lambda face: setattr(face, "keeps_0", True))
    assert bench.set_to(60)
    bench.fleet.skip(10)
    bench.driver = type(bench.driver)(Web(whatsminer_api_port=bench.fleet.framed_port))
    assert bench.reading.setting is None
    assert bench.set_to(100)
    bench.fleet.skip(10)
    assert bench.reading.setting == bench.limit


def test_a_command_whose_answer_was_lost_leaves_no_share_to_be_believed(bench: Bench) -> None:
    bench.act(lambda face: setattr(face, "keeps_0", True))
    assert bench.set_to(60)

    def permit() -> bool:
        bench.fleet.trouble(bench.miner_id, Trouble.CLOSES_EARLY)
        return True

    known = identify(bench.endpoint, bench.web).capabilities.range
    assert known is not None
    with pytest.raises(DeviceError):
        bench.driver.apply(bench.endpoint, known.at(12).setting, permit)
    bench.fleet.trouble(bench.miner_id, None)
    bench.fleet.skip(10)
    assert bench.reading.setting is None


def test_only_a_machine_that_hashes_tells_the_limit_that_its_shares_are_of(bench: Bench) -> None:
    bench.act(lambda face: face.set_limit(3000.0))
    bench.fleet.skip(20)
    assert (bench.reading.activity, bench.reading.limit) == (Activity.STARTING, None)
    bench.fleet.skip(700)
    found = identify(bench.endpoint, bench.web).capabilities.range
    assert found is not None
    assert bench.reading.limit == found.highest == Watts(3000.0)


def test_it_blinks_to_be_found_and_stops(bench: Bench) -> None:
    assert bench.driver.find_mode(bench.endpoint, enabled=True) is True
    assert bench.driver.find_mode(bench.endpoint, enabled=False) is False


def test_a_factory_reset_would_close_its_write_access_and_is_left_to_the_makers_tool(bench: Bench) -> None:
    with pytest.raises(NotControllable, match="closes the miner's write access"):
        bench.driver.factory_reset(bench.endpoint, always)
    assert bench.writes == []


def test_its_details_have_boards_pools_and_errors_and_no_secret(bench: Bench) -> None:
    details = bench.driver.details(bench.endpoint)
    assert len(details.reading.boards) == len(details.pools) == 3
    assert asyncio.run(bench.driver.pools(bench.endpoint)) == details.pools
    assert details.reading.hashrate == pytest.approx(
        sum(board.hashrate for board in details.reading.boards), rel=0.01
    )
    assert "salt" not in str((details.status, details.system, details.config))
    assert details.shares.get("accepted") != 0  # API 3 tells of none, which is not that none were accepted


def test_a_sleeping_machine_tells_that_it_sleeps_and_still_what_it_can_be_set_to(bench: Bench) -> None:
    before = identify(bench.endpoint, bench.web)
    bench.driver.sleep(bench.endpoint, always)
    bench.fleet.skip(30)
    after = identify(bench.endpoint, bench.web)
    assert after.capabilities == before.capabilities
    reading = bench.reading
    assert (reading.activity, reading.setting, reading.boards) == (Activity.STOPPED, None, ())
    assert reading.power < 20
    assert bench.driver.details(bench.endpoint).reading.activity is Activity.STOPPED
