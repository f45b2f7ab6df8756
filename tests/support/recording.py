"""What the tests of the log record: one command of every kind, and the clock that they are recorded by."""

import sqlite3
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from values import mac, registered

from events.commands import (
    Activate,
    ApplyPower,
    ChangeConfiguration,
    Command,
    ControlMiner,
    Deactivate,
    EnterFailsafe,
    FindMiner,
    LiftLimit,
    MinerAction,
    Move,
    MoveMiners,
    Origin,
    RegisterMiners,
    Release,
    RemoveMiner,
    SetFrequency,
    SetLimit,
    SetOverride,
    SetPowerMode,
    SetPrices,
    SetSchedule,
)
from events.log import FleetLog, Response
from events.repetition import Repetition
from events.reserve_format import Refused, entry_of
from events.state import Configuration, RegisteredMiner, Source
from netstab.dispatch.delivery import DeliveryRecord, Disobedience, Ending
from netstab.dispatch.failsafe import FailsafeAction
from netstab.errors import CommandRejected, ErrorCode
from netstab.power.allocation import PowerMode, Strategy
from netstab.power.tuning import Tuning
from netstab.schedules.interval import Interval, Kind
from netstab.schedules.prices import PriceRule, Rate
from netstab.schedules.schedule import Day, Otherwise, Schedule, Weekly
from netstab.units import Megahertz, MinerId, Seconds, Timestamp, Volts, WallTime, Watts

STARTED = WallTime(1_768_921_500.25)

ABSTRACT_EVENTS = frozenset(
    {"Event", "Created", "CommandRecorded", "MinersCommanded", "Dispatched", "FrontSpoke", "LimitChanged"}
)
"""The classes of `Fleet` that no event is of: bases, and what the library makes of its first event."""


class SteppedClock:
    """Goes on by one second each time it is read."""

    def __init__(self, start: WallTime = STARTED) -> None:
        self.now = start

    def __call__(self) -> WallTime:
        self.now = WallTime(self.now + 1.0)
        return self.now


def miner(number: int, hostname: str = "antMiner") -> RegisteredMiner:
    return registered(
        f"127.0.{number >> 8}.{number & 255}",
        mac=mac(1),
        hostname=hostname,
        home_frequency=Megahertz(650) if number % 2 else None,
        registered_at=STARTED,
    )


def origin(source: Source = Source.EMS, number: int = 1) -> Origin:
    return Origin(str(UUID(int=number)), source, "127.0.0.1")


def delivery(order: int, ending: Ending = Ending.SETTLED) -> DeliveryRecord:
    return DeliveryRecord(
        order=order,
        target=Watts(2000.0),
        ending=ending,
        begun_at=STARTED,
        ended_at=WallTime(STARTED + 60),
        power_before=Watts(102.0),
        power_at_end=Watts(1950.0),
        reaction_delay=Seconds(9.0),
        time_to_band=Seconds(21.0),
        share_in_band=0.65,
        asked_energy=33.3,
        delivered_energy=25.0,
        shortfall_energy=8.3,
        disobedient=(Disobedience(MinerId("127.0.0.2"), "unreachable: timed out"),),
        disobedient_total=1,
    )


ONE, TWO = miner(1), miner(2)
TUNING = Tuning(550, plain=False, settings=(("bitmain-freq", "650"), ("bitmain-freq1", "550")))

PLANNED = Schedule(
    (Interval(WallTime(STARTED), WallTime(STARTED + 3600), Kind.LIMIT, Watts(0.0), reason="4CP watch"),),
    (Weekly((Day.MON, Day.FRI), "17:00", "20:00", Kind.LIMIT, Watts(500.0), without=("2026-12-25",)),),
    (Otherwise(Kind.SETPOINT, Watts(2000.0)),),
    "America/Chicago",
)
EVERY_COMMAND: tuple[Command, ...] = (
    RegisterMiners((ONE, TWO), "scan"),
    Activate(Watts(2000.0)),
    SetPowerMode(PowerMode.ON_OFF),
    ChangeConfiguration(
        Configuration(4.5, Strategy.PRIORITY, (TWO.miner_id, ONE.miner_id), 10.0, 25.0),
        ("power_distribution_strategy", "miner_priority"),
    ),
    ControlMiner(ONE.miner_id, MinerAction.STOP),
    ControlMiner(ONE.miner_id, MinerAction.START),
    ControlMiner(TWO.miner_id, MinerAction.REBOOT),
    RegisterMiners((miner(3),), "add"),
    RemoveMiner(MinerId("127.0.0.3")),
    SetFrequency(TWO.miner_id, Megahertz(525), Volts(8.5)),
    SetOverride(enabled=True, target=None),
    ApplyPower(Watts(1250.0)),
    SetOverride(enabled=False, target=None),
    SetFrequency(ONE.miner_id, Megahertz(700), None),
    FindMiner(TWO.miner_id, enabled=True),
    EnterFailsafe(FailsafeAction.POWER, Watts(730.0), STARTED),
    MoveMiners((Move(TWO.mac, TWO.miner_id, MinerId("127.0.0.9")),)),
    SetLimit("grid-operator", Watts(1500.0), WallTime(STARTED + 7200)),
    SetLimit("site", Watts(2500.0)),
    LiftLimit("site"),
    SetSchedule(PLANNED),
    SetPrices((Rate(WallTime(STARTED), WallTime(STARTED + 3600), -0.061),), PriceRule(off_above=0.1), 40.0),
    SetLimit("price", Watts(1800.0), efficiency=30.0),
    Activate(Watts(800.0), WallTime(STARTED + 900)),
    Release(),
    Deactivate(),
    Activate(Watts(0.0)),
)


def record_everything(log: FleetLog) -> None:
    """Record an event of every kind, the rejection and the system's own events among them."""
    log.server_started("0.1.0")
    begun = log.head
    for number, command in enumerate(EVERY_COMMAND, start=1):
        source = Source.EMS if isinstance(command, Activate | Deactivate | Release) else Source.DASHBOARD
        version = log.accept(command, origin(source, number), f"accepted {command.name}: größer")
    log.responses(
        [Response(version, ONE.miner_id, "sleep", "failed", "timed_out: no answer in 5 s", STARTED)]
    )
    log.reject(
        Activate(Watts(9e6)), origin(Source.EMS, 99), "INVALID_POWER", "Requested power exceeds rated limits."
    )
    heartbeat, refused = Activate(Watts(0.0)), CommandRejected(ErrorCode.INVALID_POWER, "power")
    again = Repetition(heartbeat, origin(Source.EMS, 97), "id", Timestamp(0), Timestamp(0), Timestamp(59), 60)
    said = SetLimit("grid-operator", Watts(1500.0), WallTime(STARTED + 7230))
    log.repeated(replace(again, command=said, origin=origin(Source.DASHBOARD, 96)), Seconds(STARTED))
    log.repeated(again, Seconds(STARTED))
    log.repeated(replace(again, origin=origin(Source.EMS, 98), rejected=refused), Seconds(STARTED))
    log.fault_cleared("database or disk is full")
    log.deliveries([delivery(version)])
    log.measured({ONE.miner_id: (0.87, 12.5)}, 0.95)
    log.tuning_kept(ONE.miner_id, TUNING)
    log.tuning_kept(TWO.miner_id, TUNING)
    log.tuning_restored(TWO.miner_id)
    log.hold_withdrawn(ONE.miner_id, version)
    gone = origin(Source.EMS, 95)
    log.accept(Activate(Watts(1.0)), gone, "refused meanwhile")
    at = log.state.last_ems_command or STARTED
    shed = entry_of(Deactivate(), origin(Source.EMS, 94), "stopping", at, begun, begun.version + 1)
    log.take_up([Refused(gone.command_id), shed], "the disk was full")


def rows(path: Path, table: str = "stored_events") -> list[tuple[str, int, str, bytes]]:
    database = sqlite3.connect(path)
    found = database.execute(f"SELECT * FROM {table} ORDER BY originator_version").fetchall()  # noqa: S608
    database.close()
    return found
