"""What Vnish 1.x answers: recorded, made by hand after the vendor's document, broken."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from canned_miner import MAKERS
from hypothesis import given, settings
from hypothesis import strategies as st

from netstab.devices.figures import MOST_HASHRATE, MOST_POWER
from netstab.devices.port import Activity, Reading
from netstab.devices.vnish import documents, power, reading
from netstab.devices.vnish.documents import Performance, Preset
from netstab.errors import CommandRefused, DeviceError, MalformedAnswer, NotAMiner, Unauthorized
from netstab.power.unit import Capabilities, PowerSource
from netstab.units import GigahashPerSecond, Watts
from netstab.wire.http import Answer

FOLDER = MAKERS / "vnish_1_2_7_s21pro"
PAGE = Answer(200, "", b"<!doctype html><html></html>")
NOT_SWITCHING = Performance(None, switches_presets=False)


def answer(name: str) -> Answer:
    return Answer(200, "", (FOLDER / f"{name}.json").read_bytes())


def said(document: object, status: int = 200) -> Answer:
    return Answer(status, "", json.dumps(document).encode())


def summary(**miner: Any) -> dict[str, Any]:
    """The recorded summary, with some of its `miner` changed; a `state` and what it is throttled to."""
    found = documents.document(answer("web/summary"))
    status = found["miner"]["miner_status"]
    status["miner_state"] = miner.pop("state", status["miner_state"])
    if "throttled" in miner:
        status["throttled"] = miner.pop("throttled")
    found["miner"].update(miner)
    return found


def preset(watts: float, *, tuned: bool = True, needs_other_psu: bool = False) -> Preset:
    return Preset(
        f"{watts:.0f}", Watts(watts), GigahashPerSecond(watts * 67), tuned, needs_other_psu=needs_other_psu
    )


def can(current: Preset | None, *presets: Preset, throttles: bool = False) -> Capabilities:
    return power.capabilities(
        "Antminer S21 Pro", current, presets, throttles=throttles, measured=True, drawn=None
    )


def test_the_recorded_machine_names_itself() -> None:
    found = documents.info(answer("web/info"))
    assert (found.model, found.version, found.mac) == ("Antminer S21 Pro", "1.2.7", "02:00:00:00:00:0d")


@pytest.mark.parametrize(
    "stranger",
    [
        PAGE,
        said({}, 401),
        said({"fw_name": "Vnish", "fw_version": "3.9.0"}),
        said({"fw_name": "Vnish", "fw_version": "2.0.1"}),
        said({"fw_name": "Vnish"}),
        said({"fw_name": "LuxOS", "fw_version": "1.2.7"}),
        said({"fw_name": "not Vnish", "fw_version": "1.2.7"}),
    ],
)
def test_what_does_not_name_vnish_1_is_not_taken_for_it(stranger: Answer) -> None:
    with pytest.raises(NotAMiner):
        documents.info(stranger)


def test_the_recorded_machine_hashes_while_it_tunes_itself_and_its_switcher_is_seen() -> None:
    found = reading.reading(summary(), documents.performance(answer("web/perf-summary")))
    assert (found.activity, found.hashrate, found.power) == (Activity.HASHING, 173870.94, 2583.0)
    assert (found.setting, found.self_tuning, found.uncertain) == (2800, "preset switcher", "")
    assert [board.power for board in found.boards] == [861.0] * 3
    assert {(board.chips_total, board.chips_ok, board.frequency) for board in found.boards} == {
        (65, 65, 495.0)
    }
    assert (found.temperature, found.boards[0].voltage) == (65.0, 13.0)
    assert found.fans == (5880, 5880, 5940, 5940)


def test_to_tune_itself_is_told_as_what_moves_its_power() -> None:
    assert reading.reading(summary(), NOT_SWITCHING).self_tuning == "auto-tuning"
    assert reading.reading(summary(state="mining"), NOT_SWITCHING).self_tuning == ""


@pytest.mark.parametrize(
    ("state", "hashrate", "activity"),
    [
        ("mining", 170_000, Activity.HASHING),
        ("mining", 0, Activity.STARTING),
        ("initializing", 0, Activity.STARTING),
        ("starting", 170_000, Activity.STARTING),  # a figure of before
        ("restarting", 0, Activity.STARTING),
        ("shutting-down", 90_000, Activity.HASHING),
        ("shutting-down", 0, Activity.STARTING),
        ("stopped", 170_000, Activity.STOPPED),
        ("failure", 0, Activity.STOPPED),
        ("a new state", 170_000, Activity.HASHING),
    ],
)
def test_each_state_says_what_the_mining_process_does(state: str, hashrate: int, activity: Activity) -> None:
    assert reading.reading(summary(state=state, hr_realtime=hashrate), NOT_SWITCHING).activity is activity


def test_one_that_rests_draws_what_its_supply_measures_and_else_what_others_do() -> None:
    resting = {"state": "stopped", "hr_realtime": 0, "power_consumption": 21}
    assert reading.reading(summary(**resting), NOT_SWITCHING).power == 21.0
    modelled = summary(**resting, psu={"psu_power_metering": False})
    assert reading.reading(modelled, NOT_SWITCHING).power == 30.0


def test_one_that_gives_no_figure_of_its_power_is_taken_to_draw_what_it_is_set_to() -> None:
    silent = summary(state="mining", power_consumption=None, power_usage=None, chains=[], throttled=50)
    found = reading.reading(silent, Performance(preset(2800), switches_presets=False))
    assert (found.power, found.uncertain) == (1400.0, "it gives no figure of its power")


def test_a_failure_is_told_in_words_with_its_code() -> None:
    failed = summary(state="failure", hr_realtime=0)
    assert reading.reading(failed, NOT_SWITCHING, 12).uncertain == "its firmware reports a failure, code 12"
    assert reading.reading(failed, NOT_SWITCHING).uncertain == "its firmware reports a failure and no code"


def test_without_a_pool_that_answers_it_waits_for_that_and_not_for_a_start() -> None:
    dead = [{"url": "a:1", "pool_type": "UserPool", "status": "offline"}]
    fee = {"url": "DevFee", "pool_type": "DevFee", "status": "active"}
    found = reading.reading(summary(state="mining", hr_realtime=0, pools=[*dead, fee]), NOT_SWITCHING)
    assert (found.awaits_pool, found.uncertain) == (True, "it does not hash: no pool answers it")


def test_the_pool_of_the_firmwares_fee_is_not_the_owners() -> None:
    own = reading.pools(summary())
    assert [(pool.url, pool.stratum_active) for pool in own] == [
        ("pool.example.com:3333", True),
        ("pool.example.com:3333", False),
    ]
    assert reading.shares(summary()) == {"accepted": 1599, "rejected": 9, "stale": 0, "hw_errors": 57}


def test_no_recorded_preset_is_tuned_so_that_the_machine_is_switched_alone() -> None:
    listed = documents.presets(answer("web/autotune/presets"))
    assert (len(listed), listed[0].watts, listed[1].watts, listed[-1].watts) == (26, 0.0, 2550.0, 4690.0)
    assert float(listed[4].hashrate) == 188_000
    current = documents.performance(answer("web/perf-summary")).preset
    found = can(current, *listed)
    assert (found.switchable, found.tunable, found.restarts_on_change) == (True, False, True)
    assert found.full_point is not None
    assert found.full_point.power == 2800.0
    assert found.power_source is PowerSource.MEASURED


def test_steps_are_tuned_presets_alone_and_none_that_wants_another_supply() -> None:
    listed = (
        preset(2550),
        preset(2640, tuned=False),
        preset(2800),
        preset(4690, needs_other_psu=True),
        Preset("disabled", Watts(0.0), GigahashPerSecond(0.0), tuned=True),
    )
    found = can(listed[2], *listed)
    assert [(step.power, step.setting) for step in found.steps] == [(2550.0, 2550), (2800.0, 2800)]
    assert found.restarts_on_change


def test_no_preset_beyond_the_nameplate_is_a_point_though_its_owner_runs_it() -> None:
    listed = (preset(2800), preset(3520), preset(3790), preset(4690))
    found = can(listed[3], *listed)
    assert [step.setting for step in found.steps] == [2800, 3520]
    assert found.point_of(4690) is not None
    only = can(listed[3], listed[0], listed[3]).steps
    assert [(step.power, step.setting) for step in only] == [(4690.0, 4690)]  # switched as it runs


def test_one_that_runs_at_a_preset_which_is_not_tuned_is_not_moved_from_it() -> None:
    listed = (preset(2550), preset(2640, tuned=False), preset(2800))
    assert not can(listed[1], *listed).tunable
    assert not can(listed[0], listed[0], listed[1]).tunable


def test_one_whose_frequencies_are_set_by_hand_is_rated_by_its_maker_or_by_what_it_draws() -> None:
    by_hand = Preset("disabled", Watts(0.0), GigahashPerSecond(0.0), tuned=False)
    full = can(by_hand, preset(2550), preset(2800)).full_point
    assert full is not None
    assert full.power == 3510.0

    def of_another(drawn: float | None) -> Capabilities:
        seen = None if drawn is None else Watts(drawn)
        return power.capabilities("Antminer Z", by_hand, (), throttles=False, measured=True, drawn=seen)

    assert of_another(None) == Capabilities()
    assert of_another(3141.0).steps[0].power == 3100.0


@given(st.integers(100, 20_000))
def test_each_percent_of_a_throttle_has_watts_of_its_own_that_lead_back_to_it(watts: int) -> None:
    powers = power.throttled(preset(watts))
    assert powers is not None
    assert (len(powers), float(powers.highest)) == (81, watts)
    assert powers.lowest == pytest.approx(0.2 * watts, abs=0.1)
    for percent in (20, 21, 57, 99, 100):
        setting = power.setting_of(powers, percent)
        assert setting == pytest.approx(watts * percent / 100, abs=0.6)
        assert power.percent_of(powers, setting) == percent


@pytest.mark.parametrize("strange", [0, 559, 2801, 561, "turbo", 10**400])
def test_watts_that_no_percent_comes_to_are_none(strange: int | str) -> None:
    powers = power.throttled(preset(2800))
    assert powers is not None
    assert power.percent_of(powers, strange) is None


@pytest.mark.parametrize(
    ("told", "setting"),
    [
        (None, 2800),
        (False, 2800),
        (0, 2800),
        (100, 2800),
        (60, 1680),
        (60.0, 1680),
        (True, None),
        (17.5, None),
    ],
)
def test_what_a_throttle_is_told_as_is_not_documented_and_never_guessed(
    told: object, setting: int | None
) -> None:
    throttled = summary(state="mining", throttled=told)
    assert reading.reading(throttled, Performance(preset(2800), switches_presets=False)).setting == setting


def test_1_3_is_throttled_even_while_it_tells_of_none() -> None:
    assert reading.throttles(summary(miner_type="Antminer S21 Pro (AnthillOS 1.3.4)"))
    assert not reading.throttles(summary())


def test_a_range_is_lost_with_the_mining_process_and_costs_it_nothing() -> None:
    found = can(preset(2800, tuned=False), throttles=True)
    assert (found.volatile, found.restarts_on_change, found.tunes_freely) == (True, False, True)


def test_commands_are_taken_with_an_object_or_nothing_and_never_with_a_page() -> None:
    for body in (b"", b" ", b"null", b"{}", b'""', b'{"success": true}'):
        assert documents.outcome(Answer(200, "", body)) == documents.Outcome()
    with pytest.raises(MalformedAnswer):
        documents.outcome(Answer(200, "", b"Rebo"))
    assert documents.outcome(said({"restart_required": True, "reboot_required": False})).restart
    with pytest.raises(CommandRefused, match="does not know that command"):
        documents.outcome(PAGE)
    with pytest.raises(CommandRefused, match="no such preset"):
        documents.outcome(said({"err": "no such preset"}, 500))
    for status in (401, 403):
        with pytest.raises(Unauthorized):
            documents.outcome(said({"err": "no"}, status))


def test_the_overclock_object_is_read_whole() -> None:
    whole = json.loads(answer("web/settings").body)["miner"]["overclock"]
    assert documents.overclock(answer("web/settings")) == whole
    for broken in (PAGE, said({}), said([]), said({"miner": {"overclock": {"preset": 1}}})):
        with pytest.raises(MalformedAnswer):
            documents.overclock(broken)


@pytest.mark.parametrize("given", ["", "two words", "line\nbreak", "ü", "x" * 5000])
def test_a_token_that_cannot_stand_in_a_header_is_refused(given: str) -> None:
    with pytest.raises(MalformedAnswer):
        documents.token(said({"token": given}))


def _read(body: bytes) -> Reading:
    return reading.reading(documents.document(Answer(200, "", body)), NOT_SWITCHING)


def _offered(body: bytes) -> Capabilities:
    return can(preset(2800), *documents.presets(Answer(200, "", body)))


PARSERS: dict[str, Callable[[bytes], object]] = {
    "web/info": lambda body: documents.info(Answer(200, "", body)),
    "web/summary": _read,
    "web/perf-summary": lambda body: documents.performance(Answer(200, "", body)),
    "web/autotune/presets": _offered,
    "web/settings": lambda body: documents.overclock(Answer(200, "", body)),
    "web/unlock": lambda body: documents.token(Answer(200, "", body)),
    "privileged/settings": lambda body: documents.outcome(Answer(200, "", body)),
}


def mutated(name: str) -> st.SearchStrategy[tuple[str, bytes]]:
    body = (FOLDER / f"{name}.json").read_bytes()
    signs = [b"null", b"[]", b"{}", b"1e999", b"-1", b'"', b"\\ud800", b"tuned", b"[" * 5000, b"9" * 5000]
    return st.builds(
        lambda start, length, inserted: (name, body[:start] + inserted + body[start + length :]),
        st.integers(0, len(body)),
        st.integers(0, 40) | st.just(len(body)),
        st.binary(max_size=6) | st.sampled_from(signs),
    )


@settings(max_examples=300)
@given(st.sampled_from(sorted(PARSERS)).flatmap(mutated))
def test_no_mutated_answer_crashes_hangs_or_tells_what_no_machine_can(mutant: tuple[str, bytes]) -> None:
    name, body = mutant
    began = time.process_time()
    with suppress(DeviceError):
        found = PARSERS[name](body)
        if isinstance(found, Reading):
            assert 0 <= found.power <= MOST_POWER
            assert 0 <= found.hashrate <= MOST_HASHRATE
        if isinstance(found, Capabilities):
            powers = [step.power for step in found.steps]
            assert powers == sorted(set(powers))
            assert not found.tunable or powers[-1] <= 3510 * 1.05
    assert time.process_time() - began < 1.0
