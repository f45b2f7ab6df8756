"""The physics alone, in virtual time."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netstab.devices.antminer.s9 import ANTMINER_S9
from netstab.simulation.boards import Settings
from netstab.simulation.physics import Miner, Stage
from netstab.simulation.profiles import DOCUMENT, FIELD, PROFILES, Profile
from netstab.simulation.supply import Supply

COMMANDS = (
    "sleep",
    "stop",
    "kill",
    "restart",
    "wake",
    "reboot",
    "factory_reset",
    "cut_power",
    "return_power",
)
histories = st.lists(st.tuples(st.floats(0, 200), st.sampled_from(COMMANDS)), max_size=12)
shared_fixture = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def seconds_to_hashing(miner: Miner) -> float:
    begun = miner.now
    while miner.stage is not Stage.HASHING:
        miner.advance(miner.next_change)
    return miner.now - begun


def give(miner: Miner, command: str) -> None:
    """Send a command as it would arrive: over the network only while the system is up."""
    if miner.reachable or command in ("cut_power", "return_power"):
        getattr(miner, command)()


def run(miner: Miner, history: list[tuple[float, str]]) -> list[tuple[Stage, float]]:
    seen = []
    for wait, command in history:
        miner.advance(miner.now + wait)
        give(miner, command)
        seen.append((miner.stage, miner.power))
    return seen


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
@given(histories, st.integers(0, 9))
@shared_fixture
def test_power_and_hashrate_fit_the_stage_whatever_happens(
    profile: Profile, new_miner: Callable[..., Miner], history: list[tuple[float, str]], seed: int
) -> None:
    miner = new_miner(profile, seed=seed)
    for wait, command in history:
        miner.advance(miner.now + wait)
        hashing = miner.stage is Stage.HASHING
        assert 0 <= miner.power <= ANTMINER_S9.rated_power
        assert (miner.power == 0) == (miner.stage is Stage.OFF)
        assert miner.power >= miner.unit.idle_power or miner.stage is Stage.OFF
        assert hashing or (miner.hashrate, miner.mean_hashrate, miner.board_power(0)) == (0, 0, 0)
        assert hashing <= miner.api_answers <= miner.reachable
        assert miner.next_change > miner.now
        give(miner, command)


@given(histories, st.floats(1, 400), st.integers(1, 40), st.integers(0, 9))
@shared_fixture
def test_one_leap_and_many_steps_end_alike(
    new_miner: Callable[..., Miner], history: list[tuple[float, str]], rest: float, steps: int, seed: int
) -> None:
    leaping, stepping = new_miner(FIELD, seed=seed), new_miner(FIELD, seed=seed)
    run(leaping, history)
    run(stepping, history)
    end = leaping.now + rest
    for step in range(steps):
        stepping.advance(leaping.now + rest * step / steps)
    leaping.advance(end)
    stepping.advance(end)
    assert (leaping.stage, leaping.power, leaping.dead) == (stepping.stage, stepping.power, stepping.dead)


@given(histories, st.integers(0, 9))
@shared_fixture
def test_the_same_seed_tells_the_same_story(
    new_miner: Callable[..., Miner], history: list[tuple[float, str]], seed: int
) -> None:
    assert run(new_miner(FIELD, seed=seed), history) == run(new_miner(FIELD, seed=seed), history)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    ("command", "low", "high"),
    [("wake", 5, 10), ("restart", 10, 30), ("reboot", 60, 90), ("factory_reset", 120, 180)],
)
def test_the_document_profile_keeps_the_documented_times(
    new_miner: Callable[..., Miner], command: str, low: int, high: int, seed: int
) -> None:
    miner = new_miner(DOCUMENT, seed=seed, asleep=True)
    getattr(miner, command)()
    assert low <= seconds_to_hashing(miner) <= high


def test_a_full_miner_draws_what_the_curve_says(new_miner: Callable[..., Miner]) -> None:
    miner = new_miner()
    assert miner.power == pytest.approx(1460)
    assert miner.hashrate == pytest.approx(14_000, rel=0.02)
    assert sum(map(miner.board_power, range(3))) == pytest.approx(1460, abs=2)


def test_asicboost_saves_power_that_the_miner_does_not_report(new_miner: Callable[..., Miner]) -> None:
    miner = new_miner(asicboost=True)
    assert miner.power == pytest.approx(1460 * 0.87)
    assert sum(map(miner.board_power, range(3))) == pytest.approx(1460, abs=2)


def test_a_dead_board_gives_neither_heat_nor_hashrate(new_miner: Callable[..., Miner]) -> None:
    miner = new_miner(chips=(63, 0, 63))
    assert miner.power == pytest.approx(50 + 1410 * 2 / 3)
    assert (miner.board_hashrate(1), miner.board_power(1), miner.chip_temperature(1)) == (0, 0, 0)


def test_a_sleeping_miner_falls_to_its_idle_draw_within_a_second(new_miner: Callable[..., Miner]) -> None:
    miner = new_miner()
    miner.sleep()
    assert 50 < miner.power < 600
    miner.advance(1.0)
    assert (miner.stage, miner.power, miner.next_change) == (Stage.DOWN, 50, float("inf"))


def test_a_killed_process_comes_back_and_a_stopped_one_does_not(new_miner: Callable[..., Miner]) -> None:
    killed, stopped = new_miner(), new_miner()
    killed.kill()
    stopped.stop()
    assert seconds_to_hashing(killed) < 40
    stopped.advance(3600)
    assert stopped.stage is Stage.DOWN


def test_hashrate_and_power_ramp_up_after_a_start(new_miner: Callable[..., Miner]) -> None:
    miner = new_miner(asleep=True)
    miner.wake()
    seconds_to_hashing(miner)
    assert miner.power == pytest.approx(50)
    miner.advance(miner.now + 1)
    assert miner.power == pytest.approx(50 + 1410 / 2)
    assert 0 < miner.mean_hashrate < miner.hashrate
    miner.advance(miner.now + 1)
    assert miner.power == pytest.approx(1460)


def test_elapsed_begins_anew_with_the_mining_process(new_miner: Callable[..., Miner]) -> None:
    miner = new_miner()
    assert miner.elapsed > 3000
    miner.restart()
    seconds_to_hashing(miner)
    assert miner.elapsed <= 30


def test_a_new_frequency_counts_from_the_next_start_of_the_process(new_miner: Callable[..., Miner]) -> None:
    miner = new_miner()
    miner.configured = Settings(400, 8.3, asicboost=False)
    assert miner.power == pytest.approx(1460)
    miner.restart()
    seconds_to_hashing(miner)
    miner.advance(miner.now + 10)
    assert miner.power == pytest.approx(800)


def test_returned_power_boots_a_miner_into_hashing_even_if_it_slept(new_miner: Callable[..., Miner]) -> None:
    miner = new_miner(asleep=True)
    miner.cut_power()
    assert (miner.power, miner.reachable) == (0, False)
    miner.return_power()
    assert miner.stage is Stage.BOOTING
    assert seconds_to_hashing(miner) > 0


def test_one_in_three_restarts_in_the_field_kills_until_power_is_cut(new_miner: Callable[..., Miner]) -> None:
    miners = [new_miner(FIELD, seed=seed) for seed in range(600)]
    for miner in miners:
        miner.restart()
        miner.advance(200)
    dead = [miner for miner in miners if miner.dead]
    assert 0.27 < len(dead) / 600 < 0.40
    for miner in dead:
        miner.wake()
        miner.advance(400)
        assert miner.stage is Stage.DOWN
        miner.cut_power()
        miner.return_power()
        miner.advance(600)
    assert sum(miner.stage is Stage.HASHING for miner in dead) > 0.8 * len(dead)


def failed_wakes(new_miner: Callable[..., Any], waves: int, size: int, gap: float) -> float:
    """Wake sleeping miners of one supply in waves and give the share that never hashed."""
    supply = Supply()
    miners = [new_miner(FIELD, seed=seed, supply=supply, asleep=True) for seed in range(waves * size)]
    for number, miner in enumerate(miners):
        miner.advance(number // size * gap)
        miner.wake()
    for miner in miners:
        miner.advance(waves * gap + 300)
    return sum(miner.stage is not Stage.HASHING for miner in miners) / len(miners)


def test_wakes_fail_at_times_and_often_when_many_come_at_once(new_miner: Callable[..., Miner]) -> None:
    assert 0.05 < failed_wakes(new_miner, 1000, 1, 60) < 0.12
    assert 0.05 < failed_wakes(new_miner, 12, 80, 45) < 0.12
    assert 0.15 < failed_wakes(new_miner, 1, 152, 45) < 0.33
    assert 0.33 < failed_wakes(new_miner, 1, 171, 45) < 0.53


def test_a_field_wake_takes_one_to_two_minutes_and_is_silent_in_between(
    new_miner: Callable[..., Miner],
) -> None:
    miner = new_miner(replace(FIELD, boot_failure=((1, 0.0),)), asleep=True)
    miner.wake()
    miner.advance(23.9)
    assert not miner.reachable
    miner.advance(45.0)
    assert (miner.reachable, miner.api_answers, miner.stage) == (True, False, Stage.STARTING)
    assert 60 <= 45 + seconds_to_hashing(miner) <= 130


def test_a_supply_counts_the_boots_of_the_same_seconds_only() -> None:
    supply = Supply()
    for moment in (0, 700, 705, 719, 745):
        supply.boot(moment)
    assert [supply.booting_around(moment) for moment in (0, 700, 719, 745)] == [0, 3, 3, 1]
