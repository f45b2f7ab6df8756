"""A fleet made by hand: a snapshot, and a client that records what it is given."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network
from typing import Any

import values
from msgspec import structs
from waiting import PATIENCE

from actors.claim import too_late
from actors.discovery.scan import Added, ScanProgress, ScanResult, Sighting, Swept
from actors.fleet.memory import Memory
from actors.fleet.view import View
from actors.messages import CommandResult
from actors.port import Sender
from actors.report import MinerReport, Phase
from actors.snapshot import FleetPhase, FleetSnapshot
from api.dependencies import Dependencies
from events.commands import ChangeConfiguration, Command
from events.history import CommandRecord, Period
from events.index import Asked
from events.state import Configuration, FleetState, RegisteredMiner, Source
from events.whereabouts import Former
from netstab.devices.antminer.s9 import ANTMINER_S9
from netstab.devices.port import Activity, Board, Details, Endpoint, Firmware, Identity, Pool, Reading
from netstab.dispatch.plan import Rules, plan
from netstab.errors import CommandRejected, ErrorCode
from netstab.power.allocation import PowerMode
from netstab.settings import Settings, read_settings
from netstab.units import (
    Celsius,
    GigahashPerSecond,
    Megahertz,
    MinerId,
    Seconds,
    Timestamp,
    Volts,
    WallTime,
    Watts,
)

NOW = Timestamp(1768919400.0)  # 2026-01-20T14:30:00Z

POOL = Pool(0, "stratum+tcp://pool.example.com:3333", "worker1", "Alive", 1234, 5, 2, stratum_active=True)
BOARD = Board(
    position=6,
    chips_total=63,
    chips_ok=63,
    frequency=650.0,
    hashrate=GigahashPerSecond(4500.0),
    pcb_temperature=Celsius(65.0),
    chip_temperature=Celsius(72.0),
    power=Watts(486.67),
    voltage=Volts(8.8),
)
HASHING = Reading(
    activity=Activity.HASHING,
    power=Watts(1460.0),
    hashrate=GigahashPerSecond(13500.0),
    setting=Megahertz(650),
    elapsed=Seconds(432000.0),
    boards=(BOARD, structs.replace(BOARD, position=7), structs.replace(BOARD, position=8)),
    fans=(4200, 4180),
)


def registered(address: str, **changes: Any) -> RegisteredMiner:
    """Return a miner as the contract's examples have one."""
    shown = {"mac": "12:34:56:78:9A:BC", "hostname": "antMiner", "registered_at": WallTime(NOW)}
    return values.registered(address, **(shown | changes))


def report(address: str, **changes: Any) -> MinerReport:
    hashing = {
        "phase_since": Timestamp(NOW - 3600),
        "seen_at": NOW,
        "power": Watts(1460.0),
        "reading": HASHING,
        "setting": Megahertz(650),
        "pools": (POOL,),
        "latency": Seconds(0.021),
        "running_hours": 120.5,
    }
    phase = changes.pop("phase", Phase.HASHING)
    return values.reported(address, phase, NOW, **(hashing | changes))


def asleep(address: str) -> MinerReport:
    reading = structs.replace(HASHING, activity=Activity.STOPPED, power=Watts(51.0), boards=(), fans=())
    return report(address, phase=Phase.ASLEEP, power=Watts(51.0), reading=reading, setting=None)


def unreachable(address: str, **changes: Any) -> MinerReport:
    changes = {"power": Watts(0.0), "reading": None, "consecutive_failures": 3} | changes
    return report(address, phase=Phase.UNREACHABLE, **changes)


def fleet_snapshot(
    miners: tuple[RegisteredMiner, ...],
    reports: tuple[MinerReport, ...] = (),
    target: Watts | None = None,
    **changes: Any,
) -> FleetSnapshot:
    state = FleetState(
        version=12, power_mode=PowerMode.ON_OFF, miners={miner.miner_id: miner for miner in miners}
    )
    seen = {one.miner_id: one for one in reports}
    in_force = None
    if target is not None:
        in_force = plan(
            target,
            View(state, seen, NOW).units,
            Rules(PowerMode.ON_OFF),
        )
    made = FleetSnapshot(
        at=NOW,
        phase=FleetPhase.ACTIVE,
        available_for_dispatch=True,
        rated_power=Watts(sum(miner.rated_power for miner in miners)),
        active_power=Watts(sum(one.power for one in reports)),
        reported_power=Watts(sum(one.power for one in reports)),
        meter=None,
        reachable=sum(one.reachable for one in reports),
        hashing=sum(one.phase is Phase.HASHING for one in reports),
        state=state,
        reports=seen,
        plan=in_force,
        errors=(),
        log_fault=None,
        memory=Memory.begun(NOW),
        view=View(state, seen, NOW),
    )
    return seen_with(made, **changes)


def seen_with(made: FleetSnapshot, **changes: Any) -> FleetSnapshot:
    """Return a snapshot with other contents, and the view and the memory that belong to it."""
    made = replace(made, **changes)
    view = View(made.state, made.reports, made.at, meter=made.meter)
    return replace(made, memory=replace(made.memory, plan=made.plan), view=view)


def two_miners(**changes: Any) -> FleetSnapshot:
    addresses = ("127.0.1.56", "127.0.1.167")
    miners = tuple(registered(address) for address in addresses)
    return fleet_snapshot(miners, tuple(report(address) for address in addresses), **changes)


def in_time(sender: Sender) -> None:
    if sender.left < 0:
        raise too_late()


@dataclass
class StubFleet:
    """A `FleetPort` that records what it is given. `refuse_with` is raised by every command.

    `signs` are those whose counterpart was heard, `silenced` those whose was lost.
    """

    snapshot: FleetSnapshot
    given: list[Any] = field(default_factory=list)
    refuse_with: Exception | None = None
    scan_progress: ScanProgress = field(default_factory=ScanProgress)
    wait_for: Future[None] | None = None
    leads: bool = True
    discovers: bool = True
    awesome_miner_works: bool | None = None
    inbox: int | None = None
    signs: list[Source] = field(default_factory=list)
    silenced: list[Source] = field(default_factory=list)
    _configuring: threading.Lock = field(default_factory=threading.Lock)

    def _take(self, given: Any) -> CommandResult:
        if not self.leads:
            raise CommandRejected(ErrorCode.STANDBY, "This server is a standby and takes no commands.")
        if self.refuse_with is not None:
            raise self.refuse_with
        self.given.append(given)
        if self.wait_for is not None:
            self.wait_for.result(PATIENCE)
        return CommandResult("id", 13, "as worded by the fleet")

    def submit(self, command: Command, source: Source, sender: Sender) -> CommandResult:
        in_time(sender)
        known = getattr(command, "miner_id", None)
        if known is not None and known not in self.snapshot.state.miners:
            raise CommandRejected(ErrorCode.UNKNOWN_MINER, f"No miner {known} is registered.")
        result = self._take((command, source, sender.address))
        if isinstance(command, ChangeConfiguration):
            state = replace(self.snapshot.state, configuration=command.configuration)
            self.snapshot = replace(self.snapshot, state=state)
        return result

    operate = submit

    def heard(self, source: Source) -> None:
        self.signs.append(source)

    def fell_silent(self, source: Source) -> None:
        self.silenced.append(source)

    def configure(self, changes: Mapping[str, Any], source: Source, sender: Sender) -> Configuration:
        with self._configuring:
            configuration = replace(self.snapshot.state.configuration, **changes)
            if changes:
                self.submit(ChangeConfiguration(configuration, tuple(changes)), source, sender)
        return configuration

    def details(self, miner_id: MinerId) -> Details:
        self._take(("details", miner_id))
        if miner_id not in self.snapshot.state.miners:
            raise CommandRejected(ErrorCode.UNKNOWN_MINER, f"No miner {miner_id} is registered.")
        return Details(
            reading=HASHING,
            status={"summary": {"ghsav": 13450.0}},
            system={
                "minertype": "Antminer S9 (vnish 3.9.0)",
                "hostname": "antMiner",
                "macaddr": "12:34:56:78:9A:BC",
                "ipaddress": str(miner_id),
                "uptime": "3",
            },
            config={"bitmain-freq": "650", "bitmain-voltage": "880", "asicboost": True},
            pools=(POOL,),
            shares={"accepted": 1234, "rejected": 5, "stale": 2, "hw_errors": 0},
        )

    def blink(self, miner_id: MinerId, sender: Sender) -> bool:
        in_time(sender)
        if miner_id not in self.snapshot.state.miners:
            raise CommandRejected(ErrorCode.UNKNOWN_MINER, f"No miner {miner_id} is registered.")
        self._take(("blink", miner_id, sender.address))
        return True

    def scan(self, network: IPv4Network, sender: Sender, timeout: float) -> ScanResult:
        in_time(sender)
        self._take(("scan", network))
        identity = Identity("Antminer S9", Firmware.VNISH, "3.9.0", "", "", None, ANTMINER_S9.capabilities)
        found = Sighting(Endpoint(MinerId("127.0.1.56"), 4028, 80), identity, HASHING)
        return ScanResult(network, Swept((found,), silent=(MinerId("127.0.1.57"),)))

    def add_miner(self, miner_id: MinerId, api_port: int, rated_power: Watts | None, sender: Sender) -> Added:
        in_time(sender)
        self._take(("add", miner_id, api_port, rated_power))
        miner = registered(miner_id, api_port=api_port, rated_power=rated_power or Watts(1460.0))
        return Added(miner, answered=True)

    def restarts(self, miner_id: MinerId) -> int:
        return 2

    def inbox_length(self, miner_id: MinerId) -> int | None:
        return self.inbox


def dependencies(
    fleet: StubFleet,
    history: object = None,
    telemetry: object = None,
    given: Settings | None = None,
) -> Dependencies:
    """Return what the application is served with, half a second after the snapshot."""
    stubs: Any = (history or StubHistory(), telemetry)
    history_, telemetry_ = stubs
    later = NOW + 0.5
    return Dependencies(
        fleet, history_, given or settings(), lambda: Timestamp(later), telemetry_, lambda: WallTime(later)
    )


class StubHistory:
    def __init__(self, *records: CommandRecord) -> None:
        self.records = records
        self.error: Exception | None = None
        self.moves: Sequence[Former] = ()

    def formerly(self, miner_id: MinerId) -> Sequence[Former]:
        return self.moves

    def chunks(self, *_asked: object) -> Iterator[list[CommandRecord]]:
        yield from ()

    def recent(self, limit: int, asked: Asked, period: Period, before: int | None) -> list[CommandRecord]:
        if self.error is not None:
            raise self.error
        return list(self.records)[:limit]


def settings(**changes: Any) -> Settings:
    return replace(read_settings({"MINER_NETWORK_CIDR": "127.0.1.0/24"}), **changes)
