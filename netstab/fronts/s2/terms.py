"""The words of S2 JSON 0.0.2-beta: what a field may hold, by the schemas of flexiblepower/s2-ws-json.

Ids are strings: the schemas do not ask for UUIDs. Powers are in W, positive where consumed; durations in ms.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

__all__ = [
    "NO_ID",
    "QUANTITY",
    "VERSION",
    "ControlType",
    "Duration",
    "Id",
    "InstructionState",
    "Message",
    "Moment",
    "Part",
    "Quantity",
    "Reception",
    "Revocable",
]

VERSION = "0.0.2-beta"
NO_ID = str(UUID(int=0))
"""What an answer refers to where the message showed no id."""

QUANTITY: "Quantity" = "ELECTRIC.POWER.3_PHASE_SYMMETRIC"
"""A fleet hangs on all three phases."""

Id = Annotated[str, Meta(pattern=r"[a-zA-Z0-9\-_:]{2,64}")]
Moment = Annotated[datetime, Meta(tz=True)]
Duration = Annotated[float, Meta(ge=0, multiple_of=1)]  # `1.0` is an integer by JSON Schema
Quantity = Literal[
    "ELECTRIC.POWER.L1",
    "ELECTRIC.POWER.L2",
    "ELECTRIC.POWER.L3",
    "ELECTRIC.POWER.3_PHASE_SYMMETRIC",
    "NATURAL_GAS.FLOW_RATE",
    "HYDROGEN.FLOW_RATE",
    "HEAT.TEMPERATURE",
    "HEAT.FLOW_RATE",
    "HEAT.THERMAL_POWER",
    "OIL.FLOW_RATE",
]
Revocable = Literal[
    "PEBC.PowerConstraints",
    "PEBC.EnergyConstraint",
    "PEBC.Instruction",
    "PPBC.PowerProfileDefinition",
    "PPBC.ScheduleInstruction",
    "PPBC.StartInterruptionInstruction",
    "PPBC.EndInterruptionInstruction",
    "OMBC.SystemDescription",
    "OMBC.Instruction",
    "FRBC.SystemDescription",
    "FRBC.Instruction",
    "DDBC.SystemDescription",
    "DDBC.Instruction",
]


class ControlType(StrEnum):
    """How a CEM may control a resource; spelt as the schema spells it."""

    LIMIT = "POWER_ENVELOPE_BASED_CONTROL"
    PROFILE = "POWER_PROFILE_BASED_CONTROL"
    MODE = "OPERATION_MODE_BASED_CONTROL"
    FILL_RATE = "FILL_RATE_BASED_CONTROL"
    DEMAND = "DEMAND_DRIVEN_BASED_CONTROL"
    NOT_CONTROLLABLE = "NOT_CONTROLABLE"
    NONE = "NO_SELECTION"


class Reception(StrEnum):
    """How a message was received."""

    OK = "OK"
    INVALID_DATA = "INVALID_DATA"
    INVALID_MESSAGE = "INVALID_MESSAGE"
    INVALID_CONTENT = "INVALID_CONTENT"
    TEMPORARY_ERROR = "TEMPORARY_ERROR"
    PERMANENT_ERROR = "PERMANENT_ERROR"


class InstructionState(StrEnum):
    """How far an instruction has come."""

    NEW = "NEW"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    REVOKED = "REVOKED"
    STARTED = "STARTED"
    SUCCEEDED = "SUCCEEDED"
    ABORTED = "ABORTED"


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Message(Part, frozen=True, tag_field="message_type"):
    """Anything that is sent; `message_id` is what its `ReceptionStatus` refers to."""
