"""One term of leadership: the log is open for writing, the actors run, and the miners follow it.

Parts are started in the order in which they need each other and stopped in the reverse order.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, closing, contextmanager

from actors.discovery.registrar import SYSTEM_CLIENT
from actors.discovery.scan import ScanRequest
from actors.fence import WakeFence
from events.log import FleetLog
from events.pen import ThreadedPen
from events.reserve import Reserve
from events.telemetry import TelemetryWriter
from netstab import __version__
from netstab.server.staff import STOP_WITHIN, Parts, Shared, start_actors
from netstab.server.ways_in import start_fronts

__all__ = ["leading"]

logger = logging.getLogger(__name__)


@contextmanager
def leading(shared: Shared) -> Iterator[WakeFence]:
    """Lead the fleet. Once the fence is closed nothing is written to the log and nothing sent to a miner."""
    settings = shared.settings
    with ExitStack() as stack:
        log = FleetLog(settings.database_url, shared.wall, settings.power_mode, shared.seen.head)
        reserve = stack.enter_context(closing(Reserve.at(settings.reserve_file)))
        pen = ThreadedPen("log")
        stack.callback(_close, log, pen)
        stack.callback(lambda: shared.seen.note(log.head))
        _take_up(log, reserve)
        log.server_started(__version__)
        telemetry = stack.enter_context(closing(TelemetryWriter(settings.database_url)))
        shared.energy.joules = telemetry.energy()
        parts = Parts(log, reserve, pen, telemetry, WakeFence(lambda: log.head.version))
        start_actors(shared, parts, stack)
        start_fronts(shared, stack)
        if settings.discovery_enabled:
            shared.directory.tell_discovery(ScanRequest(settings.network, SYSTEM_CLIENT, Future()))
        yield parts.fence


def _take_up(log: FleetLog, reserve: Reserve) -> None:
    """Record what an earlier term carried out unrecorded, before anything else."""
    if reserve.kept:
        count = reserve.unrecorded.count
        log.take_up(reserve.kept, "the log could not be written, and the server ended meanwhile")
        if count:
            logger.warning("What was carried out unrecorded is recorded now: %d commands.", count)
        reserve.clear()


def _close(log: FleetLog, pen: ThreadedPen) -> None:
    """Close the log, unless a write to it hangs: it would hang as well."""
    if pen.close(STOP_WITHIN):
        log.close()
    else:
        logger.error("The command log stands still; it is left open.")
