"""What a CEM has instructed: what stands, what is with the fleet to be taken, and what is for later. Pure.

Each instruction stands from its time until that of the next one.
"""

from dataclasses import dataclass, replace

from netstab.fronts.s2.received import LimitInstruction, ModeInstruction
from netstab.fronts.s2.terms import InstructionState
from netstab.units import WallTime, Watts

__all__ = [
    "MOST_WAITING",
    "Book",
    "Instruction",
    "Step",
    "added",
    "due",
    "envelope",
    "known",
    "setpoint",
    "without",
]

MOST_WAITING = 100
"""Instructions for later that are kept; more are rejected."""


@dataclass(frozen=True, slots=True)
class Step:
    """An upper limit that holds until a moment."""

    until: WallTime
    power: Watts


@dataclass(frozen=True, slots=True)
class Instruction:
    """A setpoint (`target`, None: standby), or `steps` of limits in the order of time, from `at` on."""

    id: str
    at: WallTime
    target: Watts | None = None
    steps: tuple[Step, ...] = ()
    state: InstructionState = InstructionState.NEW
    started_at: WallTime | None = None

    @property
    def is_limit(self) -> bool:
        return bool(self.steps)

    @property
    def finished(self) -> bool:
        return self.state is InstructionState.SUCCEEDED

    def step(self, now: WallTime) -> Step | None:
        """Return the limit that holds now, None where all have ended."""
        return next((step for step in self.steps if now < step.until), None)

    @property
    def end(self) -> WallTime:
        return self.steps[-1].until


@dataclass(frozen=True, slots=True)
class Book:
    """`asked` is with the fleet, which has not answered yet; `current` was taken by it.

    `said` is the step of either that the fleet was told last. `ticket` is what the fleet has not answered
    yet, empty if nothing: one thing is said after the other.
    """

    waiting: tuple[Instruction, ...] = ()
    asked: Instruction | None = None
    current: Instruction | None = None
    said: Step | None = None
    ticket: str = ""


def added(book: Book, instruction: Instruction) -> Book:
    """Keep an instruction; of two for the same moment the newer one comes later."""
    waiting = sorted((*book.waiting, instruction), key=lambda one: one.at)
    return replace(book, waiting=tuple(waiting))


def due(book: Book, now: WallTime) -> tuple[Instruction | None, tuple[Instruction, ...], Book]:
    """Take the newest one whose time has come; return it, those that it overtakes, and the rest."""
    ready = tuple(one for one in book.waiting if one.at <= now)
    if not ready or book.ticket:
        return None, (), book
    rest = book.waiting[len(ready) :]
    return ready[-1], ready[:-1], replace(book, waiting=rest, asked=ready[-1])


def known(book: Book, instruction_id: str) -> Instruction | None:
    every = (*book.waiting, book.asked, book.current)
    return next((one for one in every if one is not None and one.id == instruction_id), None)


def without(book: Book, instruction_id: str) -> Book:
    """Forget an instruction, wherever it stands; what the fleet still answers to it is of no account."""
    if book.asked and book.asked.id == instruction_id:
        return replace(book, asked=None, ticket="")
    if book.current and book.current.id == instruction_id:
        return Book(book.waiting, book.asked, ticket=book.ticket if book.asked else "")
    return replace(book, waiting=tuple(one for one in book.waiting if one.id != instruction_id))


def setpoint(message: ModeInstruction, target: Watts | None, now: WallTime) -> Instruction:
    return Instruction(message.id, begin(message, now), target)


def begin(message: ModeInstruction | LimitInstruction, now: WallTime) -> WallTime:
    """Return when it is to be carried out: a time that has passed is now."""
    return WallTime(max(now, message.execution_time.timestamp()))


def envelope(message: LimitInstruction, now: WallTime) -> Instruction:
    """Read a schedule of limits; neighbours of one power are one step."""
    at = moment = begin(message, now)
    steps: list[Step] = []
    for element in message.power_envelopes[0].power_envelope_elements:
        moment = WallTime(moment + element.duration / 1000)
        if steps and steps[-1].power == element.upper_limit:
            steps.pop()
        steps.append(Step(moment, Watts(element.upper_limit)))
    return Instruction(message.id, at, steps=tuple(steps))
