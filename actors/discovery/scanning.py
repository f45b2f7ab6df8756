"""The scan of a block: who waits for it, what of it is registered on the way, and its end. One at a time."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from actors.discovery.looker import Looker
from actors.discovery.registrar import SYSTEM_CLIENT, Occasion, Registrar
from actors.discovery.scan import ScanBoard, ScanProgress, ScanRequest, ScanResult, Sighting, Surveyed
from actors.discovery.sweep import hosts
from netstab.clock import WallClock
from netstab.errors import CommandRejected, DeviceError, ErrorCode
from netstab.reach import Network
from netstab.units import MinerId

__all__ = ["ScanEnded", "Scanning", "Seen"]

logger = logging.getLogger(__name__)

_SMALLEST, _LARGEST = 100, 1000
_OF_FLEET = 8
"""While a scan goes on so many miners are registered together: an eighth of the fleet, between those two. The
fleet looks at all its units each time, so that must not be the more often the larger it is."""


@dataclass(frozen=True, slots=True)
class Seen:
    """To discovery, from the loop: a scan has found a miner."""

    sighting: Sighting


@dataclass(frozen=True, slots=True)
class ScanEnded:
    """To discovery, from the loop: all addresses of a block were looked at."""

    outcome: Surveyed | DeviceError


class Scanning:
    """Part of discovery, on its thread; what the loop has seen comes back through `tell`."""

    def __init__(
        self,
        scans: ScanBoard,
        looker: Looker,
        registrar: Registrar,
        wall: WallClock,
        tell: Callable[[Seen | ScanEnded], None],
    ) -> None:
        self._scans = scans
        self._looker = looker
        self._registrar = registrar
        self._wall = wall
        self._tell = tell
        self._waiting: list[ScanRequest] = []
        self._unregistered: list[Sighting] = []
        self._unrecorded: list[MinerId] = []

    @property
    def runs(self) -> bool:
        return bool(self._waiting)

    @property
    def occasion(self) -> Occasion:
        """For whom miners are registered, while a scan runs: for whoever began it."""
        first = self._waiting[0]
        network = self._scans.progress.network
        return Occasion("scan", first.client, network, first.principal, first.request_id)

    def join(self, request: ScanRequest) -> CommandRejected | None:
        """Begin a scan, or wait for the one that runs; refused while that is another block's."""
        running = self._scans.progress
        if self._waiting and running.network != request.network:
            return CommandRejected(
                ErrorCode.SCAN_RUNNING, f"{running.network} is being scanned; wait for its end."
            )
        self._waiting.append(request)
        if len(self._waiting) == 1:
            self._start(request.network)
        return None

    def _start(self, network: Network) -> None:
        scans, addresses = self._scans, hosts(network)
        scans.progress = ScanProgress(
            running=True, network=network, total=len(addresses), started_at=self._wall()
        )

        def looked_at(sighting: Sighting | None) -> None:
            now = scans.progress
            found = now.found + (sighting is not None)
            scans.progress = replace(now, scanned=now.scanned + 1, found=found)
            if sighting is not None:
                self._tell(Seen(sighting))

        self._looker.scan(addresses, looked_at, lambda outcome: self._tell(ScanEnded(outcome)))

    def seen(self, sighting: Sighting) -> None:
        """Register the first miners of a large block while the rest is still being scanned."""
        self._unregistered.append(sighting)
        if len(self._unregistered) < min(_LARGEST, max(_SMALLEST, self._registrar.count // _OF_FLEET)):
            return
        batch, self._unregistered = self._registrar.clear(self._unregistered), []
        try:
            self._unrecorded += self._registrar.enrol(batch, self.occasion, goes_on=True).unrecorded
        except CommandRejected as rejected:
            logger.warning("Miners found are registered later: %s", rejected)

    def ended(self, outcome: Surveyed | DeviceError) -> tuple[Surveyed, Occasion] | None:
        """Register what was found, now that all is seen, and answer; gives what the server still owes."""
        occasion = self.occasion
        if isinstance(outcome, DeviceError):
            text = f"The scan of {occasion.network} failed: {outcome}"
            self.end(CommandRejected(ErrorCode.INTERNAL_ERROR, text))
            return None
        try:
            enrolled = self._registrar.settle(outcome.swept.found, outcome.besides, occasion)
        except CommandRejected as rejected:
            by_itself = any(request.client == SYSTEM_CLIENT for request in self._waiting)
            self.end(rejected)
            return (outcome, Occasion("scan", network=occasion.network)) if by_itself else None
        unrecorded = dict.fromkeys([*self._unrecorded, *enrolled.unrecorded])
        network = self._waiting[0].network
        self.end(ScanResult(network, outcome.swept, tuple(unrecorded), enrolled.doubles))
        return None

    def end(self, outcome: ScanResult | CommandRejected) -> None:
        """Answer all who wait for the scan."""
        waiting, self._waiting, self._unregistered, self._unrecorded = self._waiting, [], [], []
        self._scans.progress = self._scans.progress.ended(outcome)
        for request in waiting:
            if isinstance(outcome, CommandRejected):
                request.done.set_exception(outcome)
            else:
                request.done.set_result(outcome)
