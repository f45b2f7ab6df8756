"""What a site's server answers, checked where it is parsed. Pure; powers come in kW and leave in W."""

from dataclasses import dataclass
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from netstab.devices.antminer.naming import label
from netstab.errors import CommandRefused, MalformedAnswer, NotAMiner, Unauthorized, Unreachable
from netstab.units import Watts, watts
from netstab.wire.http import Answer

__all__ = ["Capacity", "Dispatch", "Status", "Told", "accepted", "asks_for_a_token", "capacity", "document"]

T = TypeVar("T", bound=Struct)

_LONGEST = 200  # characters of a server's sentence
_FLEETS = 1000
_REALM = "netstab"  # what a server names when it asks for a token

Kilowatts = Annotated[float, Meta(ge=0, le=1e6)]
Figure = Annotated[float, Meta(ge=-1e6, le=1e6)]
FleetId = Annotated[str, Meta(pattern="^[0-9a-f]{2}(:[0-9a-f]{2}){5}$")]


class Status(Struct, rename="camel"):
    """`GET /api/status`."""

    is_available_for_dispatch: bool
    running_status: Annotated[int, Meta(ge=1, le=2)]
    rated_power_in_kw: Kilowatts
    active_power_in_kw: Figure


class Limit(Struct):
    power_kw: Kilowatts


class Dispatch(Struct):
    """What counts of `GET /dashboard/api/dispatch`."""

    in_command: Annotated[str, Meta(max_length=32)]
    target_power_kw: Kilowatts | None
    limits: list[Limit]


class Capacity(Struct):
    """What counts of `GET /dashboard/api/capacity`."""

    fleet_id: FleetId | None
    fleets_below: Annotated[list[FleetId], Meta(max_length=_FLEETS)]
    rated_power_kw: Kilowatts
    reachable_power_kw: Kilowatts
    minimum_power_kw: Kilowatts
    lowest_power_kw: Kilowatts
    power_step_kw: Kilowatts


class _Outcome(Struct):
    message: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a site tells at one look."""

    status: Status
    dispatch: Dispatch
    capacity: Capacity

    @property
    def overridden(self) -> bool:
        return self.dispatch.in_command == "override"

    @property
    def target(self) -> Watts:
        """What it pursues, 0 W in standby."""
        return watts(self.dispatch.target_power_kw or 0.0)


def document(answer: Answer, kind: type[T]) -> T:
    """Read a document; `Unreachable` where the server says that it sees no unit."""
    _let_in(answer)
    if answer.status == 503:
        raise Unreachable(f"The site's server answers: {_sentence(answer)}")
    if answer.status != 200:
        raise MalformedAnswer(f"The site's server answers with status {answer.status}: {_sentence(answer)}")
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (ValueError, RecursionError) as error:
        raise MalformedAnswer(f"The site's server lacks what a unit has to tell: {error}") from error


def capacity(answer: Answer) -> Capacity:
    """Read the capacity of what may be anything: `NotAMiner` unless it has a fleet's id.

    A standby has none: it is `Unreachable`, since another server leads that fleet.
    """
    try:
        found = document(answer, Capacity)
    except (MalformedAnswer, Unauthorized) as error:
        raise NotAMiner("What answers there is no server of a fleet.") from error
    if found.fleet_id is None:
        raise Unreachable("The server there is a standby: another one leads the fleet.")
    return found


def asks_for_a_token(answer: Answer) -> bool:
    """Whether it is a server of a fleet that wants a token: what else answers 401 is shown none."""
    return answer.status == 401 and f'realm="{_REALM}"' in answer.challenge


def accepted(answer: Answer) -> None:
    """See that a command was accepted."""
    _let_in(answer)
    if answer.status == 503:
        raise Unreachable(f"The site's server answers: {_sentence(answer)}")
    if answer.status != 200:
        raise CommandRefused(f"The site refuses: {_sentence(answer)}")


def _let_in(answer: Answer) -> None:
    """Raise `Unauthorized` in the words of a server that wants another token, or does not serve us."""
    if asks_for_a_token(answer) or (answer.status == 403 and _said(answer)):
        raise Unauthorized(f"The site does not let this server in: {_sentence(answer)}")


def _sentence(answer: Answer) -> str:
    return _said(answer) or f"status {answer.status}"


def _said(answer: Answer) -> str:
    """Return the message of a server's answer, empty if there is none."""
    try:
        return label(msgspec.json.decode(answer.body, type=_Outcome).message, _LONGEST)
    except (ValueError, RecursionError):
        return ""
