"""What is wrong with simulated miners: who is struck, how badly, and when. All in virtual time."""

from dataclasses import replace
from math import inf, nextafter
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from netstab.devices.antminer.s9 import ANTMINER_S9
from netstab.errors import SettingsError
from netstab.simulation.build import build_devices
from netstab.simulation.condition import Condition, Trouble
from netstab.simulation.device import Device, Port
from netstab.simulation.faults import FAULTS, Fault, afflict, read_faults
from netstab.simulation.physics import Miner, Stage
from netstab.simulation.population import NO_DEFECTS, Unit, draw_units
from netstab.simulation.profiles import DOCUMENT, FIELD, Profile
from netstab.simulation.window import ALWAYS, NEVER, Window

names = st.sampled_from(sorted(FAULTS))
shares = st.floats(0, 1)
seeds = st.integers(0, 2**32)
moments = st.floats(0, 10_000)
often = settings(max_examples=80)


def everywhere(name: str, **figures: Any) -> Fault:
    return replace(FAULTS[name], share=1.0, **figures)


def devices_with(
    *faults: Fault, count: int = 1, asleep: bool = False, profile: Profile = DOCUMENT, seed: int = 1
) -> list[Device]:
    built = build_devices(count, "127.0.1.1", profile, seed, asleep=asleep, faults=faults)
    return list(built.values())


def struck(before: list[Unit], after: list[Unit]) -> set[int]:
    return {index for index, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]}


# Who is struck


@often
@given(names, shares, st.integers(1, 60), seeds)
def test_the_share_of_each_fault_is_met_as_exactly_as_whole_miners_allow(
    name: str, share: float, count: int, seed: int
) -> None:
    units = draw_units(DOCUMENT, count, seed)
    ill = afflict(units, [replace(FAULTS[name], share=share)], seed)
    assert len(struck(units, ill)) == round(share * count)


@often
@given(names, seeds, seeds)
def test_the_seed_alone_decides_who_is_struck_and_how(name: str, seed: int, other: int) -> None:
    units, fault = draw_units(DOCUMENT, 40, seed=0), [replace(FAULTS[name], share=0.5)]
    assert afflict(units, fault, seed) == afflict(units, fault, seed)
    assert seed == other or afflict(units, fault, seed) != afflict(units, fault, other)


@often
@given(st.lists(names, unique=True, min_size=2, max_size=6), seeds)
def test_no_fault_moves_another_or_the_fleet_below(chosen: list[str], seed: int) -> None:
    units = draw_units(FIELD, 30, seed)
    faults = [replace(FAULTS[name], share=0.4) for name in chosen]
    single = afflict(units, faults[:1], seed)
    together = afflict(single, faults[1:], seed)
    for unit, one, all_ in zip(units, single, together, strict=True):
        assert replace(all_, defects=NO_DEFECTS, chips=unit.chips) == unit
        assert set(one.defects.troubles) <= set(all_.defects.troubles)
    assert afflict(units, faults, seed) == together


def test_events_in_time_strike_all_their_miners_at_once() -> None:
    for name in ("power_cut", "flapping"):
        units = afflict(draw_units(DOCUMENT, 30, 1), [everywhere(name)], seed=5)
        windows = {unit.defects.outages for unit in units}
        windows |= {trouble.window for unit in units for trouble in unit.defects.troubles}
        assert len(windows - {NEVER}) == 1


# Reading them


def test_faults_are_read_by_name_with_a_share_or_the_usual_one() -> None:
    assert read_faults("dead_boards=0.1, no_wake ,rogue=1") == (
        replace(FAULTS["dead_boards"], share=0.1),
        FAULTS["no_wake"],
        everywhere("rogue"),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dead_board=0.1", "There is no fault 'dead_board'; there are dead_boards, no_wake, sag, "),
        ("", "There is no fault ''; there are "),
        ("rogue,", "There is no fault ''; there are "),
        ("sag=half", "The share of fault sag is 'half'; it must be from 0 to 1."),
        ("sag=", "The share of fault sag is ''; it must be from 0 to 1."),
        ("sag=1.01", "The share of fault sag is 1.01; it must be from 0 to 1."),
        ("sag=-0.1", "The share of fault sag is -0.1; it must be from 0 to 1."),
        ("sag=nan", "The share of fault sag is nan; it must be from 0 to 1."),
        ("sag,html,sag=0.5", "Fault sag is named 2 times; once is enough."),
    ],
)
def test_what_is_no_fault_is_refused_in_a_sentence(text: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_faults(text)
    assert str(caught.value).startswith(words)


# When they are there


@often
@given(moments, st.floats(1, 500), st.floats(1, 500), moments)
@example(0.0, 1.0, 1.0, nextafter(8193.0, 0.0))
def test_a_window_changes_at_its_changes_and_nowhere_else(
    begin: float, length: float, pause: float, now: float
) -> None:
    for window in (Window(begin, length), Window(begin, length, length + pause)):
        change = window.next_change(now)
        assert change > now
        between = now if change == inf else min((now + change) / 2, nextafter(change, now))
        assert window.holds(between) == window.holds(now)
        assert change == inf or window.holds(change) != window.holds(now)


def test_a_window_may_be_open_for_ever_or_never() -> None:
    assert (ALWAYS.holds(0), ALWAYS.holds(1e9), ALWAYS.next_change(0)) == (True, True, inf)
    assert (NEVER.holds(0), NEVER.holds(1e9), NEVER.next_change(0)) == (False, False, inf)


@often
@given(seeds, moments)
def test_one_moment_has_the_same_luck_whoever_asks(seed: int, now: float) -> None:
    loss = Trouble(Condition(lost=True), ALWAYS, 0.5, seed)
    assert loss.holds(now) == loss.holds(now)


def test_requests_are_lost_as_often_as_the_figure_says() -> None:
    device = devices_with(everywhere("packet_loss"))[0]
    lost = 0
    for moment in range(4000):
        device.miner.advance(moment / 7)
        lost += device.condition.lost
    assert lost / 4000 == pytest.approx(0.2, abs=0.03)


def test_a_flapping_network_comes_and_goes_by_the_device_s_own_account() -> None:
    flapping = everywhere("flapping", begin=(100, 100), length=(20, 20), period=(60, 60))
    device = devices_with(flapping)[0]
    seen = []
    while device.miner.now < 200:
        seen.append((device.miner.now, device.api_port, device.web_port))
        device.miner.advance(device.next_change)
    ports = {now: {api, web} for now, api, web in seen}
    assert ports == {
        0: {Port.OPEN},
        100: {Port.SILENT},
        120: {Port.OPEN},
        160: {Port.SILENT},
        180: {Port.OPEN},
    }


def test_a_healthy_miner_has_nothing_wrong_and_no_change_ahead() -> None:
    device = devices_with()[0]
    assert (device.condition, device.next_change) == (Condition(), inf)
    assert (device.api_port, device.web_port) == (Port.OPEN, Port.OPEN)


@often
@given(seeds, st.lists(st.floats(0.1, 90), max_size=20))
def test_one_leap_and_many_steps_end_alike_under_all_faults(seed: int, steps: list[float]) -> None:
    faults = [replace(fault, share=0.5) for fault in FAULTS.values()]
    leaping, stepping = (devices_with(*faults, count=4, seed=seed) for _ in range(2))
    for step in steps:
        for device in stepping:
            device.miner.advance(device.miner.now + step)
    for leapt, stepped in zip(leaping, stepping, strict=True):
        leapt.miner.advance(stepped.miner.now)
        assert (leapt.miner.stage, leapt.miner.power) == (stepped.miner.stage, stepped.miner.power)
        assert (leapt.condition, leapt.next_change) == (stepped.condition, stepped.next_change)


# What they do


@pytest.mark.parametrize("profile", [DOCUMENT, FIELD], ids=["document", "field"])
def test_dead_boards_leave_one_or_two_of_three(profile: Profile) -> None:
    for device in devices_with(everywhere("dead_boards"), count=40, profile=profile):
        assert 1 <= device.unit.chips.count(0) <= 2
        assert device.miner.power < 1050


def test_a_miner_that_never_wakes_shows_its_web_server_alone() -> None:
    device = devices_with(everywhere("no_wake"), asleep=True)[0]
    for boot in ("wake", "reboot", "factory_reset"):
        getattr(device.miner, boot)()
        device.miner.advance(device.miner.now + 3600)
        assert (device.miner.stage, device.web_port, device.api_port) == (
            Stage.DOWN,
            Port.OPEN,
            Port.CLOSED,
        )


def asleep_after_waking(count: int, *faults: Fault) -> float:
    miners = [device.miner for device in devices_with(*faults, count=count, asleep=True)]
    for miner in miners:
        miner.wake()
    for miner in miners:
        miner.advance(300)
    return sum(miner.stage is not Stage.HASHING for miner in miners) / count


def test_a_sagging_supply_fails_more_boots_the_more_there_are_at_once() -> None:
    assert asleep_after_waking(171) == 0
    assert 0.33 < asleep_after_waking(171, FAULTS["sag"]) < 0.53
    assert asleep_after_waking(60, FAULTS["sag"]) < 0.2


def changed(miner: Miner, frequency: float) -> bool:
    """Set a frequency as the configuration script does; whether the miner hashes afterwards."""
    miner.configured = replace(miner.configured, frequency=frequency)
    miner.restart()
    miner.advance(miner.now + 60)
    return miner.stage is Stage.HASHING


def test_a_change_of_frequency_kills_one_in_three_and_a_mere_restart_none() -> None:
    miners = [device.miner for device in devices_with(FAULTS["crash_on_frequency"], count=300)]
    assert all(changed(miner, 650) for miner in miners)
    assert 0.57 < sum(changed(miner, 500) for miner in miners) / 300 < 0.76
    for miner in miners:
        assert miner.dead == (miner.stage is Stage.DOWN)
        miner.cut_power()
        miner.return_power()
        miner.advance(miner.now + 200)
        assert (miner.stage, miner.running.frequency) == (Stage.HASHING, 500)


def test_the_reported_power_is_wrong_by_5_to_20_percent_for_good() -> None:
    miners = [device.miner for device in devices_with(everywhere("wrong_power"), count=60)]
    errors = [sum(map(miner.board_power, range(3))) / ANTMINER_S9.rated_power - 1 for miner in miners]
    assert all(0.049 < abs(error) < 0.201 for error in errors)
    assert {error > 0 for error in errors} == {True, False}
    for miner, error in zip(miners, errors, strict=True):
        assert 1400 < miner.power < 1500
        miner.advance(5000)
        assert sum(map(miner.board_power, range(3))) / ANTMINER_S9.rated_power - 1 == error


def test_a_power_cut_takes_its_group_down_and_lets_it_boot_into_hashing() -> None:
    cut = replace(FAULTS["power_cut"], share=0.5, begin=(100, 100), length=(40, 40))
    miners = [device.miner for device in devices_with(cut, count=10, asleep=True)]

    def stages(now: float) -> list[Stage]:
        for miner in miners:
            miner.advance(now)
        return [miner.stage for miner in miners]

    assert stages(99.9).count(Stage.DOWN) == 10
    assert (stages(100).count(Stage.OFF), stages(139.9).count(Stage.OFF)) == (5, 5)
    assert stages(140).count(Stage.BOOTING) == 5
    assert (stages(300).count(Stage.HASHING), stages(300).count(Stage.DOWN)) == (5, 5)
    assert stages(10_000) == stages(300)


def test_a_rogue_mines_in_a_fleet_that_sleeps_and_comes_back_when_it_is_killed() -> None:
    device = devices_with(everywhere("rogue"), asleep=True)[0]
    assert (device.miner.stage, device.web_port, device.api_port) == (Stage.HASHING, Port.SILENT, Port.OPEN)
    device.miner.kill()
    device.miner.advance(60)
    assert device.miner.stage is Stage.HASHING


def test_a_locked_miner_is_one_that_no_password_opens() -> None:
    device = next(device for device in devices_with(profile=FIELD, count=173) if device.unit.locked)
    assert device.condition == Condition(unauthorized=True)
