"""What Whatsminers answer, recorded ones and broken ones, and what is made of it."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from canned_miner import MAKERS
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from netstab.devices.port import Activity, Endpoint, Reading
from netstab.devices.tokens import Tokens
from netstab.devices.whatsminer import api2, api3
from netstab.devices.whatsminer.api3 import Info
from netstab.devices.whatsminer.models import model_of, takes_commands, whatsminer_named
from netstab.devices.whatsminer.orders import require_power, require_settable
from netstab.devices.whatsminer.percents import FULL, LOWEST, percent_of, powers, setting_of
from netstab.devices.whatsminer.shares import Shares, proved
from netstab.devices.whatsminer.state import ASLEEP, State, identity, reading
from netstab.errors import (
    CommandRefused,
    DeviceError,
    HeldByAnother,
    MalformedAnswer,
    NotAMiner,
    StillStarting,
    Unauthorized,
    WriteAccessClosed,
)
from netstab.power.unit import Capabilities
from netstab.units import MinerId, Volts, Watts

Changes = dict[str, Any]


def recorded(folder: str, name: str) -> bytes:
    return (MAKERS / folder / f"{name}.json").read_bytes()


def changed(answer: bytes, path: str, **figures: object) -> bytes:
    """Return an answer with figures of one section changed; `_` stands for `-`."""
    document = json.loads(answer)
    section = document
    for step in path.split("/"):
        section = section[int(step) if step.isdigit() else step]
    section.update({name.replace("_", "-"): value for name, value in figures.items()})
    return json.dumps(document).encode()


INFO = recorded("whatsminer_v3", "get_device_info")
STATUS_3 = recorded("whatsminer_v3", "get_miner_status_summary")
SUMMARY_2 = recorded("whatsminer_v2", "summary")
REFUSAL = b'{"STATUS":[{"STATUS":"E","Code":14,"Msg":"Invalid command"}],"id":1}'


def state3(
    *, info: Changes | None = None, summary: Changes | None = None, setting: Changes | None = None
) -> State:
    """Return the state of the recorded M60S, with figures changed."""
    known = Info.parsed(changed(INFO, "msg/miner", **(info or {})))
    told, _ = api3.told(changed(STATUS_3, "msg/summary", **(summary or {})), "get.miner.status")
    for part in ("pools", "edevs"):
        told |= api3.told(recorded("whatsminer_v3", f"get_miner_status_{part}"), "get.miner.status")[0]
    return api3.state(known, told, setting or {})


def state2(status: Changes | None = None, summary: Changes | None = None) -> State:
    told = api2.message(recorded("whatsminer_v2", "status")) | (status or {})
    summed = api2.first(SUMMARY_2, "SUMMARY") | (summary or {})
    return api2.state(told, summed, api2.entries(recorded("whatsminer_v2", "devs"), "DEVS"))


def figures(told: Reading) -> tuple[object, ...]:
    return told.activity, told.setting, told.power, told.hashrate, told.elapsed


def test_a_machine_with_api_3_tells_what_it_does_draws_and_is_set_to() -> None:
    told = reading(state3())
    assert figures(told) == (Activity.HASHING, 3600, 3156, 171_259, 50_000)
    assert (told.fans, told.temperature, len(told.boards), told.uncertain) == ((5400, 5280), 82.0, 3, "")
    assert [each.pcb_temperature for each in told.boards] == [41.1, 40.1, 41.5]
    assert [float(each.hashrate) for each in told.boards] == [57_200, 57_000, 57_100]


def test_a_machine_with_api_2_tells_what_it_does_draws_and_is_set_to() -> None:
    told = reading(state2())
    assert figures(told) == (Activity.HASHING, 3300, 3200, 124_500, 25_000)
    assert (told.fans, told.temperature, len(told.boards), told.uncertain) == ((5400, 5280), 81.0, 3, "")


def test_its_pools_are_told_as_those_of_any_other_make() -> None:
    pools = state3().pools
    assert [pool.status for pool in pools] == ["Alive"] * 3
    assert (pools[0].worker, pools[0].stratum_active, pools[1].stratum_active) == (
        "account.worker",
        True,
        False,
    )


def test_a_service_that_does_not_run_is_sleep_whatever_else_is_told() -> None:
    for state in (
        state3(info={"working": "false"}),
        state2({"mineroff": "true"}),
        api2.state({"btmineroff": "true"}, {}, []),
    ):
        told = reading(state)
        assert (told.activity, told.setting, told.hashrate, told.elapsed) == (
            Activity.STOPPED,
            None,
            0.0,
            None,
        )
    assert reading(api2.state({"mineroff": "true"}, {}, [])).power == ASLEEP


def test_what_a_machine_that_is_off_repeats_from_before_is_not_what_it_draws() -> None:
    stale = state3(info={"working": "false"})
    assert stale.power == Watts(3156.0)
    assert reading(stale).power == ASLEEP
    falls = state3(info={"working": "false"}, summary={"hash_realtime": 0, "power_realtime": 800})
    assert float(reading(falls).power) == 800


def test_a_clock_that_climbs_is_a_start_and_no_setting_is_known_yet() -> None:
    for state in (
        state3(summary={"up_freq_finish": 0}),
        state2(summary={"Upfreq Complete": 0}),
        state2(summary={"Hash Stable": False, "Elapsed": 599}),
    ):
        assert (reading(state).activity, reading(state).setting, state.settable) == (
            Activity.STARTING,
            None,
            False,
        )
        with pytest.raises(StillStarting):
            require_settable(state)
    assert state2(summary={"Hash Stable": False, "Elapsed": 600}).settable


def test_a_machine_is_set_to_the_percentage_that_it_tells_and_0_is_full_power() -> None:
    assert reading(state3(setting={"power-percent": 0})).setting == 3600
    assert reading(state3(setting={"power-percent": 60}, info={"hash_percent": "70"})).setting == 2160
    assert reading(state3(info={"hash_percent": "70"})).setting == 2520
    assert reading(state3(setting={"power-percent": 0}, info={"hash_percent": "70"})).setting == 2520
    assert reading(state2({"hash_percent": "80"})).setting == 2640
    assert reading(state2({"hash_percent": ""})).setting is None
    assert reading(state3(setting={"power-percent": 30})).setting == 1080


def test_what_a_machine_draws_decides_where_it_tells_of_no_percentage() -> None:
    def decided(drawn: float, taken: int | None) -> int | None:
        return proved(state2(summary={"Power": drawn * 33.0, "Power Limit": 3300}), taken).percent

    assert [decided(drawn, 60) for drawn in (55, 62, 79)] == [60, 60, 60]
    assert [decided(drawn, 60) for drawn in (81, 96, 104)] == [FULL, FULL, FULL]
    assert [decided(drawn, None) for drawn in (96, 80, 79, 30)] == [0, 0, None, None]
    assert proved(state2(summary={"Hash Stable": False, "Elapsed": 100}), 60).percent == 0


def test_a_share_is_believed_as_long_as_the_process_that_took_it_lasts() -> None:
    shares, at = Shares(Tokens()), Endpoint(MinerId("127.0.0.1"), 1, 1)
    shares.keep(at, 60)
    half = {"Power": 2000, "Power Limit": 3300}
    assert shares.proved(at, state2(summary={**half, "Elapsed": 700})).percent == 60
    assert shares.proved(at, state2({"hash_percent": "70"}, half)).percent == 70
    began = time.monotonic
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netstab.devices.whatsminer.shares.time.monotonic", lambda: began() + 3600)
        assert shares.proved(at, state2(summary={**half, "Elapsed": 3700})).percent == 60
        assert shares.proved(at, state2(summary={**half, "Elapsed": 700})).percent is None


def test_a_machine_without_a_limit_of_its_own_is_on_or_off() -> None:
    for state in (
        state2({"power_limit_set": ""}, {"Power Limit": 99_999}),
        state3(summary={"power_limit": None}),
    ):
        known = identity("Whatsminer M50S", "API 2.0.5, 20230803", "", "", state, None)
        assert (known.capabilities.switchable, known.capabilities.tunable) == (True, False)
        assert reading(state).setting is None
        with pytest.raises(CommandRefused):
            require_settable(state)


def test_a_machine_that_waits_for_its_pools_does_not_hash_and_says_why() -> None:
    pools = json.loads(recorded("whatsminer_v3", "get_miner_status_pools"))
    for pool in pools["msg"]["pools"]:
        pool["status"] = "dead"
    status, _ = api3.told(changed(STATUS_3, "msg/summary", hash_realtime=0), "get.miner.status")
    told = reading(api3.state(Info.parsed(INFO), {**status, **pools["msg"]}, {}))
    assert (told.activity, told.awaits_pool, float(told.power)) == (Activity.STARTING, True, 3156)
    assert "no pool answers it" in told.uncertain


def test_a_closed_write_access_is_told_with_what_to_do() -> None:
    closed = Info.parsed(changed(INFO, "msg/system", apiswitch="0"))
    told = reading(api3.state(closed, {}, {}))
    assert "write access is closed" in (told.closed or "")
    assert "factory reset" in (told.closed or "")
    assert not reading(state3()).closed


def test_the_salt_is_shown_to_nobody() -> None:
    assert b"AbCdEfGh" in INFO
    assert "AbCdEfGh" not in json.dumps(Info.parsed(INFO).shown)


def test_every_limit_gives_a_point_for_each_percent_and_each_its_own_setting() -> None:
    for limit in range(300, 12_001):
        known = powers(Watts(float(limit)))
        settings = [known.at(place).setting for place in range(len(known))]
        assert (len(known), settings[-1]) == (FULL - LOWEST + 1, limit)
        for percent in (LOWEST, 67, 83, 99, FULL):
            setting = setting_of(percent, Watts(float(limit)))
            assert isinstance(setting, int)
            assert settings[percent - LOWEST] == setting == known.point(Watts(float(setting))).setting
            assert percent_of(setting, Watts(float(limit))) == percent
            assert setting == pytest.approx(percent * limit / 100, abs=0.6)


def test_no_setting_comes_to_a_percentage_that_is_never_set() -> None:
    for setting in (-1, 0, 500, 2159, 3601, 10**9):
        assert LOWEST <= percent_of(setting, Watts(3600.0)) <= FULL


def test_a_whatsminer_takes_a_power_and_nothing_else() -> None:
    assert require_power(3000, None) == 3000
    for setting, voltage in (("3000", None), (3000, Volts(8.9))):
        with pytest.raises(CommandRefused):
            require_power(setting, voltage)


@pytest.mark.parametrize(
    ("told", "model", "commanded"),
    [
        ("M60S_VK40", "Whatsminer M60S", True),
        ("M30S++_VH60", "Whatsminer M30S++", True),
        ("M30S+_VE40", "Whatsminer M30S+", True),
        ("M50_VG30", "Whatsminer M50", True),
        ("M20S_V10", "Whatsminer M20S", False),
        ("M3", "Whatsminer M3", False),
        ("", "Whatsminer", False),
        ("Antminer S19", "Whatsminer", False),
    ],
)
def test_a_model_is_known_by_its_type_and_commanded_from_the_m30_on(
    told: str, model: str, commanded: bool
) -> None:
    assert (model_of(told), takes_commands(model)) == (model, commanded)


def test_the_models_that_sites_have_are_known_by_their_data_sheets() -> None:
    for short in ("M30S", "M30S+", "M30S++", "M50", "M50S", "M60", "M60S"):
        known = whatsminer_named(f"Whatsminer {short}")
        assert known is not None
        assert 15 < known.power / (known.hashrate / 1000) < 40  # J/TH


def test_an_identity_has_the_powers_of_the_devices_own_limit() -> None:
    found = identity("Whatsminer M60S", "API 3.0.2, x", "02:00:00:00:00:04", "host", state3(), None)
    known = found.capabilities.range
    assert known is not None
    assert list(map(float, (known.lowest, known.highest, known.step, known.hashrate))) == [
        2160,
        3600,
        36,
        186_000,
    ]
    assert (found.setting, found.mac, found.provisional, found.capabilities.volatile) == (
        3600,
        "02:00:00:00:00:04",
        False,
        True,
    )


def test_a_sleeping_machine_that_tells_no_limit_is_looked_at_again() -> None:
    state = api2.state({"mineroff": "true"}, {}, [])
    assert identity("Whatsminer M50S", "API 2.0.5, x", "", "", state, None).provisional


def test_an_older_model_or_firmware_is_only_read() -> None:
    for model, commanded in (("Whatsminer M20S", True), ("Whatsminer M30S", False), ("Whatsminer", True)):
        found = identity(model, "API 2.0.1, x", "", "", state2(), None, commanded=commanded)
        assert found.capabilities == Capabilities()


@pytest.mark.parametrize(
    ("version", "commanded", "api3_too"),
    [
        ("API 2.0.5, 20230803.11.REL", True, False),
        ("API 2.0.5, 20240624.18.REL", True, True),
        ("API 2.0.1, 20200731.22.REL", False, False),
        ("API 2.0.5, '20200801.22.REL'", True, False),
        ("API 2.0.5, ", False, False),
    ],
)
def test_firmware_is_judged_by_its_date(version: str, commanded: bool, api3_too: bool) -> None:
    assert (api2.takes_commands(version), api2.may_have_api3(version)) == (commanded, api3_too)


def test_only_api_2_is_taken_for_api_2() -> None:
    assert api2.version(recorded("whatsminer_v2", "get_version")) == "API 2.0.5, 20230803.11.REL"
    for answer in (recorded("whatsminer_v1", "get_version"), SUMMARY_2, INFO, b"SSH-2.0-x", b"{}", REFUSAL):
        with pytest.raises(NotAMiner):
            api2.version(answer)


def test_only_api_3_is_taken_for_api_3() -> None:
    info = Info.parsed(INFO)
    assert (info.version, info.model) == ("API 3.0.2, 20251209.16.Rel2", "Whatsminer M60S")
    for answer in (STATUS_3, SUMMARY_2, b'{"code":0,"msg":[],"desc":"get.device.info"}', b"\0", b"[]"):
        with pytest.raises((NotAMiner, MalformedAnswer)):
            Info.parsed(answer)


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        (-4, "no permission", WriteAccessClosed),
        (-1, "invalid token", Unauthorized),
        (-1, "busy", CommandRefused),
        (-2, "invalid command", CommandRefused),
        (-3, {}, CommandRefused),
    ],
)
def test_a_refusal_of_api_3_has_its_own_error(code: int, message: object, error: type[DeviceError]) -> None:
    answer = json.dumps({"code": code, "msg": message, "desc": "set.miner.service", "when": 1}).encode()
    with pytest.raises(error):
        api3.told(answer, "set.miner.service")
    if error is WriteAccessClosed:  # of a read it says nothing about commands
        with pytest.raises(CommandRefused):
            api3.told(answer.replace(b"set.", b"get."), "get.miner.service")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (14, CommandRefused),
        (23, Unauthorized),
        (45, WriteAccessClosed),
        (132, CommandRefused),
        (135, api2.TokenRefused),
        (136, HeldByAnother),
    ],
)
def test_a_refusal_of_api_2_has_its_own_error(code: int, error: type[DeviceError]) -> None:
    answer = json.dumps({"STATUS": "E", "When": 1, "Code": code, "Msg": "no", "Description": ""}).encode()
    with pytest.raises(error) as raised:
        api2.taken(answer)
    assert type(raised.value) is error
    with pytest.raises(CommandRefused):
        api2.message(answer)


def test_a_command_of_api_3_is_taken_by_its_code_alone() -> None:
    for answer in (b'{"code":0}', b'{"code":0,"when":1,"msg":"ok","desc":"service"}'):
        api3.told(answer, "set.miner.service")
    for answer in (b"{}", b'{"code":null,"msg":"ok"}', b"ok"):
        with pytest.raises(NotAMiner):
            api3.told(answer, "set.miner.service")


def test_a_machine_whose_tokens_are_all_held_says_so_instead_of_giving_one() -> None:
    with pytest.raises(HeldByAnother):
        api2.taken(b'{"STATUS":"S","When":1,"Code":134,"Msg":"over max connect","Description":""}')


def mutations(answer: bytes) -> st.SearchStrategy[bytes]:
    signs = [
        b"null",
        b"[]",
        b"{}",
        b"1e999",
        b"true",
        b'"',
        b"\\",
        b"\\ud800",
        b"-1",
        b"99999999999999999999",
    ]
    return st.builds(
        lambda start, length, inserted: answer[:start] + inserted + answer[start + length :],
        st.integers(0, len(answer)),
        st.integers(0, 40) | st.just(len(answer)),
        st.binary(max_size=6) | st.sampled_from(signs),
    )


OF_API_3 = sorted(path.stem for path in (MAKERS / "whatsminer_v3").glob("*.json"))


def sound(state: State) -> None:
    told = reading(state)
    assert 0 <= told.power <= 20_000
    assert 0 <= told.hashrate <= 2_000_000
    assert told.setting is None or 0 <= int(told.setting) <= 40_000
    found = identity("Whatsminer M60S", "API 3.0.2", None, None, state, None)
    assert found.capabilities.range is None or len(found.capabilities.range) == FULL - LOWEST + 1


@bounded(max_examples=300)
@given(st.sampled_from(OF_API_3).flatmap(lambda name: mutations(recorded("whatsminer_v3", name))))
def test_no_mutated_answer_of_api_3_crashes_hangs_or_gives_figures_out_of_bounds(answer: bytes) -> None:
    began = time.process_time()
    with suppress(DeviceError):
        sound(api3.state(Info.parsed(answer), {}, {}))
    with suppress(DeviceError):
        told, _ = api3.told(answer, "get.miner.status")
        if isinstance(told, dict):
            sound(api3.state(Info.parsed(INFO), told, told))
    assert time.process_time() - began < 1.0


OF_API_2 = sorted(path.stem for path in (MAKERS / "whatsminer_v2").glob("*.json"))


@bounded(max_examples=300)
@given(st.sampled_from(OF_API_2).flatmap(lambda name: mutations(recorded("whatsminer_v2", name))))
def test_no_mutated_answer_of_api_2_crashes_hangs_or_gives_figures_out_of_bounds(answer: bytes) -> None:
    began = time.process_time()
    with suppress(DeviceError):
        sound(api2.state(api2.message(answer), api2.first(answer, "SUMMARY"), api2.entries(answer, "DEVS")))
    with suppress(DeviceError):
        api2.version(answer)
        assert b"2." in answer.replace(b"\0", b"")
    for asked in (api2.taken, api2.model):
        with suppress(DeviceError):
            asked(answer)
    assert time.process_time() - began < 1.0
