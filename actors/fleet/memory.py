"""All that the fleet's control loop remembers from one message to the next, as one immutable value. Pure.

What outlives a restart is in the log instead, and what the miners report is looked at anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from actors.fleet.levels import Level
from events.pace import Pace
from events.repetition import Tally
from events.state import Source
from netstab.dispatch.calibration import MeterFit
from netstab.dispatch.confirmation import Confirmation
from netstab.dispatch.forecast import NO_FORECAST, Deviation, Forecast
from netstab.dispatch.plan import Plan
from netstab.dispatch.ramp import Change, RampState
from netstab.dispatch.reach import OutOfReach
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.signal_forecast import SignalForecast
from netstab.dispatch.staggered_start import StaggeredStart
from netstab.dispatch.standing import Standing
from netstab.dispatch.switching import SwitchingHistory
from netstab.units import MinerId, Timestamp, Version, Watts

__all__ = ["Learning", "Memory", "Schedule", "Wanted"]

Wanted = Mapping[MinerId, Setpoint | None]


@dataclass(frozen=True, slots=True)
class Schedule:
    """`commanded` has the last setpoint of each miner, None if it was released, and `versions` its order.

    `history` is what miners were put through. `ramp` and `woken` are what was let through lately.
    `confirmation` is how soon those that are woken answer.
    `returned` have begun to start by themselves, and were not looked at for that yet. `coming`
    were woken, are large for the ramp, and raise power by so much once they hash.
    `asked` is what was asked when the fleet was gone through last, and `let` who was let through then and is
    not told yet: asked the same, a large fleet is not gone through.
    """

    commanded: Wanted = field(default_factory=dict)
    versions: Mapping[MinerId, Version] = field(default_factory=dict)
    history: Mapping[MinerId, SwitchingHistory] = field(default_factory=dict)
    ramp: RampState = field(default_factory=RampState)
    woken: StaggeredStart = ()
    confirmation: Confirmation = field(default_factory=Confirmation)
    returned: tuple[MinerId, ...] = ()
    coming: Mapping[MinerId, Watts] = field(default_factory=dict)
    asked: tuple[Any, ...] | None = None
    let: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Learning:
    """What was found of the meter and of each miner, smoothed, and when that was looked at and recorded.

    `levels` are what units that are tuned draw, and since when. `climb_scale` is what the meter shows of
    units that climb in units of what they tell.
    """

    looked_at: Timestamp
    recorded_at: Timestamp
    hours_recorded_at: Timestamp
    fit: MeterFit | None = None
    factors: Mapping[MinerId, float] = field(default_factory=dict)
    levels: Mapping[MinerId, Level] = field(default_factory=dict)
    climb_scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Memory:
    """Begun by `begun`. `plan` is the one in force, `forecast` what it is expected to come to.

    `wanted` is what every miner is to be at, None to be left alone. `signal` is how the
    target moves, and `standing` since when it stands.
    Fronts were `heard` last then, those in `lost` are gone as their protocol tells, and an override ended at
    `released_at`, None while this server has seen none. `initializing` until every miner was looked at,
    and `unseen_since` then some are not, None for none;
    `stale` when what the plan was made of has changed. `tally` counts what is said again,
    `pace` what changes. `doubles` are second addresses of machines, with those under which they are
    registered.
    """

    started_at: Timestamp
    learning: Learning
    plan: Plan | None = None
    wanted: Wanted = field(default_factory=dict)
    schedule: Schedule = field(default_factory=Schedule)
    forecast: Forecast = NO_FORECAST
    out_of_reach: OutOfReach | None = None
    deviation: Deviation | None = None
    signal: SignalForecast = field(default_factory=SignalForecast)
    standing: Standing = field(default_factory=Standing)
    heard: Mapping[Source, Timestamp] = field(default_factory=dict)
    lost: frozenset[Source] = frozenset()
    released_at: Timestamp | None = None
    unseen_since: Timestamp | None = None
    tally: Tally = field(default_factory=Tally)
    pace: Pace = field(default_factory=Pace)
    doubles: Mapping[MinerId, MinerId] = field(default_factory=dict)
    initializing: bool = True
    stale: bool = True

    @classmethod
    def begun(cls, now: Timestamp) -> "Memory":
        """Return what a server knows that starts now: nothing."""
        return cls(started_at=now, learning=Learning(now, now, now))
