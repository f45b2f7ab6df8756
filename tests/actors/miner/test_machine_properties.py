"""Whatever happens in whatever order: what must never be done is not done, and what is wanted comes about."""

from dataclasses import dataclass, field
from typing import Any

from driven_miner import FACTS, IDLE, RUN, DrivenMiner, reading
from hypothesis import given, settings
from hypothesis import strategies as st
from points import at

from actors.messages import Finished, PollDue, Polled, Probed, ReleaseControl, SetTarget
from actors.miner.state import Effect, Poll, Probe, Send, Withdraw
from actors.report import Phase, Step
from netstab.devices.port import Activity, Reading
from netstab.dispatch.setpoint import Setpoint
from netstab.errors import DeviceError, MalformedAnswer, PortClosed, TimedOut, Unauthorized, Withdrawn
from netstab.units import Seconds, Setting, Version

AT_475 = Setpoint(running=True, point=at(475))
BOOT_S = 60.0


@dataclass
class Device:
    """A miner that does what it is told after its time, and one of whose ports may be dead for a while."""

    running: bool
    frequency: Setting = 650
    boots_until: float = 0.0
    commanded_until: float = 0.0  # the end of a boot that we brought about; a power cut nobody can foresee
    silent: bool = False
    started: float = 0.0
    log: list[tuple[Step, int]] = field(default_factory=list)

    def does(self, send: Send, now: float) -> bool | DeviceError | None:
        if self.silent or now < self.boots_until:
            return TimedOut("no answer")
        self.log.append((send.step, send.version))
        if send.step is Step.SLEEP:
            self.running = False
        elif send.step is Step.TUNE:
            changed = self.frequency != send.setting
            self.frequency = send.setting or self.frequency
            if changed and self.running:
                self._starts(now)
            return changed
        else:
            self._starts(now)
        return None

    def _starts(self, now: float) -> None:
        self._boots(now)
        self.commanded_until = self.boots_until

    def _boots(self, now: float) -> None:
        self.running, self.boots_until, self.started = True, now + BOOT_S, now + BOOT_S

    def answers_poll(self, now: float) -> PortClosed | TimedOut | Reading:
        if self.silent or now < self.boots_until:
            return TimedOut("no answer")
        if not self.running:
            return PortClosed("refused")
        assert isinstance(self.frequency, int)
        return reading(Activity.HASHING, self.frequency, max(0.0, now - self.started))

    def answers_probe(self, now: float) -> TimedOut | Reading:
        polled = self.answers_poll(now)
        return reading(Activity.STOPPED) if isinstance(polled, PortClosed) else polled


@dataclass
class World:
    """The machine and its device; calls and looks end when the test says so, in any order."""

    device: Device
    miner: DrivenMiner = field(default_factory=DrivenMiner)
    open: list[Effect] = field(default_factory=list)
    withdrawn: set[int] = field(default_factory=set)
    order: int = 0
    standby_order: int = 0

    def give(self, message: Any) -> None:
        for effect in self.miner.give(message):
            if isinstance(effect, Withdraw):
                self.withdrawn.add(effect.token)
            elif isinstance(effect, Poll | Probe | Send):
                self.open.append(effect)
        assert sum(isinstance(effect, Send) for effect in self.open) <= 1
        assert sum(isinstance(effect, Poll | Probe) for effect in self.open) <= 1

    def tell(self, setpoint: Setpoint | None) -> None:
        self.order += 1
        if setpoint == IDLE:
            self.standby_order = self.order
        self.give(
            ReleaseControl(Version(self.order))
            if setpoint is None
            else SetTarget(setpoint, Version(self.order))
        )

    def end_one(self, index: int) -> None:
        if not self.open:
            return
        effect, now = self.open.pop(index % len(self.open)), self.miner.now
        if isinstance(effect, Poll):
            self.give(Polled(effect.token, self.device.answers_poll(now), Seconds(0.0)))
        elif isinstance(effect, Probe):
            self.give(Probed(effect.token, self.device.answers_probe(now)))
        elif isinstance(effect, Send) and effect.token in self.withdrawn:
            self.give(Finished(effect.token, Withdrawn("overtaken")))
        elif isinstance(effect, Send):
            assert effect.step is Step.SLEEP or effect.version > self.standby_order
            assert effect.step is not Step.WAKE or now >= self.device.commanded_until
            self.give(Finished(effect.token, self.device.does(effect, now)))

    def settle(self, seconds: float) -> None:
        for _ in range(int(seconds / 5)):
            self.miner.later(5.0)
            self.give(PollDue())
            while self.open:
                self.end_one(0)


happenings = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), st.sampled_from([IDLE, RUN, AT_475, None])),
        st.tuples(st.just("end"), st.integers(0, 3)),
        st.tuples(st.just("later"), st.floats(0.1, 90.0)),
        st.tuples(st.just("poll"), st.none()),
        st.tuples(st.just("silence"), st.booleans()),
        st.tuples(st.just("power cut"), st.none()),
    ),
    max_size=40,
)


def play(world: World, script: list[Any]) -> None:
    for what, detail in script:
        if what == "tell":
            world.tell(detail)
        elif what == "end":
            world.end_one(detail)
        elif what == "later":
            world.miner.later(detail)
        elif what == "poll":
            world.give(PollDue())
        elif what == "silence":
            world.device.silent = detail
        else:
            world.device._boots(world.miner.now)


@settings(max_examples=300)
@given(script=happenings, running=st.booleans())
def test_nothing_older_than_a_deactivate_wakes_a_miner_and_no_booting_miner_is_woken(
    script: list[Any], running: bool
) -> None:
    play(World(Device(running)), script)


looks = st.one_of(
    st.builds(reading, st.just(Activity.HASHING), elapsed=st.floats(0, 5000)),
    st.builds(reading, st.just(Activity.STARTING), elapsed=st.floats(0, 60)),
    st.just(reading(Activity.STOPPED)),
    st.sampled_from([TimedOut("no answer"), PortClosed("refused"), Unauthorized("401")]),
)


def is_another(look: Any, since: float) -> bool:
    """Whether a look finds a mining process hashing that is no older than so many seconds."""
    return isinstance(look, Reading) and look.activity is Activity.HASHING and (look.elapsed or 0.0) <= since


@settings(max_examples=500)
@given(
    step=st.sampled_from([Step.RESTART, Step.REBOOT, Step.RESET]),
    taken=st.booleans(),
    polls=st.lists(st.tuples(st.floats(0.5, 30.0), looks, looks), max_size=60),
)
def test_an_operators_restart_is_followed_by_no_second_start_within_its_limit_whatever_polls_say(
    step: Step, taken: bool, polls: list[Any]
) -> None:
    miner = DrivenMiner()
    miner.sees(Activity.HASHING)
    miner.wants(RUN, 1)
    miner.operate(step, 2)
    error = MalformedAnswer("500")
    error.may_have_acted = True
    miner.ends(None if taken else error)
    started, limit = miner.now, miner.now + FACTS.timings.start
    for wait, polled, probed in polls:
        miner.later(wait)
        if miner.now >= limit:
            break
        another = any(is_another(look, since=miner.now - started) for look in (polled, probed))
        if another and miner.now >= started + 30:
            break  # what it started hashes: from here it is no start any more
        miner.polled(polled, probed)
    assert miner.steps == [step]


@settings(max_examples=50)
@given(script=happenings, running=st.booleans(), wanted=st.sampled_from([IDLE, RUN, AT_475]))
def test_what_is_wanted_comes_about_once_the_device_answers_and_is_not_touched_again(
    script: list[Any], running: bool, wanted: Setpoint
) -> None:
    world = World(Device(running))
    play(world, script)
    world.device.silent = False
    world.tell(wanted)
    world.settle(2 * 3600 + 600)
    assert world.miner.state.phase is (Phase.HASHING if wanted.running else Phase.ASLEEP)
    assert world.device.running is wanted.running
    if wanted.setting is not None:
        assert world.device.frequency == wanted.setting
    before = len(world.device.log)
    world.tell(wanted)
    world.settle(3600)
    assert len(world.device.log) == before
