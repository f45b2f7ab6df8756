"""What Awesome Miner said last, for all its units: one poll for all of them, and the commands to single ones.

Who asks for a unit's reading is given what is known already, and never waits for the wire.
"""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

from netstab.clock import Clock, WallClock, steady_clock, wall_clock
from netstab.devices.awesome_miner.access import Access, AwesomeMinerSettings
from netstab.devices.awesome_miner.document import Listed
from netstab.devices.awesome_miner.ids import Known, known_as
from netstab.devices.awesome_miner.proof import Action, Proof, Seen, candidate
from netstab.devices.awesome_miner.unit import reading, takes_no_orders, unheard
from netstab.devices.awesome_miner.updates import Update, followed
from netstab.devices.port import Permit, Reading
from netstab.errors import (
    CommandRefused,
    DeviceError,
    StillStarting,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from netstab.reach import Reach
from netstab.units import MinerId, Seconds, Timestamp, WallTime, Watts

__all__ = ["STALE_AFTER", "AwesomeMiner", "Board"]

STALE_AFTER = Seconds(30.0)
"""Three polls: what is older counts for nothing."""

Rated = Callable[[MinerId], Watts]


@dataclass(frozen=True, slots=True)
class Board:
    """What the last good poll has told, which began `at` (None before the first), and a later `fault`.

    `tried` is who a first stop is tried on.
    """

    at: Timestamp | None = None
    listed: Mapping[int, Listed] = field(default_factory=dict)
    updates: Mapping[int, Update] = field(default_factory=dict)
    known: Known = field(default_factory=lambda: Known({}, ()))
    tried: int | None = None
    fault: DeviceError | None = None

    def is_fresh(self, now: Timestamp) -> bool:
        return self.at is not None and now - self.at <= STALE_AFTER


class AwesomeMiner:
    """Safe for many threads, of which one polls.

    `rated` tells what a unit is rated at: 0 W if it is not, or is known directly and so none of these.
    """

    def __init__(
        self,
        settings: AwesomeMinerSettings,
        reach: Reach,
        clock: Clock | None = None,
        wall: WallClock = wall_clock,
        rated: Rated = lambda _miner_id: Watts(0.0),
    ) -> None:
        self._access = Access(settings)
        self._reach, self._clock, self._wall = reach, clock or steady_clock(), wall
        self._lock, self._polling = threading.Lock(), threading.Lock()
        self.rated = rated
        self.control = settings.control
        self.board = Board()
        self.proof = Proof()
        self.asked: Future[None] = Future()
        """Done once the first poll has ended, well or not."""

    def proved_before(self, miner_id: MinerId) -> None:
        """Take in that a stop of that unit was seen to work before this server began."""
        with self._lock:
            if not self.proof.proved:
                self.proof = self.proof.with_proof(self.board.known.numbers.get(miner_id, -1))

    def poll(self) -> None:
        """Ask for all miners, and publish what is told; raises a `DeviceError` of what went wrong.

        It blocks for as long as `ANSWER_WITHIN`.
        """
        if not self._polling.acquire(blocking=False):
            raise TimedOut(f"{self._access.peer} is still being asked.")
        try:
            self._poll(self._clock(), self._wall())
        except DeviceError as error:
            self.board = replace(self.board, fault=error)
            raise
        finally:
            if not self.asked.done():
                self.asked.set_result(None)
            self._polling.release()

    def _poll(self, now: Timestamp, wall: WallTime) -> None:
        listed = self._access.listed()
        self._publish(listed, now, followed(self.board.updates, listed, now, wall))

    def _publish(self, listed: Mapping[int, Listed], now: Timestamp, updates: Mapping[int, Update]) -> None:
        known = self._known(listed)
        heard = {
            number: Seen(bool(miner.hashes), miner.can_start, updates[number].seen)
            for number, miner in listed.items()
            if unheard(miner, updates[number], now) is None
        }
        with self._lock:
            self.proof = self.proof.listed(listed).after(heard, now)
            switchable = {
                number: heard[number].hashes
                for miner_id, number in known.numbers.items()
                if number in heard and not self._refusal(miner_id, listed[number], tried=number)
            }
            tried = candidate(self.proof, switchable)
        self.board = Board(now, listed, updates, known, tried)

    def _known(self, listed: Mapping[int, Listed]) -> Known:
        """Return which units are listed: as before where all are at the same hosts."""
        before = self.board.listed
        same = before.keys() == listed.keys() and all(
            before[number].hostname == miner.hostname for number, miner in listed.items()
        )
        return self.board.known if same else known_as(listed, self._reach)

    def works(self) -> bool:
        """Whether the last good poll is fresh."""
        return self.board.is_fresh(self._clock())

    def reading(self, miner_id: MinerId) -> Reading:
        """Return what is known of a unit; raises a `DeviceError` where that is nothing."""
        board = self.board
        miner = self._heard(miner_id, board)
        return reading(miner, self.rated(miner_id), self._refusal(miner_id, miner, board.tried))

    def details(self, miner_id: MinerId) -> dict[str, Any]:
        """Ask for all that is told of a unit."""
        return self._access.miner(self._listed(miner_id, self.board).number)

    def act(self, miner_id: MinerId, action: Action, permit: Permit) -> None:
        """Have a unit stopped or started; raises a `DeviceError` where it is not. It is sent at most once."""
        miner = self._heard(miner_id, self.board)
        if not self.control:
            raise CommandRefused("Awesome Miner is only read: AWESOME_MINER_CONTROL is false.")
        if not (miner.can_stop if action is Action.STOP else miner.can_start):
            raise CommandRefused(f"Awesome Miner does not offer to {action} it.")
        before = self._claim(miner, action)
        try:
            self._access.act(miner.number, action, permit)
        except DeviceError as error:
            if not error.may_have_acted:
                with self._lock:
                    self.proof = self.proof.untold(miner.number, before)
            raise

    def _claim(self, miner: Listed, action: Action) -> Proof:
        """Note what a miner is told, unless it may not be; gives what was noted before."""
        with self._lock:
            before = self.proof
            if refused := before.refuses(miner.number, action):
                raise StillStarting(f"{refused[0].upper()}{refused[1:]}.")
            self.proof = before.told(miner.number, action, self._clock(), hashed=miner.hashes is True)
            return before

    def _refusal(self, miner_id: MinerId, miner: Listed, tried: int | None) -> str:
        if not self.control:
            return ""
        return takes_no_orders(miner, self.rated(miner_id), self.proof, tried, self._clock())

    def _heard(self, miner_id: MinerId, board: Board) -> Listed:
        miner = self._listed(miner_id, board)
        if (why := unheard(miner, board.updates[miner.number], self._clock())) is not None:
            raise why
        return miner

    def _listed(self, miner_id: MinerId, board: Board) -> Listed:
        if not board.is_fresh(self._clock()):
            raise _stale(board.fault)
        number = board.known.numbers.get(miner_id)
        if number is None:
            raise Unreachable("Awesome Miner does not list it.")
        return board.listed[number]


def _stale(fault: DeviceError | None) -> DeviceError:
    """Return why nothing is known of any unit: each has an error of its own."""
    if fault is None:
        return Unreachable("Awesome Miner has not been asked for it yet.")
    kind = Unauthorized if isinstance(fault, Unauthorized) else Unreachable
    return kind(str(fault))
