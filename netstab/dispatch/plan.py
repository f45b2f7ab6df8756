"""From a target and the condition of the miners to a setpoint for each that may be used."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.power.allocation import Action, Allocation, Assignment, Candidate, PowerMode, Strategy, allocate
from netstab.units import MinerId, Watts

__all__ = ["Availability", "PassedOver", "Plan", "Standing", "activation_message", "plan"]


class Availability(StrEnum):
    """Whether dispatch may use a miner, or what stands in the way."""

    AVAILABLE = "available"
    UNREACHABLE = "unreachable"
    HELD = "held"
    FAILED_TO_WAKE = "failed_to_wake"
    NOT_CONTROLLABLE = "not_controllable"
    LOCKED = "locked"  # the web server answers 401
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Standing(Candidate):
    """What dispatch knows of one miner. `measured_power` is the whole machine's, idle draw included.

    `reason` says in words why a miner that is not available is not.
    """

    measured_power: Watts
    hashing: bool
    availability: Availability
    reason: str


class PassedOver(NamedTuple):
    """A miner that dispatch may not use now."""

    miner_id: MinerId
    availability: Availability
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A setpoint for every available miner, and what the fleet falls short of with all of them.

    `target` None orders standby. `uncontrolled_power` is drawn by miners that hash outside of dispatch; it
    counts against the target, and `allocation` shares out the rest.
    """

    target: Watts | None
    setpoints: Mapping[MinerId, Setpoint]
    allocation: Allocation
    passed_over: tuple[PassedOver, ...]
    uncontrolled_power: Watts
    shortfall: Watts


def plan(
    target: Watts | None,
    standings: Sequence[Standing],
    *,
    mode: PowerMode,
    strategy: Strategy,
    priority: Sequence[MinerId],
    minimum_percent: float,
    tolerance_percent: float,
) -> Plan:
    """Share a target out over the miners that are available; the keywords are those of `allocate`."""
    available = [standing for standing in standings if standing.availability is Availability.AVAILABLE]
    others = [standing for standing in standings if standing.availability is not Availability.AVAILABLE]
    uncontrolled = Watts(sum(standing.measured_power for standing in others if standing.hashing))
    allocation = allocate(
        Watts(max(0.0, (target or 0.0) - uncontrolled)),
        available,
        mode=mode,
        strategy=strategy,
        priority=priority,
        minimum_percent=minimum_percent,
        tolerance_percent=tolerance_percent,
    )
    most = sum(standing.full_power(mode) for standing in available)
    return Plan(
        target=target,
        setpoints=_setpoints(available, allocation.assignments, mode),
        allocation=allocation,
        passed_over=tuple(PassedOver(other.miner_id, other.availability, other.reason) for other in others),
        uncontrolled_power=uncontrolled,
        shortfall=Watts(max(0.0, allocation.target - most)),
    )


def _setpoints(
    available: Iterable[Standing], assignments: Iterable[Assignment], mode: PowerMode
) -> Mapping[MinerId, Setpoint]:
    pairs = zip(available, assignments, strict=True)
    return MappingProxyType({miner.miner_id: _setpoint(miner, told, mode) for miner, told in pairs})


def _setpoint(miner: Standing, assignment: Assignment, mode: PowerMode) -> Setpoint:
    """On/off mode names the home frequency, known or not: a miner configured so already is not touched."""
    if assignment.action is Action.IDLE:
        return IDLE
    frequency = miner.home_frequency if mode is PowerMode.ON_OFF else assignment.frequency
    return Setpoint(running=True, frequency=frequency)


def activation_message(plan: Plan, mode: PowerMode) -> str:
    """Say what an activation leads to, in the wording of the API."""
    count = plan.allocation.count
    details = f"{_miners(count(Action.FULL))} at full power"
    if mode is PowerMode.FREQUENCY:
        details += f", {_miners(count(Action.SWING), 'swing ')}, {_miners(count(Action.IDLE), 'idle ')}"
    if plan.shortfall > 0:
        details += f"; {plan.shortfall:.0f}W short{_why_short(plan.passed_over)}"
    return f"Fleet activated successfully at {plan.target or 0.0:.0f}W ({details})"


def _why_short(passed_over: Sequence[PassedOver]) -> str:
    if not passed_over:
        return ""
    kinds = Counter(other.availability.replace("_", " ") for other in passed_over)
    counts = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    return f", {_miners(len(passed_over))} passed over: {counts}"


def _miners(number: int, kind: str = "") -> str:
    return f"{number} {kind}miner" if number == 1 else f"{number} {kind}miners"
