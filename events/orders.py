"""What was ordered, by whom and until when: the values that the state holds. They decide nothing.

Who commands when several want to says `events.authority`.
"""

from dataclasses import dataclass
from enum import StrEnum

from netstab.dispatch.failsafe import FailsafeAction
from netstab.units import WallTime, Watts

__all__ = ["FRONTS", "Failsafe", "FrontSetpoint", "Limit", "Order", "Override", "Source"]


class Source(StrEnum):
    """Who gave a command: a front, by its way in (`EMS` is REST), a person, or the server itself."""

    EMS = "ems"
    DASHBOARD = "dashboard"
    SYSTEM = "system"
    MODBUS = "modbus"
    MQTT = "mqtt"
    S2 = "s2"
    OPENADR = "openadr"
    SCHEDULE = "schedule"
    PRICE = "price"


FRONTS = (
    Source.EMS,
    Source.MODBUS,
    Source.MQTT,
    Source.S2,
    Source.OPENADR,
    Source.SCHEDULE,
    Source.PRICE,
)
"""Those that have setpoints of their own, in the order of their priority where none is set."""


@dataclass(frozen=True, slots=True)
class Order:
    """The dispatch command in force. `target` None orders standby; `version` is that of its event.

    `source` is whose setpoint it is, also where another's command has put it in force.
    """

    target: Watts | None
    command_id: str
    source: Source
    version: int
    since: WallTime


@dataclass(frozen=True, slots=True)
class FrontSetpoint:
    """What a front wants drawn, in force or waiting; `target` None is standby.

    It was said by the command of `version` and ends by itself at `until` by the host's clock, None: when it
    is released. `begun` is the version at which the front's present activation began: one that follows a
    power keeps it.
    """

    source: Source
    target: Watts | None
    until: WallTime | None
    command_id: str
    since: WallTime
    version: int
    begun: int


@dataclass(frozen=True, slots=True)
class Override:
    """The operator has taken command from the EMS. `target` None means all miners stopped."""

    target: Watts | None
    command_id: str
    since: WallTime


@dataclass(frozen=True, slots=True)
class Failsafe:
    """A `front` fell silent at `silent_since`; what was done about it stands until one commands again.

    `power` is what was ordered by the action `POWER`; `version` is that of the event.
    """

    since: WallTime
    action: FailsafeAction
    command_id: str
    power: Watts | None
    silent_since: WallTime
    version: int = 0
    front: Source = Source.EMS


@dataclass(frozen=True, slots=True)
class Limit:
    """What a source allows to be drawn at most, by the command of `version`.

    It ends by itself at `until` by the host's clock, None: when it is lifted. No unit above `efficiency` J/TH
    runs while it is in force, None: any may.
    """

    source: str
    power: Watts
    until: WallTime | None
    command_id: str
    since: WallTime
    version: int
    efficiency: float | None = None
