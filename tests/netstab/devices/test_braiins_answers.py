"""What devices of Braiins OS tell: from recorded answers to readings and ranges, whatever they send."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from canned_miner import MAKERS
from hypothesis import given, settings
from hypothesis import strategies as st

from netstab.devices.braiins import documents, older, parts
from netstab.devices.braiins.documents import Bounds, Configured, Status, Told, Tuner
from netstab.devices.braiins.ranges import RUNS, STEP, capabilities
from netstab.devices.braiins.readings import SCALES, Seen, reading, scaled_to
from netstab.devices.figures import MOST_POWER, NO_POWER
from netstab.devices.port import Activity
from netstab.errors import DeviceError, MalformedAnswer
from netstab.power.unit import COMMON_IDLE_POWER
from netstab.units import GigahashPerSecond, Seconds, Watts

BUILDS = ("braiins_25_11", "braiins_26_04")


def recorded(folder: str, name: str) -> bytes:
    return (MAKERS / folder / f"{name}.json").read_bytes()


def seen(folder: str) -> Seen:
    drawn, hashrate = documents.stats(recorded(folder, "miner_stats"))
    return Seen(
        documents.told(recorded(folder, "miner_details")),
        drawn,
        hashrate,
        documents.tuner(recorded(folder, "performance_tuner_state")),
        documents.configured(recorded(folder, "configuration_miner")),
        parts.boards(recorded(folder, "miner_hw_hashboards"), hashing=True),
        parts.fans(recorded(folder, "cooling_state")),
        parts.pools(recorded(folder, "pools")),
    )


def test_a_machine_is_known_by_its_details() -> None:
    told = seen("braiins_26_04").told
    assert (told.model, told.version) == ("Antminer S21 Pro", "2026-04-14-0-912d084c-26.04-plus")
    assert (told.mac, told.hostname, told.status) == ("02:00:00:00:00:06", "Antminer", Status.NORMAL)
    assert (told.elapsed, told.rated_hashrate, told.reason) == (7039.0, 234_000.0, None)


def test_a_machine_at_its_target_is_read_in_its_own_figures() -> None:
    found = reading(seen("braiins_26_04"))
    assert (found.activity, found.power, found.setting) == (Activity.HASHING, 3480.0, 3500)
    assert (found.self_tuning, found.reach, found.uncertain, found.takes_no_orders) == ("", None, "", "")
    assert found.hashrate == pytest.approx(248_187, abs=1)
    assert found.fans == (5943, 5943, 5943, 5973)
    assert (found.temperature, found.elapsed) == (65.375, 7039.0)
    assert [(board.position, board.chips_ok, board.pcb_temperature) for board in found.boards] == [
        (1, 65, 50.375),
        (2, 65, 48.5625),
        (3, 65, 48.5),
    ]
    assert found.boards[0].frequency == pytest.approx(625.9, abs=0.1)
    assert found.boards[0].voltage == pytest.approx(13.74, abs=0.01)


def test_a_target_that_dynamic_power_scaling_has_lowered_is_read_as_what_is_held_and_shown() -> None:
    found = reading(seen("braiins_25_11"))
    assert (found.setting, found.reach, found.power) == (2431, 2431.0, 2472.0)
    assert found.self_tuning == SCALES


def test_pools_are_listed_group_by_group() -> None:
    first, second = parts.pools(recorded("braiins_25_11", "pools"))
    assert (first.position, first.url, first.worker) == (
        0,
        "stratum+tcp://pool.example.com:3333",
        "account.worker",
    )
    assert (first.status, first.accepted, first.rejected, first.stratum_active) == ("Alive", 5048, 10, True)
    assert (second.position, second.accepted, second.stratum_active) == (1, 0, False)


HELD = Configured(target=3031, scales=None, holds_power=True)


@pytest.mark.parametrize(
    ("tuner", "configured", "scaled"),
    [
        (Tuner("stable", 2431, 3031), HELD, 2431),
        (Tuner("continuous", 2431, 3031), HELD, 2431),
        (Tuner("stable", 2431, None), Configured(3031, scales=True, holds_power=True), 2431),
        (Tuner("tuning", 2431, 3031), HELD, None),  # it is on its way
        (Tuner("stable", 2431, 2431), HELD, None),  # the new target was only just set
        (Tuner("stable", 2431, None), HELD, None),  # nothing shows why
        (Tuner("stable", 2431, 3031), Configured(3031, scales=False, holds_power=True), None),
        (Tuner("stable", 3031, 3031), HELD, None),
        (Tuner("stable", 3500, 3031), HELD, None),
        (Tuner("stable", None, None), HELD, None),
    ],
)
def test_scaling_is_told_from_a_target_that_is_not_reached_yet(
    tuner: Tuner, configured: Configured, scaled: int | None
) -> None:
    assert scaled_to(tuner, configured) == scaled


def altered(folder: str, name: str, changes: dict[str, Any]) -> bytes:
    return json.dumps(json.loads(recorded(folder, name)) | changes).encode()


def told_with(**changes: Any) -> Told:
    return documents.told(altered("braiins_26_04", "miner_details", changes))


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (1, Status.NOT_STARTED),
        (3, Status.PAUSED),
        ("4", Status.SUSPENDED),
        ("MINER_STATUS_RESTRICTED", Status.RESTRICTED),
        ("Normal", Status.NORMAL),
        ("NotStarted", Status.NOT_STARTED),
        ("MINER_STATUS_UNSPECIFIED", Status.UNTOLD),
        (6, Status.UNTOLD),
        (2.5, Status.UNTOLD),
        (None, Status.UNTOLD),
        (True, Status.UNTOLD),
        ([2], Status.UNTOLD),
    ],
)
def test_a_status_is_read_as_a_number_or_as_a_name_and_a_new_one_is_untold(
    value: object, status: Status
) -> None:
    assert told_with(status=value).status is status


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (3, "tuning"),
        ("TUNER_STATE_TUNING", "tuning"),
        ("CONTINUOUS_TUNING", "continuous"),
        (9, ""),
        (None, ""),
    ],
)
def test_what_the_tuner_does_is_read_as_a_number_or_as_a_name(value: object, state: str) -> None:
    changed = altered("braiins_26_04", "performance_tuner_state", {"overall_tuner_state": value})
    assert documents.tuner(changed).state == state


def looked(told: Told, hashrate: float, drawn: float | None = 40.0) -> Seen:
    power = None if drawn is None else Watts(drawn)
    return Seen(told, power, GigahashPerSecond(hashrate), Tuner("", 3000, 3000), HELD)


@pytest.mark.parametrize(
    ("told", "hashrate", "activity", "words"),
    [
        (told_with(status=2), 1.0, Activity.HASHING, ""),
        (told_with(status=5), 1.0, Activity.HASHING, ""),
        (told_with(status=None), 1.0, Activity.HASHING, ""),
        (told_with(status=2), 0.0, Activity.STARTING, ""),
        (told_with(status=3), 1.0, Activity.STOPPED, ""),  # its rate is an average of before
        (told_with(status=1), 0.0, Activity.STOPPED, ""),
        (told_with(status=4), 0.0, Activity.STOPPED, "suspended"),
        (told_with(status=3, detailed_status="UserPause"), 0.0, Activity.STOPPED, ""),
        (told_with(status=3, detailed_status={"thermal_pause": {}}), 0.0, Activity.STOPPED, "too hot"),
        (told_with(status=3, status_detail={"reason": "DpsCooldown"}), 0.0, Activity.STOPPED, "scaling"),
        (told_with(status=4, not_hashing_reasons=["Preheating"]), 0.0, Activity.STARTING, ""),
        (told_with(status=4, reason="MISSING_LICENSE"), 0.0, Activity.STOPPED, "licence"),
    ],
)
def test_what_a_machine_does_and_why_it_takes_no_orders_follow_from_its_status(
    told: Told, hashrate: float, activity: Activity, words: str
) -> None:
    found = reading(looked(told, hashrate))
    assert found.activity is activity
    assert words in found.takes_no_orders
    assert bool(words) is bool(found.takes_no_orders)
    assert (found.hashrate > 0) is (activity is Activity.HASHING)


def test_what_keeps_a_running_machine_from_hashing_is_said() -> None:
    assert (
        reading(looked(told_with(status=5), 0.0)).uncertain == "it does not hash: its firmware restricts it"
    )
    waits = reading(looked(told_with(status=2, detailed_status="DeadPools"), 0.0))
    assert (waits.awaits_pool, waits.uncertain) == (True, "it does not hash: no pool answers it")
    assert "heats" in reading(looked(told_with(status=2, detailed_status="PREHEATING"), 0.0)).uncertain


def test_what_a_machine_draws_is_never_made_up_while_it_tells_it() -> None:
    assert reading(looked(told_with(status=3), 0.0, 55.0)).power == 55.0
    assert reading(looked(told_with(status=3), 0.0, None)).power == COMMON_IDLE_POWER
    untold = reading(looked(told_with(status=2), 9.0, None))
    assert (untold.power, untold.uncertain) == (3000.0, NO_POWER)
    no_tuner = replace(looked(told_with(status=2), 9.0, None), tuner=Tuner("", None, None))
    assert reading(no_tuner).power == float(no_tuner.configured.target or 0) > 0


def test_a_board_without_a_rate_among_others_has_no_living_chips_and_asleep_that_says_nothing() -> None:
    dead = json.loads(recorded("braiins_26_04", "miner_hw_hashboards"))
    dead["hashboards"][1]["stats"] = None
    body = json.dumps(dead).encode()
    assert [board.chips_ok for board in parts.boards(body, hashing=True)] == [65, 0, 65]
    assert [board.chips_ok for board in parts.boards(body, hashing=False)] == [65, 65, 65]


TOLD = told_with()
CONFIGURED = Configured(target=3500, scales=None, holds_power=True)


def test_the_range_is_between_the_devices_own_bounds_in_steps_down_from_the_highest() -> None:
    found = capabilities(TOLD, CONFIGURED, Bounds(1071, 3510, 3510))
    assert found.range is not None
    assert (found.range.highest, found.range.lowest, found.range.step) == (3510.0, 1110.0, float(STEP))
    assert found.points[-1].setting == 3510
    assert found.range.hashrate == 234_000.0
    assert (found.restarts_on_change, found.volatile, found.power_source) == (False, False, "approximated")


@pytest.mark.parametrize(
    ("model", "bounds", "highest"),
    [
        ("Antminer S21 Pro", Bounds(1071, 5000, 3400), 3400),  # by its default
        ("Antminer S21 Pro", Bounds(1071, 5000, None), 3510),  # by its model's sheet
        ("Antminer S21 Pro", Bounds(1071, 3200, None), 3200),
        ("Antminer S21 Pro", Bounds(3600, 5000, 3400), 3600),
        ("Antminer Z99", Bounds(1071, 5000, None), 5000),
    ],
)
def test_no_machine_is_set_beyond_its_nameplate_though_its_firmware_would_take_it(
    model: str, bounds: Bounds, highest: int
) -> None:
    told = told_with(miner_identity={"miner_model": model})
    found = capabilities(told, CONFIGURED, bounds)
    assert found.range is not None
    assert found.range.highest == float(highest)


@pytest.mark.parametrize(("lowest", "highest"), [(3000, 3000), (3000, 3001), (3000, 3049)])
def test_a_range_narrower_than_a_step_keeps_to_its_bounds(lowest: int, highest: int) -> None:
    found = capabilities(TOLD, CONFIGURED, Bounds(lowest, highest, None))
    assert {point.power for point in found.points} == {float(lowest), float(highest)}


@pytest.mark.parametrize(
    "bounds",
    [Bounds(None, None, None), Bounds(1000, None, 3000), Bounds(None, 4000, 3000), Bounds(9, 8, 3000)],
)
def test_without_both_bounds_a_machine_is_only_switched_and_rated_by_what_it_is_set_to(
    bounds: Bounds,
) -> None:
    found = capabilities(TOLD, CONFIGURED, bounds)
    assert (found.switchable, found.tunable) == (True, False)
    assert [(point.power, point.setting) for point in found.steps] == [(3500.0, RUNS)]


@pytest.mark.parametrize(
    "tuner",
    [
        {
            "enabled": True,
            "hashrate_target": {"terahash_per_second": 200},
            "power_target": None,
            "tuner_mode": 2,
        },
        {"enabled": True, "tuner_mode": "TUNER_MODE_HASHRATE_TARGET", "power_target": {"watt": 3500}},
        {"enabled": False, "tuner_mode": 1, "power_target": {"watt": 3500}},
        None,
    ],
)
def test_an_owners_hash_rate_target_or_tuner_that_is_off_is_not_taken_from_him(tuner: object) -> None:
    configured = documents.configured(json.dumps({"tuner": tuner}).encode())
    assert configured.holds_power is False
    found = capabilities(TOLD, configured, Bounds(1000, 4000, 3500))
    assert (found.switchable, found.tunable) == (True, False)
    assert found.full_point is not None
    assert found.full_point.power == 3500.0  # the device's default


def test_a_machine_of_which_no_power_is_known_is_not_controlled() -> None:
    stranger = told_with(miner_identity={"miner_model": "Antminer Z99"})
    found = capabilities(stranger, Configured(None, None, holds_power=False), Bounds(None, None, None))
    assert not found.controllable


@pytest.mark.parametrize(
    ("dps", "scales"),
    [
        ({"enabled": True}, True),
        ({"enable": False}, False),
        ({"mode": 1}, None),
        (None, None),
        ({"enable": 1}, None),
    ],
)
def test_whether_scaling_is_switched_on_is_read_where_a_build_tells(dps: object, scales: bool | None) -> None:
    assert documents.configured(json.dumps({"dps": dps}).encode()).scales is scales


def test_bounds_are_read_as_they_come() -> None:
    body = {
        "tuner_constraints": {
            "power_target": {"default": None, "min": {"watt": 700}, "max": {"watt": 99_999}}
        }
    }
    assert documents.bounds(json.dumps(body).encode()) == Bounds(700, 20_000, None)
    assert documents.bounds(b'{"tuner_constraints": null}') == Bounds(None, None, None)


def test_graphql_of_an_older_firmware_is_read_as_far_as_it_goes() -> None:
    system = json.loads(recorded("braiins_24_09_graphql", "gql_system"))["data"]["bosminer"]["info"]
    boards = json.loads(recorded("braiins_24_09_graphql", "gql_boards"))["data"]["bosminer"]["info"]
    system["workSolver"] |= boards["workSolver"]
    found = older.parse(json.dumps({"data": {"bosminer": {"info": system}}}).encode())
    assert (found.activity, found.power, found.setting) == (Activity.HASHING, 3572.0, 3500)
    assert found.hashrate == pytest.approx(230_701, abs=1)
    assert (found.fans, found.temperature) == ((6414, 6414, 6354, 6324), 71.4375)
    assert [board.chips_ok for board in found.boards] == [65, 65, 65]


PARSERS: tuple[Callable[[bytes], object], ...] = (
    documents.told,
    documents.stats,
    documents.tuner,
    documents.configured,
    documents.bounds,
    documents.taken_power,
    parts.fans,
    parts.pools,
    older.parse,
    lambda body: parts.boards(body, hashing=True),
)


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"null", b"7", b"[[[" * 20_000, b'{"a":' * 12_000, b"\xff\0"]
)
def test_what_is_no_answer_of_the_interface_is_malformed(
    parse: Callable[[bytes], object], body: bytes
) -> None:
    with pytest.raises(MalformedAnswer):
        parse(body)


RECORDED = [
    path.read_bytes() for build in (*BUILDS, "braiins_24_09_graphql") for path in (MAKERS / build).iterdir()
]


def mutations(answer: bytes) -> st.SearchStrategy[bytes]:
    """Bytes cut out, or replaced by what a parser may trip over."""
    signs = [b"null", b"[]", b"{}", b"-1", b"1e999", b"true", b'"', b'"\\ud800"', b"9" * 400, b"NaN"]
    return st.builds(
        lambda start, length, inserted: answer[:start] + inserted + answer[start + length :],
        st.integers(0, len(answer)),
        st.integers(0, 40) | st.just(len(answer)),
        st.binary(max_size=6) | st.sampled_from(signs),
    )


@settings(max_examples=300)
@given(st.sampled_from(RECORDED).flatmap(mutations))
def test_whatever_is_sent_is_a_value_within_bounds_or_one_error_and_costs_a_moment(body: bytes) -> None:
    began = time.process_time()
    for parse in PARSERS:
        with suppress(DeviceError):
            parse(body)
    assert time.process_time() - began < 1.0


def values(folder: str, name: str) -> st.SearchStrategy[bytes]:
    return mutations(recorded(folder, name)) | st.just(recorded(folder, name))


@settings(max_examples=300)
@given(
    values("braiins_25_11", "miner_details"),
    values("braiins_25_11", "miner_stats"),
    values("braiins_25_11", "performance_tuner_state"),
    values("braiins_25_11", "configuration_miner"),
    st.integers(-10, 20_000) | st.none(),
    st.integers(-10, 20_000) | st.none(),
)
def test_a_reading_and_a_range_are_always_of_powers_that_a_machine_can_have(
    details: bytes, stats: bytes, tuner: bytes, configuration: bytes, lowest: int | None, highest: int | None
) -> None:
    def watt(value: int | None) -> object:
        return None if value is None else {"watt": value}

    constraints = {"tuner_constraints": {"power_target": {"min": watt(lowest), "max": watt(highest)}}}
    with suppress(DeviceError):
        told, configured = documents.told(details), documents.configured(configuration)
        bounds = documents.bounds(json.dumps(constraints).encode())
        found = capabilities(told, configured, bounds)
        assert all(0 < point.power <= MOST_POWER for point in found.points)
        if found.range is not None:
            assert bounds.lowest is not None
            assert bounds.highest is not None
            assert bounds.lowest <= found.range.lowest <= found.range.highest
            assert found.range.highest <= float(bounds.highest)
        drawn, hashrate = documents.stats(stats)
        shown = reading(Seen(told, drawn, hashrate, documents.tuner(tuner), configured))
        assert 0 <= shown.power <= MOST_POWER
        assert shown.reach is None or 0 < shown.reach < MOST_POWER
        assert shown.elapsed is None or shown.elapsed >= Seconds(0.0)
