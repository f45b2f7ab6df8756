"""The conversation with a CEM: each event and the session as it was to the session as it is, and what to do.

Pure: no clock, no socket, no thread. Every message but an answer is answered, whatever it holds.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from netstab.fronts.s2.carrying_out import answered, carry_on, let_go, revoke, silenced
from netstab.fronts.s2.envelopes import wrong_with
from netstab.fronts.s2.instructions import MOST_WAITING, Instruction, added, envelope, known, setpoint
from netstab.fronts.s2.offer import STANDBY
from netstab.fronts.s2.received import (
    Handshake,
    HandshakeResponse,
    LimitInstruction,
    ModeInstruction,
    ReceptionStatus,
    RevokeObject,
    SelectControlType,
    SessionRequest,
    Unusable,
    decoded,
)
from netstab.fronts.s2.telling import OFFERED, describe, greet, introduce, measure, tell_mode
from netstab.fronts.s2.terms import VERSION, ControlType, InstructionState, Reception
from netstab.fronts.s2.turn import Effect, Send, Session, Turn
from netstab.fronts.s2.view import FleetView
from netstab.units import WallTime

__all__ = ["Answered", "Closed", "Event", "Frame", "Opened", "Ticked", "handle"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection stands; `key` is new for each."""

    key: UUID


@dataclass(frozen=True, slots=True)
class Frame:
    content: str | bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """The fleet has answered what was submitted; `refused` says why it refused, None where it did not."""

    ticket: str
    refused: str | None


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The connection is gone."""


Event = Opened | Frame | Answered | Ticked | Closed


def handle(session: Session, event: Event, now: WallTime, view: FleetView) -> tuple[Session, list[Effect]]:
    """Return the session after an event, and what is to be done in this order."""
    turn = Turn(session, now, view)
    match event:
        case Opened(key):
            turn.session = _afresh(session, key)
            greet(turn)
        case Closed():
            return _afresh(session, session.key), []  # until there is a next one nobody acts
        case Frame(content):
            _read(turn, content)
        case Answered(ticket, refused):
            answered(turn, ticket, refused)
        case Ticked():
            pass
    carry_on(turn)
    describe(turn)
    tell_mode(turn)
    measure(turn)
    return turn.session, turn.effects


def _afresh(session: Session, key: UUID) -> Session:
    """Begin from scratch; what a lost session leaves runs on, and so does the count of ids."""
    book, count = silenced(session.book), session.count
    return Session(session.resource, key, count, standing=session.standing, book=book)


def _read(turn: Turn, content: str | bytes) -> None:
    message = decoded(content)
    if isinstance(message, Unusable):
        turn.note(f"A message was not understood: {message.reason}")
        if message.subject is not None:
            turn.answer(message.subject, message.status, message.reason)
    elif isinstance(message, ReceptionStatus):
        _received(turn, message)
    elif not turn.session.opened and not isinstance(message, Handshake | HandshakeResponse | SessionRequest):
        turn.invalid(message.message_id, "The handshake comes first.")
    else:
        _HANDLERS[type(message)](turn, message)


def _shake(turn: Turn, message: Handshake) -> None:
    if message.role != "CEM":
        turn.invalid(message.message_id, "A Resource Manager talks to a CEM.")
        turn.close("What answered there is no CEM.")
    else:
        turn.answer(message.message_id)


def _agree(turn: Turn, message: HandshakeResponse) -> None:
    if message.selected_protocol_version != VERSION:
        turn.invalid(message.message_id, f"The version spoken here is {VERSION}.")
        turn.close(f"The CEM has selected version {message.selected_protocol_version[:32]}.")
    elif turn.session.opened:
        turn.invalid(message.message_id, "A version was selected already.")
    else:
        turn.answer(message.message_id)
        turn.change(opened=True)
        introduce(turn)


def _select(turn: Turn, message: SelectControlType) -> None:
    selected = message.control_type
    if selected not in (*OFFERED, ControlType.NONE):
        turn.invalid(message.message_id, f"{selected} is not offered.")
        return
    turn.answer(message.message_id)
    if selected is not turn.session.control and turn.session.control is not ControlType.NONE:
        let_go(turn)
    turn.change(control=selected, offer=None, described="", described_at=None)


def _received(turn: Turn, message: ReceptionStatus) -> None:
    if message.status is Reception.OK:
        return
    subject = message.subject_message_id
    label = message.diagnostic_label or ""
    turn.note(f"The CEM answers {message.status} to a message: {label[:200]}")
    if message.status is Reception.PERMANENT_ERROR:
        turn.close("The CEM has met an error that it cannot recover from.")
    elif message.status is Reception.TEMPORARY_ERROR:
        recent = turn.session.recent
        once = [sent for sent in recent if getattr(sent, "message_id", "") == subject]
        turn.change(recent=tuple(sent for sent in recent if sent not in once))
        turn.effects.extend(map(Send, once))


def _set_mode(turn: Turn, message: ModeInstruction) -> None:
    if not _is_expected(turn, message, ControlType.MODE):
        return
    offer = turn.session.offer or turn.view.offer  # a withdrawn one as well: the fleet is to refuse
    mode = None if offer is None else offer.mode(message.operation_mode_id)
    if offer is not None and mode is None:
        turn.invalid(message.message_id, "No such operation mode is offered.")
        return
    turn.answer(message.message_id)
    if offer is None or mode is None or not 0 <= message.operation_mode_factor <= 1:
        turn.update(message.id, InstructionState.REJECTED)
        return
    power = min(mode.power(message.operation_mode_factor), offer.rated)
    _keep(turn, setpoint(message, None if mode.id == STANDBY else power, turn.now))


def _set_limits(turn: Turn, message: LimitInstruction) -> None:
    if not _is_expected(turn, message, ControlType.LIMIT):
        return
    turn.answer(message.message_id)
    session = turn.session
    wrong = wrong_with(message, session.offer, session.described)
    if wrong is None:
        _keep(turn, envelope(message, turn.now))
    else:
        turn.note(f"An instruction is rejected: {wrong}")
        turn.update(message.id, InstructionState.REJECTED)


def _is_expected(turn: Turn, message: ModeInstruction | LimitInstruction, control: ControlType) -> bool:
    if turn.session.control is not control:
        turn.invalid(message.message_id, f"{control} is not selected.")
    elif known(turn.book, message.id) is not None:
        turn.invalid(message.message_id, "An instruction of this id is known already.")
    else:
        return True
    return False


def _keep(turn: Turn, instruction: Instruction) -> None:
    """Keep an instruction for its time; one for now is carried out at the end of this turn."""
    if len(turn.book.waiting) >= MOST_WAITING:
        turn.update(instruction.id, InstructionState.REJECTED)
        return
    if instruction.at > turn.now:
        turn.update(instruction.id, InstructionState.ACCEPTED)
        instruction = replace(instruction, state=InstructionState.ACCEPTED)
    turn.change(book=added(turn.book, instruction))


def _revoke(turn: Turn, message: RevokeObject) -> None:
    instruction = known(turn.book, message.object_id)
    kinds = {True: "PEBC.Instruction", False: "OMBC.Instruction"}
    if instruction is None or kinds[instruction.is_limit] != message.object_type:
        turn.invalid(message.message_id, f"No {message.object_type} of this id is in force or waits.")
        return
    turn.answer(message.message_id)
    revoke(turn, instruction)


def _end(turn: Turn, message: SessionRequest) -> None:
    turn.answer(message.message_id)
    if message.request == "TERMINATE":
        let_go(turn)
    turn.close(f"The CEM asks to {message.request.lower()}.")


_HANDLERS: dict[type, Callable[[Turn, Any], None]] = {
    Handshake: _shake,
    HandshakeResponse: _agree,
    SelectControlType: _select,
    ModeInstruction: _set_mode,
    LimitInstruction: _set_limits,
    RevokeObject: _revoke,
    SessionRequest: _end,
}
