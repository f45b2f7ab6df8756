"""A session with a CEM as a value, and what one event makes of it. Pure: what is to be done is returned."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid5

from msgspec import UNSET

from events.commands import Command
from netstab.fronts.s2.instructions import Book, Instruction
from netstab.fronts.s2.offer import Offer
from netstab.fronts.s2.received import ReceptionStatus
from netstab.fronts.s2.sent import InstructionStatusUpdate
from netstab.fronts.s2.terms import ControlType, InstructionState, Message, Reception
from netstab.fronts.s2.view import FleetView
from netstab.units import WallTime, Watts, rfc3339

__all__ = ["Close", "Effect", "Measured", "Note", "Send", "Session", "Standing", "Submit", "Turn"]

_REMEMBERED = 16
_NO_KEY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Send:
    message: Message


@dataclass(frozen=True, slots=True)
class Submit:
    """Have the fleet told; what it answers comes back with the ticket. One after the other."""

    command: Command
    ticket: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something that an operator may want to read in the server's log."""

    text: str


@dataclass(frozen=True, slots=True)
class Close:
    """End the connection, once the fleet was told what is to be told; `reason` is what is shown."""

    reason: str


Effect = Send | Submit | Note | Close


@dataclass(frozen=True, slots=True)
class Standing:
    """The operation mode that was told last; the one before it, and since when the fleet is not in that."""

    mode: str
    factor: float
    previous: str | None = None
    since: WallTime | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    at: WallTime
    power: Watts


@dataclass(frozen=True, slots=True)
class Session:
    """`key` is what ids of messages are made from, `count` how many were made.

    `opened` says that the handshake is done. `offer` was described as `described`, empty while nothing is.
    `recent` has what was sent last and may be asked for again.
    """

    resource: str
    key: UUID = _NO_KEY
    count: int = 0
    opened: bool = False
    control: ControlType = ControlType.NONE
    offer: Offer | None = None
    described: str = ""
    described_at: WallTime | None = None
    standing: Standing | None = None
    measured: Measured | None = None
    book: Book = field(default_factory=Book)
    recent: tuple[Message, ...] = ()


class Turn:
    """The session while one event is worked in: it is replaced step by step, and effects are gathered."""

    def __init__(self, session: Session, now: WallTime, view: FleetView) -> None:
        self.session = session
        self.now = now
        self.view = view
        self.effects: list[Effect] = []

    @property
    def book(self) -> Book:
        return self.session.book

    def change(self, **changes: Any) -> None:
        self.session = replace(self.session, **changes)

    def note_down(self, **changes: Any) -> None:
        self.change(book=replace(self.book, **changes))

    def new_id(self) -> str:
        self.change(count=self.session.count + 1)
        return str(uuid5(self.session.key, str(self.session.count)))

    def send(self, make: Callable[[str], Message], *, again: bool = True) -> str:
        """Send a message of a new id; return the id. One that goes out of date is not sent `again`."""
        message_id = self.new_id()
        message = make(message_id)
        if again:
            self.change(recent=(*self.session.recent, message)[-_REMEMBERED:])
        self.effects.append(Send(message))
        return message_id

    def answer(self, subject: str, status: Reception = Reception.OK, reason: str = "") -> None:
        self.effects.append(Send(ReceptionStatus(subject, status, reason or UNSET)))

    def invalid(self, subject: str, reason: str) -> None:
        """Say that a message is well-formed and makes no sense now."""
        self.answer(subject, Reception.INVALID_CONTENT, reason)
        self.note(f"A message was refused: {reason}")

    def submit(self, command: Command) -> str:
        """Have the fleet told; return the ticket."""
        ticket = self.new_id()
        self.effects.append(Submit(command, ticket))
        return ticket

    def update(self, instruction_id: str, state: InstructionState) -> None:
        at = rfc3339(self.now)
        self.send(lambda message_id: InstructionStatusUpdate(message_id, instruction_id, state, at))

    def give_up(self, instruction: Instruction) -> None:
        """Say of an instruction that it will not be carried out, or not to its end."""
        if instruction.finished:
            return
        taken = instruction.state is not InstructionState.NEW
        self.update(instruction.id, InstructionState.ABORTED if taken else InstructionState.REJECTED)

    def note(self, text: str) -> None:
        self.effects.append(Note(text))

    def close(self, reason: str) -> None:
        self.effects.append(Close(reason))
