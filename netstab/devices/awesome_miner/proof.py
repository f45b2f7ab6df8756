"""Whom Awesome Miner may have stopped: all only after a stop was seen to work on a first one. Pure.

What its `stop` does to a miner is not known: nothing, the end of its mining process, sleep. So one at a time
is tried, and hash rates decide. It remembers as well whom it had stopped, to tell who was started by others.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct, field
from msgspec.structs import replace

from netstab.devices.awesome_miner.document import MOST_LISTED
from netstab.units import Seconds, Timestamp

__all__ = ["MOST_TRIALS", "STOPS_WITHIN", "Action", "Given", "Proof", "Seen", "candidate"]

STOPS_WITHIN = Seconds(120.0)
"""A miner ends its hashing within 30 s, and Awesome Miner's view of it is seconds old."""

MOST_TRIALS = 3
"""On so many a stop is tried; where none of them stops, nobody else is told to."""

AWAITED_FOR = Seconds(300.0)
"""So long at most the effect of what a miner was told is awaited: it may have to boot."""

LEFT_ALONE = Seconds(3600.0)
"""So long one is left alone that was started by somebody else."""


class Action(StrEnum):
    """The actions that are ever sent: never `restart`, never `reboot`."""

    STOP = "stop"
    START = "start"


class Seen(Struct, frozen=True, gc=False):
    """What is seen of a miner, as first told at `at`: whether it hashes, and whether a start is offered."""

    hashes: bool
    startable: bool
    at: Timestamp


class Given(Struct, frozen=True, gc=False):
    """The last action that a miner was told, when, and whether its effect was seen since.

    `stopped_at` is when it was first seen to be stopped: a stop has worked where a later look says so too.
    """

    action: Action
    at: Timestamp
    seen: bool = False
    stopped_at: Timestamp | None = None


class Proof(Struct, frozen=True):
    """What is known of the stops, by the numbers of miners.

    `trial` is the one on which a stop is tried, `failed` are those where it did nothing, `others` those
    that somebody else has started, and since when.
    """

    proved_by: int | None = None
    trial: int | None = None
    failed: tuple[int, ...] = ()
    given: Mapping[int, Given] = field(default_factory=lambda: MappingProxyType({}))
    others: Mapping[int, Timestamp] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def proved(self) -> bool:
        return self.proved_by is not None

    @property
    def exhausted(self) -> bool:
        return not self.proved and self.trial is None and len(self.failed) >= MOST_TRIALS

    def refuses(self, number: int, action: Action) -> str:
        """Say why a miner may not be told that now, "" if it may be."""
        if self.proved or number == self.trial or (action is Action.START and self.has_stopped(number)):
            return ""
        if self.exhausted:
            return f"a stop through Awesome Miner was tried on {len(self.failed)} miners and stopped none"
        if self.trial is not None:
            return "a first stop through Awesome Miner has yet to be seen to work"
        return ""

    def awaits(self, number: int, now: Timestamp) -> bool:
        """Whether a miner was told something whose effect may still come."""
        last = self.given.get(number)
        return last is not None and not last.seen and now - last.at <= AWAITED_FOR

    def has_stopped(self, number: int) -> bool:
        """Whether a miner was told to stop and nothing since: who does so late may be started again."""
        last = self.given.get(number)
        return last is not None and last.action is Action.STOP

    def told(self, number: int, action: Action, now: Timestamp, *, hashed: bool) -> "Proof":
        """Note what a miner is told; the stop of one that hashed is a trial while none has worked."""
        repeats = number == self.trial and action is Action.STOP  # saying it again gives it no more time
        given = {**self.given, number: self.given[number] if repeats else Given(action, now)}
        others = {one: since for one, since in self.others.items() if one != number}
        tries = action is Action.STOP and hashed and not self.proved
        trial = number if tries else None if number == self.trial else self.trial
        return replace(self, given=given, others=others, trial=trial)

    def with_proof(self, number: int) -> "Proof":
        """Note that a stop was seen to work on a miner, at whatever time."""
        return replace(self, proved_by=number, trial=None)

    def untold(self, number: int, before: "Proof") -> "Proof":
        """Note that it was not told after all."""
        given = {one: each for one, each in self.given.items() if one != number}
        if number in before.given:
            given[number] = before.given[number]
        its = number in (self.trial, before.trial) and self.trial in (None, number)
        return replace(self, given=given, trial=before.trial if its and not self.proved else self.trial)

    def after(self, seen: Mapping[int, Seen], now: Timestamp) -> "Proof":
        """Take in what is seen of all miners that tell something; who tells nothing shows nothing."""
        given, others = dict(self.given), dict(self.others)
        for number, last in self.given.items():
            miner = seen.get(number)
            if miner is not None and miner.at > last.at:
                _judge(number, last, miner, given, others, now)
        kept = {one: at for one, at in others.items() if now - at < LEFT_ALONE}
        return _tried(replace(self, given=given, others=kept), now)

    def listed(self, numbers: Mapping[int, object]) -> "Proof":
        """Forget those that are listed no more, where they are too many: a list may be short for a moment."""
        if len(self.given) <= MOST_LISTED:
            return self
        return replace(self, given={one: each for one, each in self.given.items() if one in numbers})


def _tried(proof: Proof, now: Timestamp) -> Proof:
    """Judge the trial: by its effect within its time, else it has failed."""
    trial = proof.trial
    last = proof.given.get(trial) if trial is not None else None
    if trial is None or last is None:
        return proof
    late = now - last.at > STOPS_WITHIN
    if last.seen:  # too late it may have had any cause
        return replace(proof, proved_by=None if late else trial, trial=None)
    if not late:
        return proof
    return replace(proof, trial=None, failed=tuple(dict.fromkeys((*proof.failed, trial))))


def _judge(
    number: int,
    last: Given,
    miner: Seen,
    given: dict[int, Given],
    others: dict[int, Timestamp],
    now: Timestamp,
) -> None:
    """See to what came of the last thing that a miner was told."""
    if last.action is Action.STOP and last.seen and miner.hashes:
        others.setdefault(number, now)
        given[number] = Given(Action.START, now, seen=True)  # by somebody
    elif last.action is Action.START:
        given[number] = replace(last, seen=last.seen or miner.hashes)
    elif not last.seen:
        given[number] = _stopping(last, miner)
    if not miner.hashes and others.pop(number, None) is not None:
        given[number] = Given(Action.STOP, now, seen=True)  # by somebody as well


def _stopping(last: Given, miner: Seen) -> Given:
    """See whether a stop works: of one that cannot be started again it is none that others may be told."""
    if miner.hashes or not miner.startable:
        return replace(last, stopped_at=None)
    began = miner.at if last.stopped_at is None else last.stopped_at
    return replace(last, stopped_at=began, seen=miner.at > began)


def candidate(proof: Proof, switchable: Mapping[int, bool]) -> int | None:
    """Name the one that a stop is to be tried on, None where none is to be.

    `switchable` are those that could be told, and whether they hash: of those that do the lowest number, for
    who is stopped cannot show it.
    """
    if proof.proved or proof.exhausted:
        return None
    if proof.trial is not None:
        return proof.trial
    untried = {number: hashes for number, hashes in switchable.items() if number not in proof.failed}
    running = [number for number, hashes in untried.items() if hashes]
    return min(running or untried, default=None)
