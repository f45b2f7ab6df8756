"""The actors of one term of leadership: what they work with, how they are started, restarted and stopped."""

import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import pykka

from actors.awesome_miner import AwesomeMinerActor, AwesomeMinerParts, interval_of
from actors.client import FleetClient
from actors.directory import Directory
from actors.discovery.actor import Discovery, DiscoveryParts
from actors.discovery.scan import ScanBoard
from actors.energy_board import EnergyBoard
from actors.fence import WakeFence
from actors.fleet.actor import FleetActor, FleetParts
from actors.front_board import FrontBoard
from actors.messages import MinerStarted, Tick
from actors.meter import MeterActor, MeterParts
from actors.meter_board import MeterBoard, MeterState
from actors.miner.actor import MinerActor, MinerParts
from actors.miner.state import MinerFacts
from actors.multiplexed import MultiplexedActor
from actors.signs_of_life import SignsOfLife
from actors.snapshot import StatusBoard
from actors.stories import Stories
from actors.supervisor import Employ, SupervisionBoard, Supervisor, stop_all
from actors.telemetry import TelemetryActor, TelemetryParts
from actors.ticker import Ticker, TickerReport
from events.chain import GENESIS, Head
from events.log import FleetLog
from events.pen import ThreadedPen
from events.reserve import Reserve
from events.state import RegisteredMiner
from events.telemetry import TelemetryWriter
from netstab.clock import Clock, WallClock
from netstab.devices.awesome_miner.back_end import AwesomeMiner
from netstab.devices.families import driver_of, family_of
from netstab.devices.family import Family
from netstab.devices.out_of_reach import OutOfReachDriver
from netstab.devices.port import Endpoint, Readable
from netstab.devices.runner import DeviceRunner
from netstab.devices.web import Web
from netstab.errors import NetstabError
from netstab.meters.drivers import meter_for
from netstab.metrics import Metrics
from netstab.settings import Settings
from netstab.units import Seconds, Watts

__all__ = ["STOP_WITHIN", "Parts", "Seen", "Shared", "start_actors"]

logger = logging.getLogger(__name__)

Ref = pykka.ActorRef[Any]

STAFF = ("fleet", "discovery", "ticker", "telemetry", "meter", "awesome_miner")
"""The actors that are no miner's, by the names that they are employed under."""

_MINER = "miner"
START_WITHIN = Seconds(30.0)
STOP_WITHIN = Seconds(5.0)


@dataclass(slots=True)
class Seen:
    """The newest event of the log that this server knows of: no log without it is its log."""

    head: Head = GENESIS

    def note(self, head: Head) -> None:
        if head.version > self.head.version:
            self.head = head


@dataclass(frozen=True, slots=True)
class Shared:
    """What outlives a term: a standby has it too."""

    settings: Settings
    clock: Clock
    wall: WallClock
    board: StatusBoard
    scans: ScanBoard
    supervision: SupervisionBoard
    directory: Directory
    runner: DeviceRunner
    web: Web
    seen: Seen
    fronts: FrontBoard
    energy: EnergyBoard = field(default_factory=EnergyBoard)
    metrics: Metrics = field(default_factory=Metrics)
    signs: SignsOfLife = field(default_factory=SignsOfLife)

    def __post_init__(self) -> None:
        for name in (*STAFF, _MINER):  # so that the first restart of any is seen as one more than none
            self.metrics.actor_restarts.labels(name)

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
            reach=self.settings.reach,
            metrics=self.metrics,
            signs=self.signs,
        )


@dataclass(frozen=True, slots=True)
class Parts:
    """What the actors of one term have to themselves."""

    log: FleetLog
    reserve: Reserve
    pen: ThreadedPen
    telemetry: TelemetryWriter
    fence: WakeFence


def start_actors(shared: Shared, parts: Parts, stack: ExitStack) -> None:
    """Start the supervisor, have it start the others, and wait until the fleet answers."""
    MultiplexedActor.pool.start()
    stack.callback(MultiplexedActor.pool.stop, STOP_WITHIN)
    directory = shared.directory
    supervisor = Supervisor.start(
        shared.clock, shared.supervision.publish, partial(_restarted, shared.metrics)
    )
    directory.supervisor = supervisor
    staff = {"supervisor": supervisor}
    stack.callback(_stop_actors, directory, shared.runner, staff)
    for name, start in _staff(shared, parts).items():

        def enter(name: str = name, start: Callable[[], Ref] = start) -> Ref:
            staff[name] = start()
            return staff[name]

        supervisor.ask(Employ(name, enter), timeout=START_WITHIN)
    if directory.fleet is None:
        raise NetstabError("The fleet could not be started; the log says why.")
    directory.fleet.ask(Tick(), timeout=START_WITHIN)


def _staff(shared: Shared, parts: Parts) -> dict[str, Callable[[], Ref]]:
    """Say how each actor that is no miner's is started, in this order."""
    directory, meter = shared.directory, _meter(shared)
    fleet, discovery = _fleet(shared, parts, meter), _discovery(shared)
    telemetry = TelemetryParts(
        directory, shared.board, parts.telemetry, shared.clock, shared.settings, shared.energy
    )

    def start_fleet() -> Ref:
        directory.fleet = FleetActor.start(fleet)
        return directory.fleet

    def start_discovery() -> Ref:
        directory.discovery = Discovery.start(discovery)
        return directory.discovery

    staff: dict[str, Callable[[], Ref]] = {
        "fleet": start_fleet,
        "discovery": start_discovery,
        "ticker": partial(
            Ticker.start, directory, shared.settings.poll_interval, shared.clock, _Lag(shared.metrics)
        ),
        "telemetry": partial(TelemetryActor.start, telemetry),
    }
    if meter is not None:
        staff["meter"] = partial(MeterActor.start, meter)
    if shared.web.awesome_miner is not None:
        staff["awesome_miner"] = partial(
            AwesomeMinerActor.start, _awesome_miner(shared, shared.web.awesome_miner)
        )
    return staff


def _fleet(shared: Shared, parts: Parts, meter: MeterParts | None) -> FleetParts:
    stories = Stories()
    miners = MinerParts(shared.directory, shared.runner, parts.fence, shared.clock, shared.metrics, stories)
    return FleetParts(
        log=parts.log,
        board=shared.board,
        directory=shared.directory,
        fence=parts.fence,
        reserve=parts.reserve,
        pen=parts.pen,
        clock=shared.clock,
        wall=shared.wall,
        settings=shared.settings,
        starter=partial(partial, _start_miner, miners, shared.settings.poll_interval, _drivers(shared)),
        meter=meter.board if meter else None,
        metrics=shared.metrics,
        stories=stories,
        signs=shared.signs,
    )


def _discovery(shared: Shared) -> DiscoveryParts:
    return DiscoveryParts(
        directory=shared.directory,
        board=shared.board,
        scans=shared.scans,
        runner=shared.runner,
        web=shared.web,
        settings=shared.settings,
        wall=shared.wall,
        submit=shared.client.submit,
    )


def _meter(shared: Shared) -> MeterParts | None:
    settings, clock = shared.settings.meter, shared.clock
    meter = meter_for(settings, clock)
    if meter is None:
        return None
    board = MeterBoard(MeterState(clock(), settings.stale_after))

    def rated() -> Watts:
        return shared.board.snapshot.rated_power

    return MeterParts(shared.directory, board, meter, settings.interval, clock, rated)


def _awesome_miner(shared: Shared, back_end: AwesomeMiner) -> AwesomeMinerParts:
    interval = interval_of(shared.settings.poll_interval)
    return AwesomeMinerParts(shared.directory, shared.runner, back_end.poll, interval, shared.clock)


def _drivers(shared: Shared) -> Callable[[RegisteredMiner], Readable]:
    """Say how a miner is talked to; those of one kind share a driver, which knows nothing of any of them."""
    reach = shared.settings.reach
    out_of_reach = OutOfReachDriver(reach)

    @cache
    def of_family(family: Family) -> Readable:
        return driver_of(family, shared.web)

    def driver(miner: RegisteredMiner) -> Readable:
        allowed = not miner.direct or reach.takes(miner.miner_id, miner.api_port, miner.http_port)
        family = family_of(miner.firmware, miner.model, miner.firmware_version)
        return of_family(family) if allowed else out_of_reach

    return driver


def _start_miner(
    parts: MinerParts,
    poll_interval: Seconds,
    driver: Callable[[RegisteredMiner], Readable],
    miner: RegisteredMiner,
    hours: float,
) -> Ref:
    facts = MinerFacts(
        miner.miner_id,
        miner.points,
        family_of(miner.firmware, miner.model, miner.firmware_version).timings,
        miner.home_frequency,
        poll_interval,
        hours,
        miner.power_share,
    )
    endpoint = Endpoint(miner.miner_id, miner.api_port, miner.http_port)
    ref = MinerActor.start(facts, endpoint, driver(miner), parts)
    parts.directory.enter(miner.miner_id, ref)
    # Only now: told any earlier, the fleet might still write to the predecessor.
    parts.directory.tell_fleet(MinerStarted(miner.miner_id))
    return ref


def _restarted(metrics: Metrics, name: str) -> None:
    """Count an actor that is started again; miners' are all counted under one name."""
    metrics.actor_restarts.labels(name if name in STAFF else _MINER).inc()


class _Lag:
    """Counts what the ticker leaves out, and warns where it is late."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._skipped = 0

    def __call__(self, report: TickerReport) -> None:
        self._metrics.ticker_lag.set(report.lag)
        more = report.skipped - self._skipped
        self._metrics.ticker_skipped.inc(more if more >= 0 else report.skipped)  # of a new ticker all
        self._skipped = report.skipped
        if report.lag > 1.0:
            logger.warning("Polls are %.1f s late; %d were left out so far.", report.lag, report.skipped)


def _stop_actors(directory: Directory, runner: DeviceRunner, staff: Mapping[str, Ref]) -> None:
    """Stop the supervisor and wait for its end, so that nobody is started any more, then all others.

    What has not begun to be told to a miner by then is not told any more: it may be thousands.
    """
    left = stop_all({"supervisor": staff["supervisor"]}, STOP_WITHIN)
    directory.fleet = None
    miners = {str(miner_id): ref for miner_id, ref in directory.miners().items()}
    with runner.withheld():
        left += stop_all({**staff, **miners}, STOP_WITHIN)
    for name in left:
        logger.error("Actor %s did not stop in time.", name)
    directory.clear()
