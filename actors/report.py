"""What one miner's actor publishes of itself: values only, free to share between threads."""

from dataclasses import dataclass
from enum import StrEnum

from netstab.devices.port import Pool, Reading
from netstab.dispatch.setpoint import Setpoint
from netstab.errors import MalformedAnswer
from netstab.units import MinerId, Seconds, Setting, Timestamp, Version, Watts

__all__ = [
    "LOST_FOR",
    "REACHABLE",
    "Backoff",
    "Commanded",
    "Desired",
    "LastError",
    "MinerReport",
    "Phase",
    "Step",
]

LOST_FOR = Seconds(15.0)
"""So long most that fell silent are counted on before others take their place."""


class Phase(StrEnum):
    """The condition of a miner as far as its readings tell."""

    UNKNOWN = "unknown"  # not looked at yet
    HASHING = "hashing"
    STARTING = "starting"  # booting, or the process runs without hashing
    ASLEEP = "asleep"  # no mining process
    UNREACHABLE = "unreachable"
    LOCKED = "locked"  # the web server refuses our password


REACHABLE = (Phase.HASHING, Phase.STARTING, Phase.ASLEEP)


class Step(StrEnum):
    """What can be done to a device."""

    SLEEP = "sleep"
    WAKE = "wake"
    TUNE = "set_frequency"  # as the API and the log call it
    RESTORE = "restore_tuning"
    RESTART = "restart"
    REBOOT = "reboot"
    RESET = "reset"
    RENEW = "renew"  # say again what holds

    @property
    def words(self) -> str:
        """What a miner takes, in a sentence."""
        return {
            Step.SLEEP: "the command to sleep",
            Step.WAKE: "the command to wake",
            Step.TUNE: "a setting",
            Step.RESTORE: "its own tuning",
            Step.RESET: "a factory reset",
        }.get(self, f"a {self}")


@dataclass(frozen=True, slots=True)
class LastError:
    """The last thing that went wrong: the error's `kind`, its words, and when."""

    kind: str
    text: str
    at: Timestamp


@dataclass(frozen=True, slots=True)
class Desired:
    """What the fleet wants of the miner, by the order of which version, and since when."""

    setpoint: Setpoint
    version: Version
    since: Timestamp


@dataclass(frozen=True, slots=True)
class Commanded:
    """The last step that was sent to the device, and when."""

    step: Step
    setting: Setting | None
    version: Version
    at: Timestamp


@dataclass(frozen=True, slots=True)
class Backoff:
    """Failures in a row of one step, and when it may be tried again."""

    failures: int
    next_at: Timestamp


@dataclass(frozen=True, slots=True)
class MinerReport:
    """A miner's actor at one moment.

    `seen_at` is the last answer of the device, None before the first. `in_transition` is the step whose
    effect is awaited. `power` is 0 W while nothing is known, and `lost_power` what an unreachable miner drew
    when it fell silent while it hashed, `drew` whatever it did. `settled` is True when nothing remains to be
    done for the desired setpoint. `uncertain` says why `power` is an estimate, "" where it is none. One that
    falls silent is counted on for `counted_on`. `closed` says why it takes nothing from here though
    it answers, "" where it does, as found at `closed_since`; where it `may_be_open` by now only its use can
    tell. One that is `left_as_it_is` is told no setting for a while, for the reason given there.
    """

    miner_id: MinerId
    at: Timestamp
    phase: Phase
    phase_since: Timestamp
    seen_at: Timestamp | None
    power: Watts
    reading: Reading | None
    setting: Setting | None
    pools: tuple[Pool, ...]
    desired: Desired | None
    commanded: Commanded | None
    in_transition: Step | None
    settled: bool
    backoffs: tuple[tuple[Step, Backoff], ...]
    consecutive_failures: int
    last_error: LastError | None
    latency: Seconds | None
    running_hours: float
    lost_power: Watts = Watts(0.0)
    drew: Watts = Watts(0.0)
    uncertain: str = ""
    closed: str = ""
    closed_since: Timestamp | None = None
    may_be_open: bool = False
    left_as_it_is: str = ""
    counted_on: Seconds = LOST_FOR

    @property
    def reach(self) -> Watts | None:
        """The most that it can draw now, where it tells."""
        return self.reading.reach if self.reading is not None else None

    @property
    def takes_no_orders(self) -> str:
        """Why it is left alone though it answers, "" where it is not."""
        return self.reading.takes_no_orders if self.reading is not None else ""

    @property
    def takes_nothing(self) -> bool:
        """Whether it answers and takes nothing from here, as far as is known."""
        return self.reachable and bool(self.closed) and not self.may_be_open

    @property
    def self_tuning(self) -> str:
        """What has its power be its own affair just now, as an agent of its firmware; "" if nothing does."""
        told = self.reading.self_tuning if self.reading is not None else ""
        return told or self.left_as_it_is

    @property
    def halted(self) -> bool:
        """Whether its mining process runs without hashing and, as far as is known, draws all the same."""
        return self.phase is Phase.STARTING and bool(self.uncertain)

    @property
    def reachable(self) -> bool:
        """A miner that boots on our command is on its way, not lost."""
        return self.phase in REACHABLE

    @property
    def seen(self) -> bool:
        """Whether anything is known of its present: an older figure is not shown as one of now."""
        return self.reachable or self.reading is not None

    @property
    def wake_failed(self) -> bool:
        """Whether a wake has failed and the miner was not seen hashing since."""
        return Step.WAKE in dict(self.backoffs)

    @property
    def fails_to_run(self) -> bool:
        """Whether what was to have it run as it should has failed, and it was not seen to since."""
        return any(step in (Step.WAKE, Step.TUNE) for step, _ in self.backoffs)

    @property
    def failed_to_wake(self) -> Backoff | None:
        """The back-off of what was to make it hash and failed: of the step that may be tried again last.

        One that is told no setting is woken without.
        """
        awaited = (Step.WAKE,) if self.left_as_it_is else (Step.WAKE, Step.TUNE)
        failed = [backoff for step, backoff in self.backoffs if step in awaited]
        return max(failed, key=lambda backoff: backoff.next_at, default=None)

    def drawn(self, now: Timestamp) -> Watts | None:
        """Return what it draws by all that is known; None where nothing is: not known is not 0 W."""
        if self.reading is not None or self.power:
            return self.power
        return self.drew or None if self._fell_silent_lately(now) else None

    def still_drawn(self, now: Timestamp) -> Watts:
        """Return what it goes on drawing if it has just fallen silent: most often it was the network.

        One that answers what nobody understands has not fallen silent.
        """
        return self.lost_power if self._fell_silent_lately(now) else Watts(0.0)

    @property
    def talks_nonsense(self) -> bool:
        """Whether it answers, and only what cannot be understood: it has power, and what it drew it draws."""
        garbled = self.last_error is not None and self.last_error.kind == MalformedAnswer.kind
        return self.phase is Phase.UNREACHABLE and garbled

    def _fell_silent_lately(self, now: Timestamp) -> bool:
        lately = self.phase is Phase.UNREACHABLE and now < self.phase_since + self.counted_on
        return lately or self.talks_nonsense
