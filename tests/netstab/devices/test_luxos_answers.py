"""What LuxOS tells of itself, by recorded answers and by what is made of them."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from canned_miner import MAKERS
from hypothesis import given, settings
from hypothesis import strategies as st

from netstab.devices.antminer import api_protocol
from netstab.devices.luxos import profiles, protocol, state
from netstab.devices.port import Activity, Reading
from netstab.errors import CommandRefused, DeviceError, MalformedAnswer, NotAMiner, NotControllable
from netstab.power.unit import Capabilities, PowerSource
from netstab.units import GigahashPerSecond, Watts

RECORDED = MAKERS / "luxos_2025"
NAMEPLATE = GigahashPerSecond(121_800.0)


def recorded(name: str) -> bytes:
    return (RECORDED / f"{name}.json").read_bytes()


def changed(name: str, **figures: Any) -> bytes:
    """A recorded answer with the figures of its first entry, or of each, set anew; None takes one away."""
    told = json.loads(recorded(name))
    for entry in told[name.upper()]:
        entry.update({key.replace("_", " "): value for key, value in figures.items()})
        for key in [key for key, value in entry.items() if value is None]:
            del entry[key]
    return json.dumps(told).encode()


def able(entries: list[dict[str, Any]] | None = None, nameplate: float | None = NAMEPLATE) -> Capabilities:
    told = protocol.section(recorded("profiles"), "PROFILES") if entries is None else entries
    return profiles.capabilities(
        told, None if nameplate is None else GigahashPerSecond(nameplate), measured=True
    )


def looked(config: bytes, devs: bytes = recorded("devs"), power: bytes = recorded("power")) -> Reading:
    figures = api_protocol.parse_stats(recorded("stats"))
    return state.reading(state.config(config), state.boards(devs), state.power(power), figures)


def test_a_request_is_one_text_with_commas() -> None:
    assert json.loads(protocol.request("curtail", "hY7k2QpZ", "sleep")) == {
        "command": "curtail",
        "parameter": "hY7k2QpZ,sleep",
    }
    assert protocol.request("version") == b'{"command":"version"}'


def test_the_recorded_machine_hashes_at_its_profile_under_an_agent_of_its_own() -> None:
    found = looked(recorded("config"))
    assert (found.activity, found.setting, found.power) == (Activity.HASHING, "290MHz", 1051.0)
    assert (found.uncertain, found.self_tuning, found.elapsed) == ("", "ATM", 3453.0)
    assert found.hashrate == pytest.approx(56_918, rel=0.001)
    assert ([board.chips_ok for board in found.boards], len(found.fans)) == ([77, 77, 77], 4)
    assert found.temperature == 47.0
    assert looked(changed("config", IsAtmEnabled=False)).self_tuning == ""


def test_what_it_can_be_told_are_its_own_profiles_up_to_the_nameplates() -> None:
    can = able()
    powers = [step.power for step in can.steps]
    assert (len(powers), powers[0], powers[-1]) == (17, 784.0, 2794.0)
    assert all(lower < higher for lower, higher in pairwise(powers))
    assert (can.steps[0].setting, can.steps[-1].setting) == ("190MHz", "default")
    assert can.steps[-1].hashrate == NAMEPLATE
    assert (can.switchable, can.restarts_on_change, can.volatile) == (True, False, True)
    assert can.settles_within == 160.0  # 400 MHz by 5 at a time, of which each is taken to last 2 s


def test_no_profile_of_an_overclock_is_ever_offered_whatever_it_is_called_or_draws() -> None:
    overclocked = [dict(entry) for entry in protocol.section(recorded("profiles"), "PROFILES")]
    for entry in overclocked:
        if int(entry["Step"]) > 0:
            entry["Watts"] = 900  # a lie about its draw brings none of them in
    assert able(overclocked).steps == able().steps


def test_the_profile_of_step_0_is_no_nameplate_where_the_machine_is_built_for_less() -> None:
    assert able(nameplate=100_000.0) == Capabilities()
    assert able(nameplate=None).steps == able().steps


BROKEN: dict[str, dict[str, Any]] = {
    "no watts": {"Watts": None},
    "no figure of watts": {"Watts": "many"},
    "watts of no miner": {"Watts": 40_000},
    "no hash rate": {"Hashrate": 0},
    "half a step": {"Step": "-0.5"},
    "no step": {"Step": ""},
    "a name with a comma": {"Profile Name": "default,unsafe"},
    "a step up for a name": {"Profile Name": "+1"},
    "an amount for a name": {"Profile Name": "3000W"},
    "a name too long": {"Profile Name": "x" * 70},
    "a name on two lines": {"Profile Name": "a\nb"},
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_profile_that_is_not_told_in_full_is_left_out(what: str) -> None:
    entries = [dict(entry) for entry in protocol.section(recorded("profiles"), "PROFILES")]
    lowest, nominal = entries[0], next(entry for entry in entries if entry["Step"] == "0")
    entries[0] = {**lowest, **BROKEN[what]}
    assert able(entries).steps == able().steps[1:]
    entries[entries.index(nominal)] = {**nominal, **BROKEN[what]}
    assert able(entries) == Capabilities()


def test_a_lower_step_that_draws_no_less_is_left_out() -> None:
    entries = [dict(entry) for entry in protocol.section(recorded("profiles"), "PROFILES")]
    entries[0]["Watts"] = 5000
    assert able(entries).steps == able().steps[1:]


def test_the_watts_are_measured_where_the_power_supply_tells_them_and_else_approximated() -> None:
    assert state.power(recorded("power")) == state.Power(Watts(1051.0), measured=False)
    assert state.power(changed("power", PSU=True)).measured
    entries = protocol.section(recorded("profiles"), "PROFILES")
    sources = [
        profiles.capabilities(entries, None, measured=measured).power_source for measured in (True, False)
    ]
    assert sources == [PowerSource.MEASURED, PowerSource.APPROXIMATED]
    for broken in (None, -1, 40_000, "x"):
        with pytest.raises(MalformedAnswer):
            state.power(changed("power", Watts=broken))


QUIET = changed("devs", MHS_5s=0)
FAR_BELOW = {"IsRamping": True, "MHS_5s": 4_000_000}
RAMPS_UP = changed("devs", Device_Elapsed=60, **FAR_BELOW)
RAMPS = changed("devs", IsRamping=True)
CURTAILED, FED = {"CurtailMode": "Sleep", "IsPowerSupplyOn": False}, {"CurtailMode": "Sleep"}

ACTIVITIES: dict[str, tuple[bytes, bytes, Activity]] = {
    "awake": (recorded("config"), recorded("devs"), Activity.HASHING),
    "curtailed": (changed("config", **CURTAILED), QUIET, Activity.STOPPED),
    "curtailed, with rates of before": (changed("config", **FED), QUIET, Activity.STOPPED),
    "curtailed and hashing yet": (changed("config", **FED), recorded("devs"), Activity.HASHING),
    "idle, as older builds say": (changed("config", CurtailMode="Idle"), QUIET, Activity.STOPPED),
    "another word for it": (
        changed("config", **{**CURTAILED, "CurtailMode": "Nap"}),
        QUIET,
        Activity.STOPPED,
    ),
    "another word, awake": (changed("config", CurtailMode="Full"), recorded("devs"), Activity.HASHING),
    "woken": (changed("config"), QUIET, Activity.STARTING),
    "on its way up": (changed("config"), RAMPS_UP, Activity.STARTING),
    "on its way to another profile": (changed("config"), RAMPS, Activity.HASHING),
    "on its way to one far above": (changed("config"), changed("devs", **FAR_BELOW), Activity.HASHING),
    "without supply, with rates of before": (
        changed("config", IsPowerSupplyOn=False),
        recorded("devs"),
        Activity.STARTING,
    ),
}


@pytest.mark.parametrize("how", ACTIVITIES)
def test_what_it_does_is_read_from_its_configuration_and_boards(how: str) -> None:
    config, devs, activity = ACTIVITIES[how]
    assert looked(config, devs).activity is activity


def test_one_that_sleeps_tells_the_profile_it_would_wake_to_and_nothing_of_its_boards() -> None:
    told = state.config(changed("config", **CURTAILED))
    found = state.stopped(told, state.power(changed("power", Watts=21)))
    assert told.asleep
    assert (found.activity, found.power, found.setting, found.boards) == (
        Activity.STOPPED,
        21.0,
        "290MHz",
        (),
    )


def test_one_that_does_not_say_whether_it_is_curtailed_is_not_guessed_at() -> None:
    for figures in ({"CurtailMode": None}, {"CurtailMode": 3}, {"IsPowerSupplyOn": "yes"}):
        with pytest.raises(MalformedAnswer):
            state.config(changed("config", **figures))


def answer(letter: str, code: int, message: str) -> bytes:
    status = {"STATUS": letter, "Code": code, "Msg": message, "Description": "LUXminer 2025.4.8"}
    return json.dumps({"STATUS": [status], "id": 1}).encode() + b"\0"


def test_a_refusal_is_known_by_its_letter_and_one_of_a_command_that_is_missing_by_its_code() -> None:
    assert protocol.refusal(protocol.document(answer("S", 335, "already asleep"))) is None
    for letter in "EF":
        no = protocol.refusal(protocol.document(answer(letter, 402, "Still initialising.")))
        assert no is not None
        assert isinstance(no.error, CommandRefused)
        assert str(no.error) == "The miner refused the request: Still initialising."
    missing = protocol.refusal(protocol.document(answer("E", 434, "Unsupported")))
    assert missing is not None
    assert isinstance(missing.error, NotControllable)
    with pytest.raises(MalformedAnswer):
        protocol.refusal(protocol.document(b"{}"))
    with pytest.raises(NotAMiner):
        protocol.document(b"SSH-2.0-dropbear")


def test_a_session_is_a_short_word_or_none() -> None:
    def named(name: object) -> bytes:
        return json.dumps({"STATUS": [{"STATUS": "S"}], "SESSION": [{"SessionID": name}]}).encode()

    assert protocol.session_id(named("hY7k2QpZ")) == "hY7k2QpZ"
    assert protocol.session_id(named("")) == ""
    for broken in ("a,b", "x" * 40, 5, None, "a b", "a\n"):
        with pytest.raises(MalformedAnswer):
            protocol.session_id(named(broken))


PARSERS: dict[str, Callable[[bytes], object]] = {
    "config": state.config,
    "devs": state.boards,
    "power": state.power,
    "profiles": lambda body: profiles.capabilities(
        protocol.section(body, "PROFILES"), NAMEPLATE, measured=True
    ),
    "version": lambda body: protocol.names_luxos(api_protocol.parse_version(body)),
    "stats": api_protocol.parse_stats,
    "summary": protocol.document,
}


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, bytes]:
    name = draw(st.sampled_from(sorted(PARSERS)))
    body = recorded(name)
    for _ in range(draw(st.integers(1, 3))):
        start, length = draw(st.integers(0, len(body))), draw(st.integers(0, 30))
        put = draw(
            st.binary(max_size=6) | st.sampled_from([b"null", b"1e999", b'"', b"[]", b"-", b"0", b"E"])
        )
        body = body[:start] + put + body[start + length :]
    return name, body


@settings(max_examples=400, deadline=None)
@given(mutated())
def test_no_mutated_answer_crashes_or_hangs_a_parser_or_brings_in_an_overclock(
    what: tuple[str, bytes],
) -> None:
    name, body = what
    began = time.thread_time()
    with suppress(DeviceError):
        found = PARSERS[name](body)
        if isinstance(found, Capabilities):
            assert all(step.hashrate <= 1.05 * NAMEPLATE and step.power < 12_000 for step in found.steps)
            assert all(lower.power < higher.power for lower, higher in pairwise(found.steps))
    assert time.thread_time() - began < 1.0


def test_a_profile_is_named_and_no_way_of_choosing_one_is_taken_for_a_name() -> None:
    assert all(map(profiles.is_name, ("default", "290MHz", "my profile 2")))
    assert not any(map(profiles.is_name, ("+1", "-2", "3000W", "100THs", "a,b", "", 5, None)))
    assert replace(able(), steps=()).tunable is False
