"""Builds the running system from its settings: the only place that knows how the parts fit together.

Parts are started in the order in which they need each other and stopped in the reverse order.
"""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pykka

from actors.client import FleetClient
from actors.directory import Directory
from actors.discovery import SYSTEM_CLIENT, Discovery, DiscoveryParts
from actors.fence import WakeFence
from actors.fleet.actor import FleetActor, FleetParts
from actors.fleet.status import Condition, rated_power, snapshot
from actors.messages import MinerStarted, Tick
from actors.miner.actor import MinerActor, MinerParts
from actors.miner.state import MinerFacts
from actors.multiplexed import MultiplexedActor
from actors.scan import ScanBoard, ScanRequest
from actors.snapshot import StatusBoard
from actors.supervisor import Employ, SupervisionBoard, Supervisor, stop_all
from actors.ticker import Ticker, TickerReport
from api.app import Dependencies, create_app
from api.server import Server
from events.history import HistoryReader
from events.log import FleetLog
from events.state import RegisteredMiner
from netstab import __version__
from netstab.clock import Clock, steady_clock
from netstab.devices.drivers import driver_for
from netstab.devices.port import Credentials, Endpoint
from netstab.devices.runner import DeviceRunner
from netstab.devices.web import Web
from netstab.errors import NetstabError
from netstab.power.models import model_named
from netstab.settings import Settings
from netstab.units import Seconds

__all__ = ["System", "running"]

logger = logging.getLogger(__name__)

Ref = pykka.ActorRef[Any]

SWITCH_S = 0.0005
"""How long a busy thread may keep the others waiting. At Python's 5 ms, 64 threads that talk to miners would
hold up the polls by a third of a second at each turn, and polls would miss their deadlines."""

START_WITHIN = Seconds(30.0)
STOP_WITHIN = Seconds(5.0)


@dataclass(frozen=True, slots=True)
class System:
    """A running server: the port it listens on, and the way in for whoever shares its process."""

    port: int
    fleet: FleetClient


@dataclass(frozen=True, slots=True)
class _Parts:
    """What is built before any actor starts."""

    settings: Settings
    clock: Clock
    log: FleetLog
    board: StatusBoard
    scans: ScanBoard
    supervision: SupervisionBoard
    directory: Directory
    fence: WakeFence
    runner: DeviceRunner
    web: Web

    @property
    def client(self) -> FleetClient:
        return FleetClient(
            directory=self.directory,
            board=self.board,
            scans=self.scans,
            supervision=self.supervision,
            runner=self.runner,
            web=self.web,
            clock=self.clock,
        )


@contextmanager
def running(settings: Settings, clock: Clock | None = None) -> Iterator[System]:
    """Run the whole system. Miners are left as they are when it stops."""
    sys.setswitchinterval(SWITCH_S)
    with ExitStack() as stack:
        parts = _build(settings, clock or steady_clock(), stack)
        _start_actors(parts, stack)
        client = parts.client
        history = stack.enter_context(closing(HistoryReader(settings.database_url)))
        server = _start_server(Dependencies(client, history, settings, parts.clock), stack)
        if settings.discovery_enabled:
            parts.directory.tell_discovery(ScanRequest(settings.network, SYSTEM_CLIENT, Future()))
        yield System(server.port, client)
        logger.info("Stopping: requests are finished, miners are left as they are.")


def _build(settings: Settings, clock: Clock, stack: ExitStack) -> _Parts:
    log = FleetLog(settings.database_url, clock, settings.power_mode)
    stack.enter_context(closing(log))
    log.server_started(__version__)
    web = stack.enter_context(closing(Web(Credentials(settings.username, settings.password))))
    runner = DeviceRunner()
    runner.start()
    stack.callback(runner.stop, STOP_WITHIN)
    rated = rated_power(log.state, settings.rated_power)
    starting = Condition(initializing=True, log_fault=None, settled=False)
    first = snapshot(log.state, {}, None, starting, rated, clock())
    return _Parts(
        settings=settings,
        clock=clock,
        log=log,
        board=StatusBoard(first),
        scans=ScanBoard(),
        supervision=SupervisionBoard(),
        directory=Directory(),
        fence=WakeFence(),
        runner=runner,
        web=web,
    )


def _start_actors(parts: _Parts, stack: ExitStack) -> None:
    """Start the supervisor, have it start the others, and wait until the fleet answers."""
    MultiplexedActor.pool.start()
    stack.callback(MultiplexedActor.pool.stop, STOP_WITHIN)
    directory = parts.directory
    supervisor = Supervisor.start(parts.clock, parts.supervision.publish)
    directory.supervisor = supervisor
    staff = {"supervisor": supervisor}
    stack.callback(_stop_actors, directory, staff)
    for name, start in _staff(parts).items():

        def enter(name: str = name, start: Callable[[], Ref] = start) -> Ref:
            staff[name] = start()
            return staff[name]

        supervisor.ask(Employ(name, enter), timeout=START_WITHIN)
    if directory.fleet is None:
        raise NetstabError("The fleet could not be started; the log says why.")
    directory.fleet.ask(Tick(), timeout=START_WITHIN)


def _staff(parts: _Parts) -> dict[str, Callable[[], Ref]]:
    """Say how each actor that is no miner's is started, in this order."""
    fleet = FleetParts(
        log=parts.log,
        board=parts.board,
        directory=parts.directory,
        fence=parts.fence,
        clock=parts.clock,
        settings=parts.settings,
        starter=partial(_miner_starter, parts),
    )
    discovery = DiscoveryParts(
        directory=parts.directory,
        board=parts.board,
        scans=parts.scans,
        runner=parts.runner,
        web=parts.web,
        settings=parts.settings,
        clock=parts.clock,
        submit=parts.client.submit,
    )

    def start_fleet() -> Ref:
        parts.directory.fleet = FleetActor.start(fleet)
        return parts.directory.fleet

    def start_discovery() -> Ref:
        parts.directory.discovery = Discovery.start(discovery)
        return parts.directory.discovery

    def start_ticker() -> Ref:
        return Ticker.start(parts.directory, parts.settings.poll_interval, parts.clock, _warn_of_lag)

    return {"fleet": start_fleet, "discovery": start_discovery, "ticker": start_ticker}


def _miner_starter(parts: _Parts, miner: RegisteredMiner) -> Callable[[], Ref]:
    facts = MinerFacts(
        miner.miner_id, model_named(miner.model), miner.home_frequency, parts.settings.poll_interval
    )
    endpoint = Endpoint(miner.miner_id, miner.api_port, miner.http_port)
    driver = driver_for(miner.firmware, parts.web)
    shared = MinerParts(parts.directory, parts.runner, parts.fence, parts.clock)

    def start() -> Ref:
        ref = MinerActor.start(facts, endpoint, driver, shared)
        parts.directory.enter(miner.miner_id, ref)
        # Only now: told any earlier, the fleet might still write to the predecessor.
        parts.directory.tell_fleet(MinerStarted(miner.miner_id))
        return ref

    return start


def _warn_of_lag(report: TickerReport) -> None:
    if report.lag > 1.0:
        logger.warning("Polls are %.1f s late; %d were left out so far.", report.lag, report.skipped)


def _stop_actors(directory: Directory, staff: Mapping[str, Ref]) -> None:
    """Stop the supervisor first, so that nobody is started again, and the miners last."""
    miners = {str(miner_id): ref for miner_id, ref in directory.miners().items()}
    for name in stop_all({**staff, **miners}, STOP_WITHIN):
        logger.error("Actor %s did not stop in time.", name)


def _start_server(dependencies: Dependencies, stack: ExitStack) -> Server:
    settings = dependencies.settings
    server = Server(create_app(dependencies), settings.host, settings.port)
    try:
        server.start()
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise NetstabError(f"Cannot listen on {where}: {error.strerror}. Set NETSTAB_PORT.") from error
    stack.callback(server.stop, STOP_WITHIN)
    return server
