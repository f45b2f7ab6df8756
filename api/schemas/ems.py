"""The EMS's bodies. Unknown fields of its requests are ignored: it may send metadata of its own."""

from typing import Annotated

from msgspec import Meta, Struct

from api.schemas.base import Answer

__all__ = ["Activation", "CommandAnswer", "Deactivation", "EmsStatus"]


# The bounds are the fleet's to judge, so that a command beyond them is recorded as refused.
Power = Annotated[
    float,
    Meta(description="Power in kW, from 0 to the rated power.", extra_json_schema={"minimum": 0}),
]


class EmsStatus(Answer, rename="camel"):
    """The real-time state of the fleet, as one load."""

    is_available_for_dispatch: bool
    running_status: Annotated[int, Meta(ge=1, le=2, description="1 StandBy, 2 Running")]
    rated_power_in_kw: float
    active_power_in_kw: float


class Activation(Struct, rename="camel"):
    """The power that the EMS asks for."""

    activation_power_in_kw: Power


class Deactivation(Struct):
    """Nothing is needed; whatever is sent is ignored."""


class CommandAnswer(Answer):
    """What became of an EMS command."""

    accepted: bool
    message: str
