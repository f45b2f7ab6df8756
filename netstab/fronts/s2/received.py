"""What a Resource Manager is sent, and how a frame is read. Pure; decides nothing.

The structs accept what the JSON schemas accept, and no more.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from netstab.fronts.s2.terms import (
    NO_ID,
    ControlType,
    Duration,
    Id,
    Message,
    Moment,
    Part,
    Quantity,
    Reception,
    Revocable,
)

__all__ = [
    "Handshake",
    "HandshakeResponse",
    "LimitInstruction",
    "ModeInstruction",
    "PowerEnvelope",
    "PowerEnvelopeElement",
    "Received",
    "ReceptionStatus",
    "RevokeObject",
    "SelectControlType",
    "SessionRequest",
    "Unusable",
    "decoded",
]


class Handshake(Message, frozen=True, tag="Handshake"):
    message_id: Id
    role: Literal["CEM", "RM"]
    supported_protocol_versions: Annotated[tuple[str, ...], Meta(min_length=1)] | UnsetType = UNSET


class HandshakeResponse(Message, frozen=True, tag="HandshakeResponse"):
    message_id: Id
    selected_protocol_version: str


class SelectControlType(Message, frozen=True, tag="SelectControlType"):
    message_id: Id
    control_type: ControlType


class ReceptionStatus(Message, frozen=True, tag="ReceptionStatus"):
    subject_message_id: Id
    status: Reception
    diagnostic_label: str | UnsetType = UNSET


class ModeInstruction(Message, frozen=True, tag="OMBC.Instruction"):
    message_id: Id
    id: Id
    execution_time: Moment
    operation_mode_id: Id
    operation_mode_factor: float
    abnormal_condition: bool


class PowerEnvelopeElement(Part, frozen=True):
    duration: Duration
    upper_limit: float
    lower_limit: float


class PowerEnvelope(Part, frozen=True):
    id: Id
    commodity_quantity: Quantity
    power_envelope_elements: Annotated[tuple[PowerEnvelopeElement, ...], Meta(min_length=1, max_length=288)]


class LimitInstruction(Message, frozen=True, tag="PEBC.Instruction"):
    message_id: Id
    id: Id
    execution_time: Moment
    abnormal_condition: bool
    power_constraints_id: Id
    power_envelopes: Annotated[tuple[PowerEnvelope, ...], Meta(min_length=1, max_length=10)]


class RevokeObject(Message, frozen=True, tag="RevokeObject"):
    message_id: Id
    object_type: Revocable
    object_id: Id


class SessionRequest(Message, frozen=True, tag="SessionRequest"):
    message_id: Id
    request: Literal["RECONNECT", "TERMINATE"]
    diagnostic_label: str | UnsetType = UNSET


Received = (
    Handshake
    | HandshakeResponse
    | SelectControlType
    | ReceptionStatus
    | ModeInstruction
    | LimitInstruction
    | RevokeObject
    | SessionRequest
)


class Unusable(Part, frozen=True):
    """What came instead of a message, and how that is answered. `subject` None: not at all."""

    subject: str | None
    status: Reception
    reason: str


def decoded(frame: str | bytes) -> Received | Unusable:
    """Read one frame; a binary one is no message."""
    if isinstance(frame, bytes):
        return Unusable(NO_ID, Reception.INVALID_DATA, "A message is a text frame, this one is binary.")
    try:
        raw = msgspec.json.decode(frame)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        return Unusable(NO_ID, Reception.INVALID_DATA, f"This is no JSON: {error}.")
    if isinstance(raw, dict) and raw.get("message_type") == "ReceptionStatus":
        return _converted(raw, None)  # the answer to an answer would have no end
    try:
        subject = msgspec.convert(raw["message_id"], Id)
    except (TypeError, KeyError, IndexError, msgspec.ValidationError):
        return Unusable(NO_ID, Reception.INVALID_DATA, "A message is an object with a message_id.")
    return _converted(raw, subject)


def _converted(raw: Any, subject: str | None) -> Received | Unusable:
    try:
        message: Received = msgspec.convert(raw, Received)
    except msgspec.ValidationError as error:
        return Unusable(subject, Reception.INVALID_MESSAGE, f"{error}.")
    return message
