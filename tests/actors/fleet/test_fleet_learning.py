from dataclasses import replace

import msgspec
import pytest
from dispatch_units import POWERS, TUNED
from fleet_values import NOW, A, B, fleet_of, miner, report
from points import at

from actors.fleet.learning import Measurements, learned
from actors.fleet.memory import Learning
from actors.fleet.view import View
from actors.meter_board import MeterState
from actors.report import Desired, LastError, MinerReport, Phase
from events.state import FleetState
from netstab.devices.port import Activity, Board, Reading
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.statistics import UnitStatistics
from netstab.errors import MalformedAnswer, TimedOut
from netstab.meters.port import MeterReading
from netstab.units import Celsius, GigahashPerSecond, Megahertz, MinerId, Seconds, Timestamp, Version, Watts

FLEET = fleet_of(miner(A), miner(B))


def hashing(miner_id: str, power: int, since: float = NOW - 120) -> MinerReport:
    reading = Reading(Activity.HASHING, Watts(power), GigahashPerSecond(13_500), Megahertz(650), None, (), ())
    return report(
        Phase.HASHING, MinerId(miner_id), reading=reading, power=Watts(power), phase_since=Timestamp(since)
    )


def learn(
    state: FleetState, *reports: MinerReport, metered: float | None = None, seconds: int = 60
) -> list[Measurements]:
    known, found = Learning(NOW, NOW, NOW), []
    for second in range(seconds + 1):
        known, now = learned(known, seen(state, reports, metered, NOW + second))
        found.append(now)
    return [each for each in found if each is not None]


def seen(
    state: FleetState, reports: tuple[MinerReport, ...] | list[MinerReport], metered: float | None, at: float
) -> View:
    meter = None
    if metered is not None:
        meter = MeterState(NOW, Seconds(10.0), MeterReading(Watts(metered), Timestamp(at)))
    return View(state, {one.miner_id: one for one in reports}, Timestamp(at), meter=meter)


def test_a_factor_is_learned_from_a_miner_that_hashes_steadily() -> None:
    found = learn(FLEET, hashing(A, 1270), hashing(B, 1460))[0]
    assert list(found.measured) == [A]
    factor, hours = found.measured[A]
    assert factor == pytest.approx(0.87, abs=0.001)
    assert hours == 0.0
    assert found.meter_scale == 1.0


def test_nothing_is_learned_during_a_transition() -> None:
    assert learn(FLEET, hashing(A, 700, since=NOW - 5), report(Phase.STARTING, B), seconds=20) == []


def test_the_first_that_is_learned_of_a_miner_stands_at_once() -> None:
    """Two of its boards are dead: smoothed from what it was taken for, that took a minute to be known."""
    found = learn(FLEET, hashing(A, 486), seconds=10)
    assert found[0].measured[MinerId(A)][0] == pytest.approx(0.333, abs=0.001)


def test_dead_boards_are_known_as_soon_as_a_miner_is_seen_to_hash_for_the_first_time() -> None:
    whole, dead = (
        Board(place, 63, chips, 650.0, GigahashPerSecond(100.0), Celsius(45.0), Celsius(60.0), None, None)
        for place, chips in enumerate((63, 0), 6)
    )
    began = hashing(A, 200, since=NOW - 3)
    assert began.reading is not None
    found = learn(FLEET, replace(began, reading=with_boards(began.reading, whole, dead)), seconds=10)
    assert found[0].measured[MinerId(A)][0] == pytest.approx(1 / 3, abs=0.001)
    sound = replace(began, reading=with_boards(began.reading, whole, whole, whole))
    assert learn(FLEET, sound, seconds=10) == []
    known = replace(FLEET, experience={A: UnitStatistics(measured=True)})
    assert learn(known, replace(began, reading=with_boards(began.reading, whole)), seconds=10) == []


def with_boards(reading: Reading, *boards: Board) -> Reading:
    return msgspec.structs.replace(reading, boards=boards)


def test_a_miner_is_taken_for_what_its_settings_say_until_it_is_measured() -> None:
    boosted = fleet_of(miner(A, power_share=0.87), miner(B))
    assert [unit.power_at(unit.full_point) for unit in seen(boosted, [], None, NOW).units] == [1270.0, 1460.0]
    assert learn(boosted, hashing(A, 1270)) == []
    known = replace(boosted, experience={A: UnitStatistics(power_factor=0.95, measured=True)})
    assert seen(known, [], None, NOW).units[0].power_at(at(650)) == 1387.0


def test_what_is_known_is_not_found_again() -> None:
    known = replace(FLEET, experience={A: UnitStatistics(power_factor=0.87, measured=True)})
    assert learn(known, hashing(A, 1275)) == []


def test_findings_come_ten_seconds_apart_at_the_soonest() -> None:
    assert len(learn(FLEET, hashing(A, 1270), seconds=35)) == 3


def test_the_meter_teaches_a_scale_of_the_whole_fleet() -> None:
    found = learn(FLEET, hashing(A, 1460), hashing(B, 1460), metered=102 + 0.9 * 2818, seconds=120)
    assert found[-1].meter_scale == pytest.approx(0.9, abs=0.01)
    assert found[-1].measured == {}


def lost(miner_id: MinerId, kind: str) -> MinerReport:
    """Return the report of a miner that hashed, and of which a minute ago no answer was of use any more."""
    return report(
        Phase.UNREACHABLE,
        miner_id,
        power=Watts(0.0),
        lost_power=Watts(1460.0),
        drew=Watts(1460.0),
        phase_since=Timestamp(NOW - 60),
        last_error=LastError(kind, "why", NOW),
        setting=Megahertz(650),
    )


def test_the_meter_goes_on_teaching_beside_one_that_answers_nonsense_and_counts_with_what_it_drew() -> None:
    garbled, silent = (lost(MinerId(B), kind) for kind in (MalformedAnswer.kind, TimedOut.kind))
    shown = 102 + 0.9 * 2818
    assert learn(FLEET, hashing(A, 1460), garbled, metered=shown)[-1].meter_scale == pytest.approx(
        0.9, abs=0.01
    )
    assert learn(FLEET, hashing(A, 1460), silent, metered=shown) == []
    assert seen(FLEET, [garbled], None, NOW).units[1].measured_power == 1460.0
    assert seen(FLEET, [silent], None, NOW).units[1].measured_power == 0.0


def test_hours_are_found_once_an_hour() -> None:
    running = replace(hashing(A, 1460), running_hours=2.5)
    known, found = learned(Learning(NOW, NOW, NOW), seen(FLEET, [running], None, NOW + 3590))
    assert found is None
    _, found = learned(known, seen(FLEET, [running], None, NOW + 3600))
    assert found is not None
    assert found.measured == {A: (1.0, 2.5)}


RANGES = fleet_of(*(miner(each, capabilities=TUNED, rated_power=Watts(3394.0)) for each in (A, B)))


def tuned_to(miner_id: MinerId, power: float, told: float, seconds_ago: float) -> MinerReport:
    """Return the report of a unit that was seen at a power, and told another so long ago."""
    desired = Desired(
        Setpoint(running=True, point=POWERS.point(Watts(told))), Version(1), Timestamp(NOW - seconds_ago)
    )
    seen = hashing(miner_id, round(power))
    return replace(seen, setting=POWERS.point(Watts(power)).setting, desired=desired)


@pytest.mark.parametrize(
    ("other", "seconds"),
    [
        (report(Phase.STARTING, B), 60),
        (tuned_to(B, 2000, 3394, seconds_ago=0), 12),
        (tuned_to(B, 2000, 2000, seconds_ago=0), 4),
    ],
)
def test_the_meter_teaches_nothing_while_a_unit_that_is_tuned_starts_or_settles(
    other: MinerReport, seconds: int
) -> None:
    still = tuned_to(A, 2000, 2000, seconds_ago=60)
    assert learn(RANGES, still, other, metered=5000, seconds=seconds) == []
    settled = tuned_to(B, 2000, 2000, seconds_ago=60)
    assert learn(RANGES, still, settled, metered=5000, seconds=60)[-1].meter_scale > 1.1


SLOW = fleet_of(
    *(
        miner(each, capabilities=replace(TUNED, settles_within=Seconds(600.0)), rated_power=Watts(3394.0))
        for each in (A, B)
    )
)


def drawing(power: float, told: float, seconds_ago: float) -> MinerReport:
    """Return the report of a unit that says it is set as it was told so long ago, and draws a power."""
    seen = tuned_to(A, told, told, seconds_ago)
    assert seen.reading is not None
    return replace(seen, power=Watts(power), reading=replace_power(seen.reading, power))


def replace_power(reading: Reading, power: float) -> Reading:
    return Reading(reading.activity, Watts(power), reading.hashrate, reading.setting, None, (), ())


def test_a_unit_that_may_take_minutes_is_learned_of_once_it_stays_near_what_it_was_set_to() -> None:
    found = learn(SLOW, drawing(1900, 2000, seconds_ago=5), seconds=120)
    assert list(found[-1].measured) == [A]
    assert found[-1].measured[A][0] == pytest.approx(0.95, abs=0.01)
    assert learn(SLOW, drawing(1900, 2000, seconds_ago=5), seconds=24) == []


def test_who_is_far_from_what_it_was_set_to_may_not_have_begun_to_move_and_teaches_nothing() -> None:
    assert learn(SLOW, drawing(3000, 2000, seconds_ago=5), seconds=120) == []
    assert learn(SLOW, drawing(3000, 2000, seconds_ago=700), seconds=20)[0].measured.keys() == {A}


def test_who_moves_on_teaches_nothing() -> None:
    known, found = Learning(NOW, NOW, NOW), []
    for second in range(0, 200, 10):
        moving = drawing(1900 + 4 * second, 2200, seconds_ago=5)
        known, now = learned(known, seen(SLOW, [moving], None, NOW + second))
        found.append(now)
    assert found == [None] * 20


def test_the_meter_teaches_by_the_readings_of_units_that_are_on_their_way() -> None:
    still = tuned_to(B, 2000, 2000, seconds_ago=700)
    moving = drawing(2080, 2000, seconds_ago=20)
    shown = 2 * TUNED.idle_power + 0.9 * (2000 + 2080 - 2 * TUNED.idle_power)
    assert learn(SLOW, still, moving, metered=shown)[-1].meter_scale == pytest.approx(0.9, abs=0.02)
    far = drawing(3000, 2000, seconds_ago=20)
    assert learn(SLOW, still, far, metered=shown, seconds=60) == []


def test_the_meter_goes_on_teaching_beside_a_unit_that_does_not_take_its_setting() -> None:
    still, deaf = tuned_to(A, 2000, 2000, seconds_ago=60), tuned_to(B, 2000, 3394, seconds_ago=60)
    shown = 2 * TUNED.idle_power + 1.2 * (4000 - 2 * TUNED.idle_power)
    assert learn(RANGES, still, deaf, metered=shown)[-1].meter_scale == pytest.approx(1.2, abs=0.02)
