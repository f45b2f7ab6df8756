"""What a front is given: the fleet, commands that never block the loop, and a place to say how it stands."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from actors.energy_board import EnergyBoard
from actors.front_board import FrontBoard
from actors.messages import CommandResult
from actors.port import DispatchPort, Sender
from events.commands import Command
from events.state import Source
from netstab.clock import Clock
from netstab.errors import CommandRejected, ErrorCode
from netstab.fronts.reading import FleetReading, reading_of
from netstab.schedules.interval import Interval
from netstab.units import Seconds, Timestamp, WallTime

__all__ = ["ANSWERED_WITHIN", "AT_ONCE", "MOST_WAITING", "Link"]

AT_ONCE = 4
"""Commands of a front that are with the fleet together."""

MOST_WAITING = 32
"""Commands of a front that are under way or wait; what comes beyond is refused, for it would be too late."""

ANSWERED_WITHIN = Seconds(4.0)
"""The port answers within 3 s of when it is asked."""


class Link:
    """One front's, for a term; `submit` is for the loop, `submit_now` for a thread."""

    def __init__(
        self,
        name: str,
        fleet: DispatchPort,
        board: FrontBoard,
        energy: EnergyBoard,
        clock: Clock,
    ) -> None:
        self.fleet = fleet
        self.clock = clock
        self._name = name
        self._board = board
        self._energy = energy
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=f"front-{name}")
        self._waiting = 0

    def reading(self) -> FleetReading:
        """Return what is told of the fleet now; asks nobody."""
        return reading_of(self.fleet.snapshot, self._energy.kilowatt_hours)

    def wall(self) -> WallTime:
        """Return what the host's clock shows now."""
        return self.fleet.snapshot.wall(self.clock())

    async def submit(
        self, command: Command, source: Source, client: str, arrived: Timestamp | None = None
    ) -> CommandResult:
        """Hand over a command without blocking the loop; `client` is recorded as who said it.

        It arrived now unless said; what has waited for too long is refused by the port.

        Raises `CommandRejected` as the port does, with BUSY where too many wait, and with INTERNAL_ERROR
        where no answer came in time.
        """
        if self._waiting >= MOST_WAITING:
            raise CommandRejected(
                ErrorCode.BUSY, f"{MOST_WAITING} commands wait already; say it again later."
            )
        self._waiting += 1
        since = self.clock() if arrived is None else arrived
        asked = self._pool.submit(self.submit_now, command, source, client, since)
        answer = asyncio.wrap_future(asked)
        answer.add_done_callback(self._answered)
        try:
            async with asyncio.timeout(ANSWERED_WITHIN):  # `wait_for` of 3.11 may lose a cancellation
                return await asyncio.shield(answer)
        except TimeoutError:
            message = f"The fleet gave no answer to {command.name} within {ANSWERED_WITHIN:g} s."
            raise CommandRejected(ErrorCode.INTERNAL_ERROR, message) from None

    def submit_now(
        self, command: Command, source: Source, client: str, arrived: Timestamp | None = None
    ) -> CommandResult:
        """Hand over a command from a thread of one's own, as the port does; it arrived now unless said."""
        waited = Seconds(0.0 if arrived is None else self.clock() - arrived)
        return self.fleet.submit(command, source, Sender(client, waited))

    def connected(self, counterpart: str = "") -> None:
        """Say that the counterpart is there, and how it may be shown; again and again does no harm."""
        self._board.connected(self._name, counterpart)

    def trouble(self, error: str) -> None:
        """Say what went wrong where the front goes on; what ends it is raised instead."""
        self._board.trouble(self._name, error)

    def away(self, error: str) -> None:
        """Say that the counterpart is not there, where the front goes on without it."""
        self._board.away(self._name, error)

    def announce(self, intervals: Iterable[Interval]) -> None:
        """Say what will be asked for, as far as it is known, in the place of what was said before."""
        self._board.announce(self._name, intervals)

    def close(self) -> None:
        """End the threads; what they have begun is bounded by the port."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _answered(self, answer: asyncio.Future[CommandResult]) -> None:
        self._waiting -= 1
        if not answer.cancelled():
            answer.exception()  # whoever waited for it may have gone
