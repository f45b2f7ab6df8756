"""A miner's state machine in virtual time, beside the plainest device that it could be talking to."""

from concurrent.futures import Future
from dataclasses import replace

from actors.messages import Finished, ManualCommand, PollDue, Polled, Probed, SetTarget
from actors.miner.machine import Message, handle
from actors.miner.state import Effect, MinerFacts, MinerState, Poll, Probe, Send
from actors.report import Step
from netstab.devices.antminer.family import VNISH
from netstab.devices.antminer.s9 import ANTMINER_S9, POWER_CURVE
from netstab.devices.port import Activity, Reading
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.errors import DeviceError, PortClosed, TimedOut
from netstab.units import GigahashPerSecond, Megahertz, MinerId, Seconds, Timestamp, Version, Watts

RUN = Setpoint(running=True, point=None)
FACTS = MinerFacts(
    MinerId("127.0.0.9"),
    ANTMINER_S9.capabilities,
    VNISH.timings,
    Megahertz(650),
    Seconds(5.0),
)

SET_AWAKE = replace(FACTS, timings=replace(FACTS.timings, set_asleep=False))
"""The same of a device that is not put to sleep to be set."""


def reading(activity: Activity, setting: int = 650, elapsed: float = 1000.0) -> Reading:
    hashing = activity is Activity.HASHING
    power = POWER_CURVE.power_at(setting) if hashing else ANTMINER_S9.idle_power
    return Reading(
        activity=activity,
        power=Watts(power),
        hashrate=GigahashPerSecond(13_500.0 if hashing else 0.0),
        setting=setting if activity is not Activity.STOPPED else None,
        elapsed=Seconds(elapsed) if activity is not Activity.STOPPED else None,
        boards=(),
        fans=(),
    )


class DrivenMiner:
    """Feeds messages to the machine and keeps what it asked for. `now` moves only when told."""

    def __init__(self, facts: MinerFacts = FACTS) -> None:
        self.facts = facts
        self.now = 1000.0
        self.fenced = 0
        self.state = MinerState(phase_since=Timestamp(self.now), counted_at=Timestamp(self.now))
        self.effects: list[Effect] = []
        self.sent: list[Send] = []

    def give(self, message: Message) -> tuple[Effect, ...]:
        self.state, effects = handle(self.state, message, Timestamp(self.now), self.facts, self.fenced)
        self.effects.extend(effects)
        self.sent.extend(effect for effect in effects if isinstance(effect, Send))
        return effects

    def polled(self, outcome: Reading | DeviceError, probed: Reading | DeviceError | None = None) -> None:
        """One poll with its answer, and the web server's where the machine asks for that."""
        for effect in self.give(PollDue()):
            if isinstance(effect, Poll):
                for then in self.give(Polled(effect.token, outcome, Seconds(0.01))):
                    if isinstance(then, Probe):
                        self.give(Probed(then.token, probed or TimedOut("no answer")))

    def sees(self, activity: Activity, setting: int = 650, elapsed: float = 1000.0) -> None:
        """A poll that finds the miner so."""
        if activity is Activity.STOPPED:
            self.polled(PortClosed("refused"), reading(activity))
        else:
            self.polled(reading(activity, setting, elapsed))

    def falls_silent(self) -> None:
        for _ in range(2):
            self.polled(TimedOut("no answer"))

    def later(self, seconds: float) -> None:
        self.now += seconds

    def wants(self, setpoint: Setpoint, order: int) -> None:
        self.give(SetTarget(setpoint, Version(order)))

    def ends(self, outcome: bool | DeviceError | None = None) -> None:
        """The call under way comes back."""
        assert self.state.call is not None
        self.give(Finished(self.state.call.token, outcome))

    def operate(
        self, step: Step, order: int, setpoint: Setpoint | None = None, setting: int | None = None
    ) -> "Future[DeviceError | None]":
        reply: Future[DeviceError | None] = Future()
        self.give(ManualCommand(step, setting, None, setpoint, Version(order), reply))
        return reply

    @property
    def steps(self) -> list[Step]:
        return [send.step for send in self.sent]


__all__ = ["FACTS", "IDLE", "RUN", "SET_AWAKE", "DrivenMiner", "reading"]
