"""Carries out what is instructed: when its time comes, step by step, and says how far it has come. Pure.

Whether something is refused decides the fleet: it is asked, so that the refusal is recorded.
"""

from dataclasses import replace

from events.commands import Activate, Command, Deactivate, LiftLimit, Release, SetLimit
from netstab.fronts.s2.instructions import Book, Instruction, Step, due, without
from netstab.fronts.s2.terms import InstructionState
from netstab.fronts.s2.turn import Turn
from netstab.units import Seconds, WallTime

__all__ = ["LIMIT_SOURCE", "answered", "carry_on", "let_go", "revoke", "silenced"]

LIMIT_SOURCE = "s2"

BRIDGE = Seconds(15.0)
"""How much longer a step of a schedule holds than it is meant to, for the next one to take its place: between
two of them there is no moment without a limit, also while the connection is made anew."""

_SETTLES_AFTER = Seconds(2.0)  # what was settled may be the order before


def carry_on(turn: Turn) -> None:
    """Ask for what has come due, and follow what stands."""
    instruction, overtaken, book = due(turn.book, turn.now)
    turn.change(book=book)
    for other in overtaken:
        turn.give_up(other)
    if instruction is not None:
        _ask(turn, instruction)
    _follow(turn)


def _ask(turn: Turn, instruction: Instruction) -> None:
    step = instruction.step(turn.now)
    if instruction.is_limit and step is None:  # all of it has passed while the fleet was busy
        turn.note_down(asked=None)
        _take(turn, instruction)
        return
    command = _command(instruction, step)
    turn.note_down(ticket=turn.submit(command), said=step)


def _command(instruction: Instruction, step: Step | None) -> Command:
    if step is not None:
        until = min(WallTime(step.until + BRIDGE), instruction.end)
        return SetLimit(LIMIT_SOURCE, step.power, until)
    return Deactivate() if instruction.target is None else Activate(instruction.target)


def answered(turn: Turn, ticket: str, refused: str | None) -> None:
    """Work in what the fleet says to a command."""
    book = turn.book
    if ticket != book.ticket:
        return
    turn.note_down(ticket="", asked=None)
    if refused is not None:
        turn.note(f"The fleet has refused what the CEM instructed: {refused}")
    if book.asked is None:
        if refused is not None and book.current is not None:
            turn.give_up(book.current)
            turn.note_down(current=None, said=None)
    elif refused is not None:
        turn.give_up(book.asked)
    else:
        _take(turn, book.asked)


def _take(turn: Turn, instruction: Instruction) -> None:
    """The fleet has taken it: it stands in the place of the one before."""
    if turn.book.current is not None:
        turn.give_up(turn.book.current)
    if instruction.state is InstructionState.NEW:
        instruction = _moved_on(turn, instruction, InstructionState.ACCEPTED)
    turn.note_down(current=instruction)


def _follow(turn: Turn) -> None:
    current = turn.book.current
    if current is None:
        return
    if current.is_limit:
        _follow_limit(turn, current)
    elif not turn.view.holds:
        turn.give_up(current)
        turn.note_down(current=None)
    else:
        turn.note_down(current=_advanced(turn, current))


def _advanced(turn: Turn, current: Instruction) -> Instruction:
    if current.state is InstructionState.ACCEPTED and turn.view.commands:
        current = _moved_on(turn, current, InstructionState.STARTED)
        return replace(current, started_at=turn.now)
    began = current.started_at
    if current.state is not InstructionState.STARTED or not turn.view.settled or began is None:
        return current
    if abs(turn.now - began) < _SETTLES_AFTER:
        return current
    return _moved_on(turn, current, InstructionState.SUCCEEDED)


def _follow_limit(turn: Turn, current: Instruction) -> None:
    if current.state is InstructionState.ACCEPTED:
        current = _moved_on(turn, current, InstructionState.STARTED)
    step = current.step(turn.now)
    if step is None:
        if not current.finished:
            _moved_on(turn, current, InstructionState.SUCCEEDED)
        turn.note_down(current=None, said=None)
        return
    turn.note_down(current=current)
    if step != turn.book.said and not turn.book.ticket:
        turn.note_down(said=step, ticket=turn.submit(_command(current, step)))


def _moved_on(turn: Turn, instruction: Instruction, state: InstructionState) -> Instruction:
    turn.update(instruction.id, state)
    return replace(instruction, state=state)


def revoke(turn: Turn, instruction: Instruction) -> None:
    """End an instruction, wherever it stands: what the fleet was told of it is taken back."""
    book = turn.book
    if instruction in (book.asked, book.current):
        turn.submit(LiftLimit(LIMIT_SOURCE) if instruction.is_limit else Release())
    turn.change(book=without(book, instruction.id))
    turn.update(instruction.id, InstructionState.REVOKED)


def let_go(turn: Turn) -> None:
    """End all that was instructed: the CEM controls no more, or otherwise."""
    book = turn.book
    told = [one for one in (book.asked, book.current) if one is not None]
    if any(one.is_limit for one in told):
        turn.submit(LiftLimit(LIMIT_SOURCE))
    if turn.view.holds or any(not one.is_limit for one in told):
        turn.submit(Release())
    for one in (*book.waiting, *told):
        turn.give_up(one)
    turn.change(book=Book())


def silenced(book: Book) -> Book:
    """Return what a lost session leaves: a schedule of limits in force runs to its end, and says nothing."""
    current = book.current
    if current is None or not current.is_limit:
        return Book()
    return Book(current=replace(current, state=InstructionState.SUCCEEDED), said=book.said)
