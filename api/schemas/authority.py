"""Who commands the fleet of several ways in, and what each wants."""

from enum import StrEnum

from api.schemas.base import Answer, Moment
from events.state import Source

__all__ = ["Command", "FrontSetpointView", "SetpointView"]


class Command(StrEnum):
    """Who is in command: a way in, `ems` being REST, or a person.

    An operator's order without override lasts until the next word of a way in.
    """

    EMS = "ems"
    MODBUS = "modbus"
    MQTT = "mqtt"
    S2 = "s2"
    OPENADR = "openadr"
    SCHEDULE = "schedule"
    PRICE = "price"
    OPERATOR = "operator"
    OVERRIDE = "override"
    FAILSAFE = "failsafe"
    NOBODY = "nobody"


class SetpointView(Answer):
    """What a way in wants drawn, null for standby, and until when; null: until it says otherwise.

    What is `in_force` is the target; limits may leave less of it.
    """

    source: Source
    power_kw: float | None
    since: Moment
    until: Moment | None
    command_id: str
    in_force: bool


class FrontSetpointView(SetpointView):
    """The same now: whom it waits for, null while it is in force, and when that way in gave its last command.

    A `silent` one has let the time-out pass; what it wants ends by that, but for a standby.
    """

    waits_for: Source | None
    last_command: Moment | None
    silent: bool
