"""Miners, reports and commands as the fleet's tests put them together."""

from typing import Any
from uuid import uuid4

from points import at
from values import registered, reported

from actors.report import Backoff, Desired, MinerReport, Phase, Step
from events.commands import Origin
from events.state import FleetState, Hold, HoldKind, Order, RegisteredMiner, Source
from netstab.dispatch.setpoint import Setpoint
from netstab.power.allocation import PowerMode
from netstab.units import Megahertz, MinerId, Seconds, Timestamp, Version, WallTime, Watts

NOW = Timestamp(1_768_921_500.0)
FULL = Megahertz(650)
RUN = Setpoint(running=True, point=None)
AT_FULL = Setpoint(running=True, point=at(FULL))
A, B, C = (MinerId(f"127.0.0.{number}") for number in (1, 2, 3))


def miner(miner_id: MinerId = A, **changes: Any) -> RegisteredMiner:
    known = {"hostname": "antMiner", "registered_at": WallTime(NOW)}
    return registered(miner_id, **(known | changes))


def report(phase: Phase, miner_id: MinerId = A, **changes: Any) -> MinerReport:
    seen = {
        "seen_at": NOW,
        "power": Watts(1400.0 if phase is Phase.HASHING else 51.0),
        "setting": FULL,
        "latency": Seconds(0.01),
    }
    return reported(miner_id, phase, NOW, **(seen | changes))


def at_its_setpoint(setpoint: Setpoint, miner_id: MinerId = A) -> MinerReport:
    phase = Phase.HASHING if setpoint.running else Phase.ASLEEP
    return report(phase, miner_id, desired=Desired(setpoint, Version(1), NOW))


def failed(step: Step, wait: float = 30.0) -> tuple[tuple[Step, Backoff], ...]:
    return ((step, Backoff(1, Timestamp(NOW + wait))),)


def order(target: float | None, version: int, since: float = NOW) -> Order:
    return Order(
        None if target is None else Watts(target), "", Source.EMS, version, WallTime(Timestamp(since))
    )


def hold(kind: HoldKind, miner_id: MinerId = A, version: int = 0) -> Hold:
    return Hold(miner_id, kind, FULL if kind is HoldKind.FREQUENCY else None, "", WallTime(NOW), version)


def fleet_of(*miners: RegisteredMiner, version: int = 1, **state: Any) -> FleetState:
    members = {known.miner_id: known for known in miners}
    return FleetState(version=version, power_mode=PowerMode.ON_OFF, miners=members, **state)


def origin(source: Source = Source.EMS) -> Origin:
    return Origin(str(uuid4()), source, "127.0.0.1")
