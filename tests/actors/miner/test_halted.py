"""A miner whose process runs without hashing goes on drawing, as far as is known: no hash is not no power."""

import dataclasses

import pytest
from driven_miner import FACTS, IDLE, RUN, DrivenMiner, reading
from msgspec.structs import replace

from actors.miner.report import report
from actors.report import MinerReport, Phase, Step
from netstab.devices.port import Activity
from netstab.units import Seconds, Timestamp, Watts

HASHING, STARTING, STOPPED = Activity.HASHING, Activity.STARTING, Activity.STOPPED
WHY = "it does not hash: no pool answers it (stratum+tcp://pool.example.com:3333 is Dead)"
HALTED = replace(reading(STARTING), uncertain=WHY, power_at_most=Watts(1460.0))


def shown(miner: DrivenMiner) -> MinerReport:
    return report(miner.state, FACTS, Timestamp(miner.now))


def test_a_miner_that_lost_its_pool_counts_with_what_it_drew_when_it_hashed() -> None:
    miner = DrivenMiner()
    miner.sees(HASHING, setting=550)
    miner.later(5)
    miner.polled(HALTED)
    found = shown(miner)
    assert (found.phase, found.power, found.uncertain, found.halted) == (Phase.STARTING, 1140.0, WHY, True)
    miner.later(5)
    miner.sees(HASHING, setting=550)
    assert (shown(miner).uncertain, shown(miner).halted) == ("", False)


def test_a_miner_with_asicboost_draws_less_than_it_tells_and_asleep_what_it_tells() -> None:
    facts = dataclasses.replace(FACTS, power_share=0.87)
    miner = DrivenMiner(facts)
    miner.sees(HASHING)
    assert report(miner.state, facts, Timestamp(miner.now)).power == pytest.approx(1270, abs=1)
    miner.later(5)
    miner.sees(STOPPED)
    assert report(miner.state, facts, Timestamp(miner.now)).power == 51.0


def test_boards_that_cannot_draw_are_not_taken_to() -> None:
    miner = DrivenMiner()
    miner.sees(HASHING)
    miner.polled(replace(HALTED, power_at_most=Watts(51.0)))
    assert shown(miner).power == 51.0


@pytest.mark.parametrize(("elapsed", "power", "uncertain"), [(20.0, 51.0, ""), (300.0, 1460.0, WHY)])
def test_a_process_that_was_never_seen_hashing_is_taken_to_start_for_as_long_as_a_start_takes(
    elapsed: float, power: float, uncertain: str
) -> None:
    miner = DrivenMiner()
    miner.polled(replace(HALTED, elapsed=Seconds(elapsed)))
    assert (shown(miner).power, shown(miner).uncertain) == (power, uncertain)


def test_what_another_process_drew_says_nothing_of_this_one() -> None:
    miner = DrivenMiner()
    miner.sees(HASHING)
    miner.later(60)
    miner.polled(replace(HALTED, elapsed=Seconds(10.0)))
    assert (shown(miner).power, shown(miner).uncertain) == (51.0, "")
    slept = DrivenMiner()
    slept.sees(HASHING)
    slept.sees(STOPPED)
    slept.polled(replace(HALTED, elapsed=Seconds(10.0)))
    assert shown(slept).power == 51.0


def test_a_miner_that_is_woken_is_on_its_way_and_not_halted() -> None:
    miner = DrivenMiner()
    miner.sees(STOPPED)
    miner.wants(RUN, 1)
    miner.ends()
    miner.polled(replace(HALTED, elapsed=Seconds(10.0)))
    assert (shown(miner).power, shown(miner).uncertain) == (51.0, "")


def test_an_outage_of_the_pools_reboots_nobody_however_long_it_lasts() -> None:
    miner = DrivenMiner()
    miner.sees(HASHING)
    miner.wants(RUN, 1)
    for _ in range(720):
        miner.later(5)
        miner.polled(replace(HALTED, awaits_pool=True))
    assert miner.steps == []
    miner.wants(IDLE, 2)
    assert miner.steps == [Step.SLEEP]


def test_a_woken_miner_that_finds_no_pool_is_not_woken_again_while_that_lasts() -> None:
    miner = DrivenMiner()
    miner.sees(STOPPED)
    miner.wants(RUN, 1)
    miner.ends()
    for _ in range(360):
        miner.later(5)
        miner.polled(replace(HALTED, awaits_pool=True, elapsed=Seconds(miner.now - 1030)))
    assert miner.steps == [Step.WAKE]


def test_a_miner_that_says_that_it_has_failed_is_woken_and_says_so_again_where_that_is_in_vain() -> None:
    failed = replace(reading(STOPPED), uncertain="its firmware reports a failure, code 12")
    miner = DrivenMiner()
    miner.polled(failed)
    assert (shown(miner).phase, shown(miner).uncertain) == (Phase.ASLEEP, failed.uncertain)
    miner.wants(RUN, 1)
    miner.ends()
    assert shown(miner).uncertain == ""
    miner.later(FACTS.timings.start + 1)
    miner.polled(failed)
    error = shown(miner).last_error
    assert error is not None
    assert error.text.endswith("within 241 s: its firmware reports a failure, code 12.")
    assert [step for step, _ in shown(miner).backoffs] == [Step.WAKE]
