"""What a controller does, and says of itself, while something is cut off from it. Pure.

A claim is a power that it shows as drawn while it says that it can be ordered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from netstab.qualification.explained import Moment

__all__ = ["Claim", "Claims", "Failsafe", "claims", "failsafe"]


class Claim(NamedTuple):
    """A moment in s, what was claimed to be drawn in W (None: nothing), and what was."""

    at: float
    claimed: float | None
    true: float


@dataclass(frozen=True, slots=True)
class Claims:
    """The longest stretch in s in which what was claimed was off, and by how much in W at the most."""

    longest_false: float
    largest: float

    def honest(self, noticed_within: float) -> bool:
        """Whether no false claim outlasted the seconds that a loss may take to be noticed."""
        return self.longest_false <= noticed_within


def claims(seen: Sequence[Claim], tolerance: float) -> Claims:
    """Look for claims that are off by more than `tolerance` W; the samples are in the order of time."""
    longest, largest, since = 0.0, 0.0, None
    for at, claimed, true in seen:
        off = 0.0 if claimed is None else abs(claimed - true)
        largest = max(largest, off)
        if off <= tolerance:
            since = None
            continue
        since = at if since is None else since
        longest = max(longest, at - since)
    return Claims(longest, largest)


@dataclass(frozen=True, slots=True)
class Failsafe:
    """Seconds from the last word of the EMS until power was at the failsafe's, None if it never was.

    `moved_early` says that power left the order's band before the time-out; `left_again` are the seconds in
    which it was out of the failsafe's band afterwards.
    """

    seconds: float | None
    moved_early: bool
    left_again: float

    def defined(self, within: float) -> bool:
        """Whether it was entered as it is declared: not before the time-out, soon enough, and for good."""
        return (
            self.seconds is not None and self.seconds <= within and not (self.moved_early or self.left_again)
        )


def failsafe(
    power: Sequence[Moment], last_word: float, timeout: float, ordered: float, safe: float, tolerance: float
) -> Failsafe:
    """Judge what was drawn from the last word on, in order of time, until the EMS is heard again.

    `ordered` and `safe` are the powers in W of the order in force and of the failsafe, `tolerance` is how far
    off counts as at them. Power is taken to be at the order when the EMS is heard last.
    """
    since = [(at - last_word, drawn) for at, drawn in power if at >= last_word]
    early = any(abs(drawn - ordered) > tolerance for at, drawn in since if at < timeout)
    reached = [abs(drawn - safe) <= tolerance for _, drawn in since]
    entered = next((place for place, (at, _) in enumerate(since) if at >= timeout and reached[place]), None)
    if entered is None:
        return Failsafe(None, early, 0.0)
    out = sum(
        since[place + 1][0] - since[place][0]
        for place in range(entered, len(since) - 1)
        if not reached[place]
    )
    return Failsafe(since[entered][0], early, out)
