"""What one miner's actor remembers, and what it can have done. Values only.

What is replaced at each message is a `Struct`: of a dataclass it costs fifty times as much.
"""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from types import MappingProxyType

from msgspec import Struct, field

from actors.messages import ActionEnded, ManualCommand
from actors.miner.barred import Barred
from actors.report import Backoff, Commanded, Desired, LastError, Phase, Step
from netstab.devices.family import Timings
from netstab.devices.port import Pool, Reading
from netstab.dispatch.wear import Strain
from netstab.errors import DeviceError
from netstab.power.tuning import Tuning
from netstab.power.unit import Capabilities
from netstab.units import MinerId, Seconds, Setting, Timestamp, Version, Volts, Watts

__all__ = [
    "Announce",
    "Answer",
    "Call",
    "Cure",
    "Effect",
    "MinerFacts",
    "MinerState",
    "Poll",
    "Probe",
    "ReadPools",
    "Reply",
    "Send",
    "Start",
    "Transition",
    "Waiting",
    "Withdraw",
    "phase_of",
]


Reply = Future[DeviceError | None]
"""What an operator waits for: None once the device has taken the step, or the error."""


@dataclass(frozen=True, slots=True)
class MinerFacts:
    """What does not change while the actor lives; `hours_before` had the miner hashed when it began.

    While it hashes it draws `power_share` of what its readings tell.
    """

    miner_id: MinerId
    capabilities: Capabilities
    timings: Timings
    home_setting: Setting | None
    poll_interval: Seconds
    hours_before: float = 0.0
    power_share: float = 1.0


@dataclass(frozen=True, slots=True)
class Call:
    """A request on its way to the device; its end comes back with the token.

    `observed` and `born` are those of the moment it was sent: a request that restarts mining is seen to
    before it ends.
    """

    token: int
    step: Step
    setting: Setting | None
    version: Version
    reply: Reply | None
    observed: Phase
    born: Timestamp | None
    since: Timestamp
    tuning: Tuning | None = None


class Transition(Struct, frozen=True):
    """A step that the device has taken and whose effect is awaited until `until`.

    `interrupted` tells that the mining process which was `born` before the step has ended since, by the
    readings: only then can hashing mean that a restart is over. A step that `keeps_hashing` costs nothing;
    `strain` is how any other wears the miner.
    """

    step: Step
    setting: Setting | None
    version: Version
    since: Timestamp
    until: Timestamp
    born: Timestamp | None = None
    interrupted: bool = False
    keeps_hashing: bool = False
    strain: Strain | None = None

    @property
    def starts(self) -> bool:
        """Whether it ends with the mining process begun anew."""
        return self.step is not Step.SLEEP and not self.keeps_hashing


@dataclass(frozen=True, slots=True)
class Start:
    """A start of ours, asked for at `since` and let in at `taken`: it may be under way until `until`."""

    since: Timestamp
    taken: Timestamp
    until: Timestamp


class Cure(Struct, frozen=True):
    """A restart that was to make the mining process run at a setting that was configured already.

    `awaited` is that setting until it is run at.
    """

    awaited: Setting | None
    at: Timestamp


@dataclass(frozen=True, slots=True)
class Waiting:
    """An operator's command that has not been sent yet."""

    command: ManualCommand
    since: Timestamp


class MinerState(Struct, frozen=True):
    """The whole memory of one miner's actor. Tokens number what was asked of the device.

    `observed` is the phase that its last answers, or their absence, say; `phase` the one that it is in,
    which is starting while a start is awaited. `silent_from` is what was observed before the last silence,
    `lost_power` what the miner drew then if it hashed, `drew` whatever it did, `returned_at` when a miner
    that hashed was found stopped without having been told to, `setting` the one last known to be
    configured, and `renewed_at` when that was said again. `born` is when the mining process seen last
    began by its own age. `start` is the last one of ours, until readings prove that it is over.
    `restored` is its own tuning that was put back and stands. `unapplied` is a setting that is configured
    and that the process does not run at, `cured` the last restart for such a one. `hashed_s` sums seconds
    of hashing up to `counted_at`. One that is `barred` takes nothing from
    here, and one that climbs yet may be asked to take a setting again at `set_from`. `fallen` counts how
    often its process has ended by itself at a low setting, and until when it is not set because of that.
    """

    observed: Phase = Phase.UNKNOWN
    phase: Phase = Phase.UNKNOWN
    phase_since: Timestamp = Timestamp(0.0)
    seen_at: Timestamp | None = None
    silent_from: Phase = Phase.UNKNOWN
    lost_power: Watts = Watts(0.0)
    drew: Watts = Watts(0.0)
    returned_at: Timestamp | None = None
    reading: Reading | None = None
    setting: Setting | None = None
    born: Timestamp | None = None
    hashing_power: Watts | None = None
    start: Start | None = None
    unapplied: Setting | None = None
    cured: Cure | None = None
    restored: Tuning | None = None
    pools: tuple[Pool, ...] = ()
    pools_due: Timestamp = Timestamp(0.0)
    desired: Desired | None = None
    commanded: Commanded | None = None
    renewed_at: Timestamp = Timestamp(0.0)
    call: Call | None = None
    waiting: Waiting | None = None
    transition: Transition | None = None
    barred: Barred | None = None
    set_from: Timestamp = Timestamp(0.0)
    fallen: Backoff | None = None
    backoffs: Mapping[Step, Backoff] = field(default_factory=lambda: MappingProxyType({}))
    poll: int | None = None
    probe: int | None = None
    probe_due: Timestamp = Timestamp(0.0)
    tokens: int = 0
    consecutive_failures: int = 0
    last_error: LastError | None = None
    latency: Seconds | None = None
    hashed_s: float = 0.0
    counted_at: Timestamp | None = None


def phase_of(observed: Phase, transition: Transition | None) -> Phase:
    """Name the condition: a miner that was told to start and is silent or stopped is on its way."""
    starts = transition is not None and transition.starts and observed is not Phase.HASHING
    return Phase.STARTING if starts else observed


@dataclass(frozen=True, slots=True)
class Poll:
    """Look at the API port."""

    token: int


@dataclass(frozen=True, slots=True)
class Probe:
    """Look at the web server; of a `silent` one no port gave a sign of life."""

    token: int
    silent: bool = False


@dataclass(frozen=True, slots=True)
class ReadPools:
    """Read the mining pools."""


@dataclass(frozen=True, slots=True)
class Send:
    """Carry out a step on the device. `version` is the version of the command it is done for.

    `insist`: it was without effect before, so the device's other way is taken where it has one.
    """

    token: int
    step: Step
    setting: Setting | None
    voltage: Volts | None
    version: Version
    insist: bool = False
    tuning: Tuning | None = None

    @property
    def starts_nothing(self) -> bool:
        """Whether no miner hashes because of it."""
        return self.step is Step.SLEEP or (self.step is Step.RENEW and self.setting is None)


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Do not send this any more, if it is not sent yet."""

    token: int


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell the fleet what became of a step."""

    news: ActionEnded


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer the operator who waits."""

    reply: Reply
    outcome: DeviceError | None


Effect = Poll | Probe | ReadPools | Send | Withdraw | Announce | Answer
