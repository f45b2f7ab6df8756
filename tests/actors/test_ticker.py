"""Who is due, in virtual time; and the shell around it with real actors."""

import threading
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pykka
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pykka import ActorRef, ActorRegistry
from waiting import running_time, wait_until

from actors.directory import Directory
from actors.messages import Beat, PollDue, Tick
from actors.multiplexed import inbox_length
from actors.ticker import Ticker, TickerReport, due, slots, window
from netstab.clock import steady_clock
from netstab.units import MinerId, Seconds, Timestamp

TIMEOUT = 60
START = 1_700_000_000.0
MEMBERS = [MinerId(f"127.{a}.{b}.{c}") for a in range(4) for b in range(10) for c in range(250)]


def polls(
    times: list[float], members: list[tuple[float, MinerId]], interval: float = 5.0
) -> list[list[MinerId]]:
    """Who is due at each of these moments, as the ticker goes through them."""
    polled, result = times[0], []
    for now in times[1:]:
        begin, polled = window(polled, now, Seconds(interval))
        result.append(due(members, Seconds(interval), begin, polled))
    return result


@settings(max_examples=60)
@given(
    cuts=st.lists(st.floats(0.01, 4.99), min_size=1, max_size=20),
    start=st.floats(0.0, 2e9),
    names=st.sets(st.text(min_size=1, max_size=5).map(MinerId), max_size=10),
)
def test_everyone_is_due_once_an_interval_however_time_is_cut(
    cuts: list[float], start: float, names: set[MinerId]
) -> None:
    members = slots(names)
    moments = [start, *(start + 5.0 * lap + cut for lap in range(3) for cut in sorted(cuts)), start + 15.0]
    counts = Counter(name for a, b in pairwise(moments) for name in due(members, Seconds(5.0), a, b))
    assert counts == dict.fromkeys(names, 3)


def test_a_stretch_longer_than_the_interval_names_everyone_once() -> None:
    assert sorted(due(slots(MEMBERS), Seconds(5.0), START, START + 12.0)) == sorted(MEMBERS)


def test_a_turn_on_the_boundary_of_two_stretches_belongs_to_the_first() -> None:
    members = [(0.5, MinerId("127.0.0.2"))]
    assert due(members, Seconds(4.0), 8.0, 10.0) == ["127.0.0.2"]
    assert due(members, Seconds(4.0), 10.0, 12.0) == []


def test_nobody_is_due_in_no_time_and_in_an_empty_fleet() -> None:
    assert due(slots(MEMBERS), Seconds(5.0), START, START) == []
    assert due([], Seconds(5.0), START, START + 1.0) == []


def test_ten_thousand_neighbours_make_no_burst() -> None:
    members = slots(MEMBERS)
    steps = polls([START + 0.05 * n for n in range(101)], members)
    assert sum(map(len, steps)) == len(MEMBERS)
    assert max(map(len, steps)) < 1.4 * len(MEMBERS) / len(steps)
    assert min(map(len, steps)) > 0.6 * len(MEMBERS) / len(steps)


def test_a_miner_keeps_its_place_when_others_come_and_go() -> None:
    few, many = slots(MEMBERS[:10]), slots(MEMBERS)
    assert set(few) < set(many)


def test_after_a_short_stall_every_poll_is_made_up_for_without_a_burst() -> None:
    times = [START, START + 0.05, START + 3.0, *(START + 3.0 + 0.05 * n for n in range(1, 140))]
    steps = polls(times, slots(MEMBERS))
    assert max(map(len, steps)) < 1.3 * len(MEMBERS) * 0.2 / 5.0
    assert set(Counter(name for step in steps for name in step).values()) <= {1, 2, 3}
    assert {name for step in steps for name in step} == set(MEMBERS)


def test_after_a_long_stall_nobody_is_polled_twice_for_what_was_missed() -> None:
    times = [START, START + 3600.0, *(START + 3600.0 + 0.05 * n for n in range(1, 100))]
    steps = polls(times, slots(MEMBERS))
    assert max(map(len, steps)) < 1.3 * len(MEMBERS) * 0.2 / 5.0
    assert set(Counter(name for step in steps for name in step).values()) <= {1, 2}


def test_a_ticker_that_kept_up_lags_behind_by_nothing() -> None:
    assert window(START, START + 0.05, Seconds(5.0)) == (START, START + 0.05)


class Listener(pykka.ThreadingActor):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Any] = []

    def on_receive(self, message: Any) -> None:
        if isinstance(message, threading.Event):
            message.wait(TIMEOUT)
            return
        if isinstance(message, Tick):
            message.taken.set()
        self.heard.append(message)


class Setting:
    """A ticker whose steps a test makes, three miners, a fleet and a supervisor that listen."""

    def __init__(self) -> None:
        self.reports: list[TickerReport] = []
        self.gate = threading.Event()
        self.directory = Directory()
        self.fleet = self.directory.fleet = Listener.start()
        self.directory.supervisor = Listener.start()
        for name in ("127.0.0.2", "127.0.0.3", "127.0.0.4"):
            self.directory.enter(MinerId(name), Listener.start())
        self.ticker = Ticker(self.directory, Seconds(5.0), lambda: Timestamp(START), self.reports.append)
        self.now = START
        self.ticker._follow_membership()

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now += 0.0625
            self.ticker._step(Timestamp(self.now))

    def heard(self, ref: ActorRef[Any] | None) -> list[Any]:
        assert ref is not None
        heard: list[Any] = ref.proxy().heard.get(timeout=TIMEOUT)
        return heard


@pytest.fixture
def setting() -> Iterator[Setting]:
    created = Setting()
    yield created
    created.gate.set()
    ActorRegistry.stop_all(timeout=TIMEOUT)


def test_each_miner_is_told_once_an_interval(setting: Setting) -> None:
    setting.run(20)
    for ref in setting.directory.miners().values():
        assert setting.heard(ref) == [PollDue()] * 4


def test_the_polls_that_a_stall_held_up_are_made_up_for(setting: Setting) -> None:
    setting.run(5)
    setting.now += 4.5
    setting.run(10.5)
    for ref in setting.directory.miners().values():
        assert setting.heard(ref) == [PollDue()] * 4


def test_the_fleet_is_told_four_times_a_second_the_supervisor_once_and_both_once_after_a_stall(
    setting: Setting,
) -> None:
    for _ in range(20):
        setting.run(0.25)
        ticks = setting.heard(setting.directory.fleet)  # read at once, or the last was not taken up yet
    assert set(ticks) == {Tick()}
    told = len(ticks)
    assert 19 <= told <= 20
    assert setting.heard(setting.directory.supervisor) == [Beat()] * 5
    setting.now += 100
    setting.ticker._step(Timestamp(setting.now))
    assert len(setting.heard(setting.directory.fleet)) == told + 1
    assert len(setting.heard(setting.directory.supervisor)) == 6


def test_a_miner_that_joins_is_polled_and_one_that_left_is_not(setting: Setting) -> None:
    gone, joined = setting.directory.miner(MinerId("127.0.0.2")), Listener.start()
    setting.directory.remove(MinerId("127.0.0.2"))
    setting.directory.enter(MinerId("127.0.0.9"), joined)
    setting.run(11)
    assert setting.heard(gone) == []
    assert len(setting.heard(joined)) == 2


def test_polls_do_not_pile_up_in_a_hung_inbox_and_are_counted(setting: Setting) -> None:
    hung = setting.directory.miner(MinerId("127.0.0.2"))
    assert hung is not None
    hung.tell(setting.gate)
    for lap in range(1, 21):
        setting.run(5)
        assert len(setting.heard(setting.directory.miner(MinerId("127.0.0.3")))) == lap
    assert inbox_length(hung) <= 8
    assert setting.reports[-1].skipped >= 20 - 9
    assert setting.reports[-1].lag == 0.0


def test_a_fleet_that_has_much_to_do_is_told_the_time_and_that_once(setting: Setting) -> None:
    setting.fleet.tell(setting.gate)
    for _ in range(50):
        setting.fleet.tell("a report or a command")
    setting.run(5)
    assert setting.reports[-1].skipped >= 18
    setting.gate.set()
    assert setting.heard(setting.fleet).count(Tick()) == 1
    setting.run(0.5)
    assert setting.heard(setting.fleet).count(Tick()) >= 2


def test_a_fleet_that_is_started_again_is_told_the_time_that_the_one_before_did_not_take(
    setting: Setting,
) -> None:
    setting.fleet.tell(setting.gate)
    setting.run(1)
    setting.directory.fleet = again = Listener.start()
    setting.run(0.5)
    assert Tick() in setting.heard(again)


def test_dead_and_missing_actors_do_not_hurt_the_ticker(setting: Setting) -> None:
    setting.fleet.stop(timeout=TIMEOUT)
    setting.directory.supervisor = None
    dead = setting.directory.miner(MinerId("127.0.0.2"))
    assert dead is not None
    dead.stop(timeout=TIMEOUT)
    setting.run(5)
    assert len(setting.heard(setting.directory.miner(MinerId("127.0.0.3")))) == 1


def test_a_running_ticker_steps_by_itself_and_stops_promptly() -> None:
    polled = threading.Semaphore(0)

    class Counting(pykka.ThreadingActor):
        def on_receive(self, message: PollDue) -> None:
            polled.release()

    directory = Directory()
    directory.enter(MinerId("127.0.0.2"), Counting.start())
    stops = []
    for _ in range(3):
        ticker = Ticker.start(directory, Seconds(0.2), steady_clock(), lambda report: None)
        assert all(polled.acquire(timeout=TIMEOUT) for _ in range(2))
        began = running_time()
        ticker.stop(timeout=TIMEOUT)
        stops.append(running_time() - began)
    ActorRegistry.stop_all(timeout=TIMEOUT)
    assert min(stops) < 0.2


def test_a_failing_step_ends_no_time(caplog: pytest.LogCaptureFixture) -> None:
    reports: list[TickerReport] = []

    def publish(report: TickerReport) -> None:
        reports.append(report)
        if len(reports) == 1:
            raise OSError("standard error is closed")

    Ticker.start(Directory(), Seconds(1.0), steady_clock(), publish)
    wait_until(lambda: len(reports) >= 2)
    ActorRegistry.stop_all(timeout=TIMEOUT)
    assert "standard error is closed" in caplog.text
