"""The EMS's bodies. Unknown fields of its requests are ignored: it may send metadata of its own."""

from typing import Annotated

from msgspec import Meta, Struct

from api.schemas.base import Answer, Target

__all__ = ["Activation", "CommandAnswer", "Deactivation", "EmsStatus"]


class EmsStatus(Answer, rename="camel"):
    """The real-time state of the fleet, as one load."""

    is_available_for_dispatch: bool
    running_status: Annotated[int, Meta(ge=1, le=2, description="1 StandBy, 2 Running")]
    rated_power_in_kw: float
    active_power_in_kw: float


class Activation(Struct, rename="camel"):
    """The power that the EMS asks for."""

    activation_power_in_kw: Target


class Deactivation(Struct):
    """Nothing is needed; whatever is sent is ignored."""


class CommandAnswer(Answer):
    """What became of an EMS command."""

    accepted: bool
    message: str
