"""Which unit a miner of the list is, how old what is said of it is, and what that makes of it."""

from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

import pytest
from msgspec import structs

from netstab.devices.awesome_miner.document import Listed
from netstab.devices.awesome_miner.ids import is_by_number, known_as
from netstab.devices.awesome_miner.proof import Action, Proof
from netstab.devices.awesome_miner.unit import STOP_SEEN, WHOLE, identity, reading, takes_no_orders, unheard
from netstab.devices.awesome_miner.updates import FRESH_FOR, Update, followed
from netstab.devices.port import Activity, Firmware
from netstab.errors import MalformedAnswer, Unreachable
from netstab.power.unit import Capabilities, PowerSource
from netstab.reach import Reach
from netstab.units import GigahashPerSecond, Timestamp, WallTime, Watts

REACH = Reach((IPv4Network("127.0.7.0/24"),), 4028)
MINER = Listed(
    number=7,
    name="S9-07",
    hostname="127.0.7.57",
    hardware="",
    hashes=True,
    hashrate=GigahashPerSecond(13_600.0),
    updated="2026-11-26T10:00:00.1234567Z",
    valid=True,
    can_stop=True,
    can_start=False,
)
AT_TEN = WallTime(1795687200.0)


def miner(**changes: Any) -> Listed:
    return structs.replace(MINER, **changes)


def at(seconds: float) -> Timestamp:
    return Timestamp(5000.0 + seconds)


def test_a_unit_is_known_by_its_address_within_reach_and_else_by_its_number() -> None:
    hosts = {1: "127.0.7.57:4028", 2: "192.168.1.9", 3: "s9-03", 4: "", 5: "127.0.7.58", 1_000_000_006: "::1"}
    found = known_as({number: miner(number=number, hostname=host) for number, host in hosts.items()}, REACH)
    assert found.numbers == {
        "127.0.7.57": 1,
        "awesome-2": 2,
        "awesome-3": 3,
        "awesome-4": 4,
        "127.0.7.58": 5,
        "awesome-1000000006": 1_000_000_006,
    }
    assert found.doubles == ()


def test_two_at_one_address_are_one_unit_and_programs_of_one_computer_out_of_reach_are_not() -> None:
    twice = {9: miner(number=9), 4: miner(number=4, hostname="127.0.7.57:4028")}
    assert known_as(twice, REACH).numbers == {"127.0.7.57": 4}
    assert known_as(twice, REACH).doubles == (9,)
    programs = {number: miner(number=number, hostname="127.0.0.1") for number in (1, 2)}
    assert known_as(programs, REACH).numbers == {"awesome-1": 1, "awesome-2": 2}


def test_two_at_one_place_out_of_reach_are_one_unit_but_not_behind_ports_of_one_router() -> None:
    hosts = {
        1: "192.168.1.9",
        2: "192.168.1.9:4028",
        3: "S9-03",
        4: "s9-03 ",
        5: "10.0.0.1:41",
        6: "10.0.0.1:42",
    }
    found = known_as({number: miner(number=number, hostname=host) for number, host in hosts.items()}, REACH)
    assert list(found.numbers.values()) == [1, 3, 5, 6]
    assert found.doubles == (2, 4)


def test_an_id_by_number_is_told_from_an_address_and_from_anything_else() -> None:
    assert is_by_number("awesome-0")
    assert is_by_number("awesome-1000000007")
    for text in (
        "127.0.7.57",
        "awesome-",
        "awesome-07",
        "awesome--1",
        "Awesome-7",
        "awesome-7/../8",
        "awesome-\u0663",
    ):
        assert not is_by_number(text)


def test_what_is_told_at_first_is_as_old_as_the_clock_says() -> None:
    [update] = followed({}, {7: MINER}, at(0), WallTime(AT_TEN + 50)).values()
    assert update.is_fresh(at(0))
    assert not update.is_fresh(at(11))


def test_a_clock_that_is_wrong_there_makes_nobody_fresh_or_old_for_good() -> None:
    for wrong in (-7200.0, 7200.0):
        first = followed({}, {7: MINER}, at(0), WallTime(AT_TEN + wrong))
        moved_on = miner(updated="2026-11-26T10:00:05.1234567Z")
        second = followed(first, {7: moved_on}, at(5), WallTime(AT_TEN + wrong + 5))
        assert second[7].is_fresh(at(5))
        stands = followed(second, {7: moved_on}, at(70), WallTime(AT_TEN + wrong + 70))
        assert not stands[7].is_fresh(at(5 + FRESH_FOR + 1))


def test_what_says_no_time_is_never_fresh_and_who_is_gone_is_forgotten() -> None:
    for text in ("", "now", "26.11.2026"):
        assert not followed({}, {7: miner(updated=text)}, at(0), AT_TEN)[7].is_fresh(at(0))
    assert followed({7: Update("", None, at(0))}, {}, at(0), AT_TEN) == {}


FRESH = Update(MINER.updated, at(0), at(0))


def test_nothing_is_known_of_one_that_is_not_reached_not_heard_of_or_tells_no_rate() -> None:
    assert unheard(MINER, FRESH, at(1)) is None
    assert unheard(miner(valid=None), FRESH, at(1)) is None
    for said in (
        unheard(miner(valid=False), FRESH, at(1)),
        unheard(MINER, FRESH, at(61)),
        unheard(MINER, Update("", None, at(0)), at(1)),
    ):
        assert isinstance(said, Unreachable)
    assert isinstance(unheard(miner(hashes=None), FRESH, at(1)), MalformedAnswer)


def test_a_unit_draws_its_rating_while_it_hashes_and_one_that_is_not_rated_counts_nothing() -> None:
    runs = reading(MINER, Watts(1400.0), "")
    assert (runs.activity, runs.power, runs.hashrate) == (Activity.HASHING, 1400.0, 13_600.0)
    rests = reading(miner(hashes=False, can_start=True, hardware="Antminer S9"), Watts(1400.0), "")
    assert (rests.activity, rests.power, rests.hashrate) == (Activity.STOPPED, 51.0, 0.0)
    for each in (MINER, miner(hashes=False)):
        assert reading(each, Watts(0.0), "").power == 0.0


def test_a_unit_is_switched_whole_if_control_is_on_and_else_only_read() -> None:
    found = identity(miner(hardware="Antminer S9"), control=True, stop_seen=False)
    assert (found.model, found.firmware, found.setting, found.mac) == (
        "Antminer S9",
        Firmware.AWESOME_MINER,
        WHOLE,
        "",
    )
    capabilities = found.capabilities
    assert (capabilities.switchable, capabilities.tunable) == (True, False)
    assert capabilities.power_source is PowerSource.MODELLED
    assert capabilities.full_point is not None
    assert (capabilities.full_point.power, capabilities.full_point.setting) == (1460.0, WHOLE)
    assert identity(MINER, control=False, stop_seen=False).capabilities == Capabilities()
    seen = identity(MINER, control=True, stop_seen=True)
    assert seen == replace(identity(MINER, control=True, stop_seen=False), firmware_version=STOP_SEEN)


PROVED = Proof().with_proof(1)
RATED = Watts(1460.0)


def test_one_that_is_rated_and_offered_is_told_once_stops_are_proved_or_if_it_is_tried() -> None:
    assert takes_no_orders(MINER, RATED, PROVED, None, at(1)) == ""
    assert takes_no_orders(miner(hashes=False, can_start=True), RATED, PROVED, None, at(1)) == ""
    assert takes_no_orders(MINER, RATED, Proof(), 7, at(1)) == ""
    tried = Proof().told(7, Action.STOP, at(0), hashed=True)
    assert takes_no_orders(MINER, RATED, tried, None, at(1)) == ""


def test_one_that_can_only_be_stopped_and_does_not_hash_runs_and_may_draw() -> None:
    lost_its_pool = miner(hashes=False, can_stop=True, can_start=False)
    found = reading(lost_its_pool, RATED, "")
    assert (found.activity, found.power_at_most) == (Activity.STARTING, RATED)
    assert found.uncertain
    assert takes_no_orders(lost_its_pool, RATED, PROVED, None, at(1)) == ""


def test_one_that_neither_hashes_nor_may_be_started_may_draw_all_the_same() -> None:
    for told, doubted in (
        (miner(hashes=False, can_stop=False), True),
        (miner(hashes=False, can_start=True), False),
    ):
        found = reading(told, RATED, "")
        assert (found.activity, bool(found.uncertain)) == (Activity.STOPPED, doubted)


def test_one_that_stops_after_its_trial_has_failed_is_told_to_start() -> None:
    late = Proof(failed=(7,)).told(7, Action.STOP, at(0), hashed=False)
    assert takes_no_orders(miner(hashes=False, can_start=True), RATED, late, 8, at(1)) == ""


def test_one_that_was_told_something_is_not_left_alone_because_nothing_is_offered_meanwhile() -> None:
    neither = miner(hashes=False, can_stop=False, can_start=False)
    started = PROVED.told(7, Action.START, at(0), hashed=False)
    assert takes_no_orders(neither, RATED, started, None, at(1)) == ""
    assert "does not offer to start it" in takes_no_orders(neither, RATED, started, None, at(301))


@pytest.mark.parametrize(
    ("told", "rated", "proof", "why"),
    [
        (MINER, Watts(0.0), PROVED, "power is not known"),
        (miner(can_stop=False), RATED, PROVED, "does not offer to stop it"),
        (miner(hashes=False, can_stop=False), RATED, PROVED, "does not offer to start it"),
        (MINER, RATED, Proof(), "to be seen to work"),
        (MINER, RATED, Proof(failed=(1, 2, 3)), "stopped none"),
        (MINER, RATED, Proof(proved_by=1, others={7: at(0)}), "started by somebody else"),
    ],
)
def test_one_that_is_left_alone_says_why(told: Listed, rated: Watts, proof: Proof, why: str) -> None:
    assert why in takes_no_orders(told, rated, proof, None, at(1))
