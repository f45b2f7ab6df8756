"""Builds the running system from its settings: the only place that knows how the parts fit together.

Parts are started in the order in which they need each other and stopped in the reverse order.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from prometheus_client import ProcessCollector

from actors.client import FleetClient
from actors.directory import Directory
from actors.discovery.scan import ScanBoard
from actors.fleet.actor import decision_rules
from actors.fleet.memory import Memory
from actors.fleet.status import snapshot
from actors.fleet.view import View
from actors.front_board import FrontBoard
from actors.multiplexed import MultiplexedActor
from actors.snapshot import FleetSnapshot, StatusBoard
from actors.supervisor import SupervisionBoard
from api.access import Access
from api.app import Dependencies, create_app, create_ems_app, create_ems_server, create_server
from api.metrics import refused_unread
from api.serving.precedence import Precedence
from api.serving.server import Server
from events.follower import LogFollower
from events.history import HistoryReader
from events.lock import lock_for
from events.state import FleetState
from events.telemetry import TelemetryReader
from netstab.clock import Clock, Correction, WallClock, steady_clock, wall_clock
from netstab.devices.awesome_miner.back_end import AwesomeMiner
from netstab.devices.runner import DeviceRunner
from netstab.devices.web import Web
from netstab.errors import LogUnavailable, NetstabError
from netstab.server.front_gauges import FrontGauges
from netstab.server.gauges import FleetGauges
from netstab.server.leadership import Leadership
from netstab.server.process import sockets
from netstab.server.queues import QueueGauges, ServerGauges
from netstab.server.staff import STOP_WITHIN, Seen, Shared
from netstab.server.term import leading
from netstab.settings import Settings
from netstab.units import MinerId, Seconds, Timestamp, Watts

__all__ = ["System", "running"]

logger = logging.getLogger(__name__)

SWITCH_S = 0.0005
"""How long a busy thread may keep the others waiting. At Python's 5 ms, 64 threads that talk to miners would
hold up the polls by a third of a second at each turn, and polls would miss their deadlines."""

_EMS, _CLIENTS, _POLLS = (200, 16), (2000, 4), (2048, 8)
"""Sockets that each may have at most, and one in how many of those that the system allows. Half of these are
scans', so that nobody can use up what another one needs, however few there are."""


@dataclass(frozen=True, slots=True)
class System:
    """A running server: the ports it listens on, and the way in for whoever shares its process."""

    port: int
    ems_port: int | None
    fleet: FleetClient
    clock: Clock

    def silent_for(self) -> Seconds:
        """Return how long ago the fleet's state was published, by a leader's loop or a standby's."""
        return Seconds(self.clock() - self.fleet.snapshot.at)


@contextmanager
def running(settings: Settings, clock: Clock | None = None, wall: WallClock = wall_clock) -> Iterator[System]:
    """Run the whole system, as the fleet's leader or as a standby. Miners are left as they are at its end."""
    sys.setswitchinterval(SWITCH_S)
    with ExitStack() as stack:
        shared = _build(settings, clock or steady_clock(), wall, stack)
        follower = stack.enter_context(closing(LogFollower(settings.database_url)))
        leadership = Leadership(
            lock_for(settings.database_url), partial(leading, shared), partial(_stand_by, shared, follower)
        )
        leadership.start()
        stack.callback(leadership.stop)
        history = stack.enter_context(closing(HistoryReader(settings.database_url)))
        telemetry = stack.enter_context(closing(TelemetryReader(settings.database_url)))
        client = shared.client
        dependencies = Dependencies(
            client, history, settings, shared.clock, telemetry, shared.wall, shared.metrics, shared.fronts
        )
        _measure(shared)
        port, ems_port = _start_servers(dependencies, stack)
        yield System(port, ems_port, client, shared.clock)
        logger.info("Stopping: requests are finished, miners are left as they are.")


def _build(settings: Settings, clock: Clock, wall: WallClock, stack: ExitStack) -> Shared:
    nothing = FleetState(version=0, power_mode=settings.power_mode)
    board = StatusBoard(_seen_from_outside(nothing, None, settings, Correction(clock, wall), clock()))
    web = Web(
        settings.credentials,
        settings.reach,
        whatsminer_api_port=settings.whatsminer_api_port,
        awesome_miner=_awesome_miner(settings, clock, wall, board),
    )
    stack.callback(web.close)
    runner = DeviceRunner(polls_at_once=sockets(*_POLLS), together=MultiplexedActor.pool.together)
    runner.start()
    stack.callback(runner.stop, STOP_WITHIN)
    return Shared(
        settings=settings,
        clock=clock,
        wall=wall,
        board=board,
        scans=ScanBoard(),
        supervision=SupervisionBoard(),
        directory=Directory(),
        runner=runner,
        web=web,
        seen=Seen(),
        fronts=FrontBoard(wall),
    )


def _awesome_miner(
    settings: Settings, clock: Clock, wall: WallClock, board: StatusBoard
) -> AwesomeMiner | None:
    """Return the way to the miners behind Awesome Miner, None where none is set."""

    def rated(miner_id: MinerId) -> Watts:
        miner = board.snapshot.state.miners.get(miner_id)
        return Watts(0.0) if miner is None or miner.direct else miner.rated_power

    given = settings.awesome_miner
    return AwesomeMiner(given, settings.reach, clock, wall, rated) if given.url else None


def _measure(shared: Shared) -> None:
    """Have shown at each scrape what is published and what waits, beside what is counted."""
    registry = shared.metrics.registry
    registry.register(FleetGauges(shared.client, shared.clock))
    registry.register(FrontGauges(shared.fronts, shared.energy))
    registry.register(QueueGauges(shared.directory, shared.runner))
    ProcessCollector(registry=registry)


def _stand_by(shared: Shared, follower: LogFollower) -> None:
    """Publish what the log says of the fleet that another server leads."""
    state, fault = shared.board.snapshot.state, None
    try:
        state = follower.state(shared.seen.head) or state
        shared.seen.note(follower.head)
    except LogUnavailable as error:
        fault = str(error)
    correction = Correction(shared.clock, shared.wall)
    shared.board.snapshot = _seen_from_outside(state, fault, shared.settings, correction, shared.clock())


def _seen_from_outside(
    state: FleetState, fault: str | None, settings: Settings, correction: Correction, now: Timestamp
) -> FleetSnapshot:
    view = View(
        state, {}, now, rules=decision_rules(settings), correction=correction.seconds, log_fault=fault
    )
    shown = snapshot(Memory.begun(now), view)
    return replace(shown, errors=("This server is a standby: it does not see the miners.", *shown.errors))


def _start_servers(dependencies: Dependencies, stack: ExitStack) -> tuple[int, int | None]:
    """Begin to serve all, and the EMS on a port of its own if it is to have one; gives both ports."""
    settings, precedence = dependencies.settings, Precedence()
    refused, servers = refused_unread(dependencies.metrics), dict[str, Server]()
    ems_port = None
    if settings.ems_port is not None:
        only_ems = Access(settings.access, ems_alone=True)
        app, room = create_ems_app(dependencies, only_ems), sockets(*_EMS)
        servers["ems"] = create_ems_server(
            app, settings.host, settings.ems_port, precedence, room, refused, only_ems.refusal
        )
        ems_port = _start(
            servers["ems"],
            f"{settings.host}:{settings.ems_port}",
            "EMS_PORT",
            stack,
        )
    access = Access(settings.access)
    app, room = create_app(dependencies, access), sockets(*_CLIENTS)
    server = servers["all"] = create_server(
        app, settings.host, settings.port, precedence, room, refused, access.refusal
    )
    port = _start(server, f"{settings.host}:{settings.port}", "NETSTAB_PORT", stack)
    dependencies.metrics.registry.register(ServerGauges(servers))
    return port, ems_port


def _start(server: Server, where: str, setting: str, stack: ExitStack) -> int:
    try:
        server.start()
    except OSError as error:
        raise NetstabError(f"Cannot listen on {where}: {error.strerror}. Set {setting}.") from error
    stack.callback(server.stop, STOP_WITHIN)
    return server.port
