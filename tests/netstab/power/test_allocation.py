from dataclasses import replace
from typing import Any

import pytest
from fleets import actions, miner, miners, running
from points import at

from netstab.power.allocation import Action, PowerMode, Strategy, allocate
from netstab.power.look_ahead import LookAhead
from netstab.power.unit import Unit
from netstab.units import MinerId, Watts

ON_OFF, FREQUENCY = PowerMode.ON_OFF, PowerMode.FREQUENCY


def on_off(target: int, fleet: list[Unit], **rules: Any) -> list[str]:
    return actions(allocate(Watts(target), fleet, mode=ON_OFF, **rules))


def by_frequency(target: int, fleet: list[Unit], **rules: Any) -> list[str]:
    return actions(allocate(Watts(target), fleet, mode=FREQUENCY, **rules))


class TestOnOff:
    def test_two_kilowatts_run_both_of_two_miners(self) -> None:
        assert on_off(2000, miners(None, None)) == ["full", "full"]

    @pytest.mark.parametrize(("target", "expected"), [(438, "idle"), (439, "full")])
    def test_a_miner_is_added_when_more_than_three_tenths_of_it_are_missing(
        self, target: int, expected: str
    ) -> None:
        assert on_off(target, miners(None)) == [expected]

    def test_a_miner_counts_with_its_power_at_its_home_frequency(self) -> None:
        fleet = [miner(1, home=300), miner(2, home=300)]
        allocation = allocate(Watts(1200), fleet, mode=ON_OFF)
        assert [(told.point and told.point.setting, told.power) for told in allocation.assignments] == [
            (300.0, 600.0),
            (300.0, 600.0),
        ]

    def test_a_miner_of_unknown_home_counts_with_its_full_power(self) -> None:
        assert allocate(Watts(1460), [miner(1, home=None)], mode=ON_OFF).power == 1460.0

    def test_a_rating_scales_the_curve(self) -> None:
        assert allocate(Watts(500), [miner(1, home=500, rated=730)], mode=ON_OFF).power == 500.0

    def test_running_miners_stay_whatever_the_strategy_says(self) -> None:
        fleet = [miner(1, None, hours=1), miner(2, 650, hours=9)]
        assert on_off(1460, fleet) == ["idle", "full"]
        assert on_off(1460, fleet, strategy=Strategy.PRIORITY, priority=[MinerId("127.0.0.1")]) == [
            "idle",
            "full",
        ]

    def test_a_running_miner_at_home_is_kept_before_one_that_must_be_brought_home(self) -> None:
        assert on_off(1460, miners(475, 650)) == ["idle", "full"]

    def test_a_small_miner_fills_what_is_too_little_for_a_large_one(self) -> None:
        assert on_off(400, [miner(1), miner(2, rated=400, hours=5)]) == ["idle", "full"]

    def test_a_miner_without_any_power_is_never_woken(self) -> None:
        assert on_off(5000, [miner(1, rated=0), miner(2)]) == ["idle", "full"]


class TestFrequency:
    def test_the_documents_two_miners_share_two_kilowatts_as_full_and_swing(self) -> None:
        allocation = allocate(Watts(2000), miners(None, None), mode=FREQUENCY, tolerance_percent=5)
        # 540 W lie below what a miner can swing to: 2060 W are nearer than 1460 W, and within 5 %.
        assert actions(allocation) == ["full", "swing 300"]
        assert allocation.power == 2060.0

    def test_the_swing_takes_the_nearest_point(self) -> None:
        full, swing = allocate(Watts(2410), miners(None, None), mode=FREQUENCY).assignments
        assert (full.action, full.point, full.power) == (Action.FULL, at(650), 1460.0)
        assert (swing.action, swing.point, swing.power) == (Action.SWING, at(475), 950.0)

    @pytest.mark.parametrize(("target", "expected"), [(299, "idle"), (300, "idle"), (301, "swing 300")])
    def test_a_remainder_below_the_swings_minimum_is_dropped_or_clamped_whichever_is_nearer(
        self, target: int, expected: str
    ) -> None:
        assert by_frequency(target, miners(None)) == [expected]

    def test_a_second_swing_is_used_where_one_leaves_more_than_the_tolerance(self) -> None:
        assert by_frequency(1760, miners(None, None)) == ["swing 425", "swing 450"]

    def test_a_second_swing_is_not_used_within_the_tolerance(self) -> None:
        assert by_frequency(1760, miners(None, None), tolerance_percent=18) == ["full", "idle"]

    def test_two_swings_make_up_what_one_beside_full_miners_cannot(self) -> None:
        assert by_frequency(2920 + 300, miners(None, None, None)) == ["full", "swing 425", "swing 450"]

    def test_a_swing_stays_as_it_is_when_a_whole_miner_is_added_or_taken_away(self) -> None:
        assert by_frequency(1460 + 950, miners(475, None)) == ["swing 475", "full"]
        assert by_frequency(1460 + 950, miners(650, 650, 475)) == ["full", "idle", "swing 475"]

    def test_the_swing_miner_goes_on_swinging(self) -> None:
        assert by_frequency(1460 + 800, miners(475, 650, None)) == ["swing 400", "full", "idle"]

    def test_two_swings_stay_as_they_are_when_a_whole_miner_is_added(self) -> None:
        assert by_frequency(1760 + 1460, miners(425, 450, None)) == ["swing 425", "swing 450", "full"]

    def test_two_swings_alone_make_up_what_one_cannot(self) -> None:
        assert by_frequency(1240, miners(None, None), tolerance_percent=1) == ["swing 300", "swing 325"]

    @pytest.mark.parametrize("present", [300, 325])
    def test_of_two_answers_equally_near_the_one_that_runs_is_kept(self, present: int) -> None:
        assert by_frequency(625, miners(present)) == [f"swing {present}"]

    def test_no_running_miner_is_below_the_minimum(self) -> None:
        assert by_frequency(700, miners(None), minimum_percent=60) == ["swing 450"]

    def test_a_minimum_of_all_leaves_whole_miners(self) -> None:
        assert by_frequency(2000, miners(None, None), minimum_percent=100) == ["full", "idle"]

    def test_a_frequency_that_dispatch_may_not_choose_is_brought_to_one_it_may(self) -> None:
        assert by_frequency(1000, miners(537)) == ["swing 500"]

    def test_rated_power_runs_every_miner_full(self) -> None:
        assert by_frequency(2920, miners(475, None)) == ["full", "full"]


@pytest.mark.parametrize("mode", PowerMode)
class TestEitherMode:
    @pytest.mark.parametrize("target", [0, -5])
    def test_nothing_to_draw_idles_all(self, mode: PowerMode, target: int) -> None:
        allocation = allocate(Watts(target), miners(650, 475, None), mode=mode)
        assert actions(allocation) == ["idle"] * 3
        assert {(told.point, told.power) for told in allocation.assignments} == {(None, 0.0)}

    def test_no_miners_give_no_assignments(self, mode: PowerMode) -> None:
        assert allocate(Watts(1000), [], mode=mode).assignments == ()

    def test_equal_starts_the_miner_with_the_fewest_hours(self, mode: PowerMode) -> None:
        fleet = [miner(1, hours=7), miner(2, hours=3), miner(3, hours=5)]
        assert actions(allocate(Watts(1460), fleet, mode=mode)) == ["idle", "full", "idle"]

    def test_equal_stops_the_miner_with_the_most_hours(self, mode: PowerMode) -> None:
        fleet = [miner(1, 650, hours=7), miner(2, 650, hours=3), miner(3, 650, hours=5)]
        assert actions(allocate(Watts(2920), fleet, mode=mode)) == ["idle", "full", "full"]

    def test_priority_goes_by_the_operators_list_and_then_by_hours(self, mode: PowerMode) -> None:
        fleet = [miner(1, hours=2), miner(2, hours=1), miner(3, hours=9)]
        listed = [MinerId("127.0.0.3")]
        allocation = allocate(Watts(2920), fleet, mode=mode, strategy=Strategy.PRIORITY, priority=listed)
        assert actions(allocation) == ["idle", "full", "full"]

    def test_more_than_the_fleet_can_draw_runs_all_of_it(self, mode: PowerMode) -> None:
        assert allocate(Watts(99_999), miners(None, 475, 650), mode=mode).power == 3.0 * 1460.0

    def test_moving_to_the_answer_and_asking_again_changes_nothing(self, mode: PowerMode) -> None:
        fleet = miners(None, 475, 650, 500, 300)
        first = allocate(Watts(4000), fleet, mode=mode)
        assert allocate(Watts(4000), running(fleet, first), mode=mode) == first


@pytest.mark.timeout(20)
@pytest.mark.parametrize("mode", PowerMode)
@pytest.mark.parametrize("present", [None, 475, 650])
def test_ten_thousand_miners_are_shared_out_without_delay(mode: PowerMode, present: int | None) -> None:
    fleet = [miner(number, present, rated=1300 + number % 160) for number in range(10_000)]
    assert allocate(Watts(7e6), fleet, mode=mode).power == pytest.approx(7e6, abs=1100)


def test_efficiency_starts_the_miner_with_the_best_yield_at_home() -> None:
    fleet = [miner(1, home=650), miner(2, home=500)]
    assert on_off(900, fleet, strategy=Strategy.EFFICIENCY) == ["idle", "full"]


def coming(number: int) -> Unit:
    return replace(miner(number, 650), starting=True, waking=True)


def test_what_was_woken_comes_though_less_is_asked_and_only_what_hashes_is_shed() -> None:
    fleet = [coming(1), miner(2, 650, hours=9), miner(3, 650), coming(4)]
    assert on_off(1460, fleet) == ["full", "idle", "full", "full"]


def test_what_was_woken_is_stopped_where_a_limit_would_be_exceeded() -> None:
    fleet = [coming(1), miner(2, 650, hours=9), coming(3)]
    cancelled = allocate(Watts(1460), fleet, mode=PowerMode.ON_OFF, look_ahead=LookAhead(cancels=True))
    assert actions(cancelled) == ["idle", "full", "idle"]


def test_miners_are_started_and_kept_for_what_is_looked_ahead_to() -> None:
    fleet = [miner(1, 650), miner(2, 650), miner(3), miner(4)]
    more = LookAhead(start=Watts(1460.0), keep=Watts(1460.0))
    assert actions(allocate(Watts(2920), fleet, mode=PowerMode.ON_OFF, look_ahead=more)).count("full") == 3
    assert actions(allocate(Watts(1460), fleet, mode=PowerMode.ON_OFF, look_ahead=more)).count("full") == 2
    less = LookAhead(start=Watts(-1460.0))
    assert actions(allocate(Watts(4380), fleet, mode=PowerMode.ON_OFF, look_ahead=less)).count("full") == 2
