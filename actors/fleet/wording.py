"""The sentences with which commands are accepted; where the contract words them, word for word."""

from collections import Counter
from collections.abc import Sequence

from actors.fleet.silence_wording import failsafe_entered
from actors.worded import setting_words
from events.commands import (
    Activate,
    ApplyPower,
    ChangeConfiguration,
    Command,
    ControlMiner,
    Deactivate,
    EnterFailsafe,
    LiftLimit,
    Move,
    MoveMiners,
    RegisterMiners,
    Release,
    RemoveMiner,
    SetFrequency,
    SetLimit,
    SetOverride,
    SetPowerMode,
    SetPrices,
    SetSchedule,
    ordered_power,
)
from events.state import FleetState, Limit
from netstab.dispatch.plan import Excluded, Plan
from netstab.dispatch.reach import least
from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.power.allocation import Action, PowerMode
from netstab.schedules.price_rule import Absence
from netstab.schedules.prices import Missing, Prices
from netstab.schedules.schedule import Schedule
from netstab.units import WallTime, Watts, kilowatts, rfc3339

__all__ = ["accepted_message", "limit_error"]

_MOST_NAMED = 5  # addresses
_MOST_NAMED_RUNNING = 3  # miners in a sentence, each with its reason
_MEANT = 0.5  # of a miner: with less beyond it a target is met nearer than without that miner
_NEAR = 0.01  # of the target: nearer than that nothing was kept from it
_LONGEST_REASON = 80  # characters of a device's words in it


def accepted_message(
    command: Command,
    plan: Plan | None,
    state: FleetState,
    succession: str | None = None,
    power: Watts | None = None,
) -> str:
    """Word the answer to an accepted command; `plan` is given for those that order a power.

    `succession` says who commands after a front's word, at which `power`, None where it is the front itself.
    """
    if succession is not None:
        return f"{succession}{_going_on(plan)}{_limited(power, plan)}"
    return _accepted(command, plan, state) + _limited(ordered_power(command), plan)


def _accepted(command: Command, plan: Plan | None, state: FleetState) -> str:
    match command:
        case Activate() if plan is not None:
            return _activation(plan, state.power_mode)
        case Deactivate():
            return f"Fleet deactivation command accepted. {_standby(plan)}."
        case ApplyPower(power):
            return f"Fleet activated at {kilowatts(power)} kW{_kept_from(plan)}{_going_on(plan)}"
        case SetOverride(enabled, target):
            return _override(enabled, None if target is None else kilowatts(target), plan)
        case EnterFailsafe():
            return f"{failsafe_entered(command)}{_going_on(plan)}"
        case SetPowerMode(mode):
            return f"Power control mode set to {mode.value}"
        case ChangeConfiguration(_, changed):
            return f"Configuration updated: {', '.join(changed)}" if changed else "Configuration unchanged"
        case RegisterMiners(miners, via):
            return f"{_miners(len(miners))} registered or updated by {via}"
        case MoveMiners(moves):
            return _moved(moves)
        case _:
            return _other(command, state)


def _activation(plan: Plan, mode: PowerMode) -> str:
    """Say what an activation leads to, in the wording of the API."""
    count = plan.allocation.count
    details = f"{_miners(count(Action.FULL))} at full power"
    if mode is PowerMode.FREQUENCY or count(Action.SWING):
        details += f", {_miners(count(Action.SWING), 'swing ')}, {_miners(count(Action.IDLE), 'idle ')}"
    if plan.to_spare > 0:
        details += f"; {plan.to_spare:.0f}W of it to spare, for some come late or never"
    if plan.shortfall > 0:
        details += f"; {plan.shortfall:.0f}W short{_why_short(plan.excluded)}"
    details += _kept_from(plan)
    return f"Fleet activated successfully at {plan.target or 0.0:.0f}W ({details}{_going_on(plan)})"


def _kept_from(plan: Plan | None) -> str:
    """Say what keeps a plan from its target beside those that are missing: what is drawn anyway, bounds."""
    if plan is None or not plan.target:
        return ""
    bounds = [each for each in (_staying(plan, plan.target), _fixed(plan, plan.target)) if each]
    drawn = least(plan.units)
    if drawn > plan.target + 1:
        excluded = _why_short(plan.excluded) if _is_told_nothing(plan.excluded) else ""
        bounds.insert(0, f"at least {drawn:.0f}W is drawn{excluded}")
    return "".join(f"; {each}" for each in bounds)


def _staying(plan: Plan, target: Watts) -> str:
    """Count those that a minimum time keeps running beyond the target, or idle where they are missing."""
    runs = plan.power > target
    if not runs and plan.shortfall <= 0:
        return ""
    kept = [unit for unit in plan.units if _stays(unit) and (unit.running_at is not None) is runs]
    least_of_one = min((unit.least_gain for unit in kept), default=0.0)
    if not kept or (runs and plan.power - target < _MEANT * least_of_one):
        return ""
    return f"{_miners(len(kept))} kept {'running' if runs else 'idle'} for the minimum time"


def _stays(unit: UnitStatus) -> bool:
    return unit.stays and unit.availability is Availability.AVAILABLE


def _fixed(plan: Plan, target: Watts) -> str:
    """Count those that are left at their point, for they had all changes of it that an hour allows."""
    if abs(plan.power - target) <= _NEAR * target:
        return ""
    kept = sum(1 for unit in plan.units if unit.point_fixed and unit.availability is Availability.AVAILABLE)
    return f"{_miners(kept)} left as set: their changes of this hour are used up" if kept else ""


def _standby(plan: Plan | None) -> str:
    """Say what stops, and what goes on and why."""
    return _left_running(plan) or "All miners stopping"


def _left_running(plan: Plan | None) -> str:
    """Say what goes on under an order of nothing and why, a few miners by name; "" if nothing does."""
    running = [other for other in plan.excluded if other.runs] if plan and not plan.target else []
    if plan is None or not running:
        return ""
    named = [
        f"{other.miner_id} {other.availability.predicate}: {other.reason[:_LONGEST_REASON]}"
        for other in running[:_MOST_NAMED_RUNNING]
    ]
    more = running[_MOST_NAMED_RUNNING:]
    if more:
        named.append(f"and {len(more)} more: {_by_kind(more)}")
    return f"{_miners(len(plan.setpoints))} stopping, {len(running)} not: {'; '.join(named)}"


def _why_short(excluded: Sequence[Excluded]) -> str:
    if not excluded:
        return ""
    return f", {_miners(len(excluded))} passed over: {_by_kind(excluded)}"


def _is_told_nothing(excluded: Sequence[Excluded]) -> bool:
    """Whether some draw what they do because nothing that is ordered reaches them."""
    kinds = (Availability.NOT_CONTROLLABLE, Availability.CLOSED)
    return any(other.availability in kinds for other in excluded)


def _by_kind(excluded: Sequence[Excluded]) -> str:
    kinds = Counter(other.availability.label for other in excluded)
    return ", ".join(f"{number} {kind}" for kind, number in kinds.items())


def _miners(number: int, kind: str = "") -> str:
    return f"{number} {kind}miner" if number == 1 else f"{number} {kind}miners"


def _moved(moves: Sequence[Move]) -> str:
    """Name the first few of the machines that moved."""
    told = "; ".join(f"{move.old} is now {move.new} (MAC {move.mac})" for move in moves[:_MOST_NAMED])
    more = f"; and {len(moves) - _MOST_NAMED} more" if len(moves) > _MOST_NAMED else ""
    return f"{len(moves)} {'miner has' if len(moves) == 1 else 'miners have'} moved: {told}{more}"


def _limited(power: Watts | None, plan: Plan | None) -> str:
    """Say what limits leave of the power that is ordered, "" where they leave all of it."""
    if plan is None or power is None or plan.target is None or plan.target >= power:
        return ""
    return f"; limits leave {kilowatts(plan.target)} kW of the {kilowatts(power)} kW ordered"


def limit_error(limit: Limit, target: Watts) -> str:
    """Say which limit leaves less than the setpoint in W, and until when."""
    left = f"{kilowatts(limit.power)} kW of the {kilowatts(target)} kW ordered"
    return f"The limit of {limit.source} leaves {left}{_until(limit.until)}."


def _until(until: WallTime | None) -> str:
    return "" if until is None else f" until {rfc3339(until)}"


def _override(enabled: bool, target_kw: float | None, plan: Plan | None) -> str:
    if not enabled:
        return "Manual override disabled"
    if target_kw is None:
        stops = _standby(plan)
        return f"Manual override enabled, {stops[0].lower()}{stops[1:]}"
    return f"Manual override enabled at {target_kw} kW{_kept_from(plan)}{_going_on(plan)}"


def _going_on(plan: Plan | None) -> str:
    left = _left_running(plan)
    return f"; {left}" if left else ""


_WITHOUT_A_PRICE = {
    Missing.SCHEDULE: "the schedule alone holds",
    Missing.HOLD: "what the last one decided holds on",
    Missing.STANDBY: "nothing runs",
}


def missing_price(prices: Prices, absence: Absence) -> str:
    """Say that no price is known, since when, and what holds without one."""
    since = f" since {rfc3339(prices.rates[-1].end)}" if prices.rates else ""
    return f"No energy price is known{since}: {_WITHOUT_A_PRICE[absence.action]}."


def _schedule(schedule: Schedule) -> str:
    dated, weekly = len(schedule.dated), len(schedule.weekly)
    return f"Schedule set: {dated} dated intervals, {weekly} weekly rules, times of {schedule.timezone}"


def _prices(command: SetPrices) -> str:
    said = []
    if command.rates is not None:
        until = _until(command.rates[-1].end) if command.rates else ""
        said.append(f"{len(command.rates)} prices{until}")
    if command.rule is not None:
        said.append("what goes by them")
    if command.hash_price is not None:
        said.append(f"{command.hash_price:g} a day for each PH/s")
    return f"Prices set: {', '.join(said) or 'nothing new'}"


def _other(command: Command, state: FleetState) -> str:
    """Word what goes to one miner, and what limits the fleet."""
    match command:
        case Release():
            return "Setpoint released"
        case SetLimit(source, power, until, efficiency):
            judged = "" if efficiency is None else f", for units up to {efficiency:g} J/TH"
            return f"Limit of {source} set to {kilowatts(power)} kW{judged}{_until(until)}"
        case LiftLimit(source):
            return f"Limit of {source} lifted"
        case SetSchedule(schedule):
            return _schedule(schedule)
        case SetPrices():
            return _prices(command)
        case RemoveMiner(miner_id):
            return f"Miner {miner_id} removed"
        case ControlMiner(miner_id, action):
            return f"Miner {miner_id}: {action} commanded"
        case SetFrequency(miner_id, frequency, _):
            return f"Miner {miner_id}: {setting_words(state.miners[miner_id], frequency)} commanded"
        case _:
            return f"{command.name} accepted"
