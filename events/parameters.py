"""What the log keeps of a command for the history: its parameters, by names that are a database format.

They are the contract's, for they are stored so since the first version: powers in kW, `power_kw`. This is the
one place below the fronts that knows them; add, never rename or remove. No decision reads them.
"""

from typing import Any

import msgspec

from events.commands import (
    Activate,
    ChangeConfiguration,
    Command,
    EnterFailsafe,
    MoveMiners,
    RegisterMiners,
    SetFrequency,
    SetLimit,
    SetOverride,
    SetPrices,
    SetSchedule,
)
from events.state import Source
from netstab.schedules.schedule import Schedule
from netstab.units import WallTime, Watts, kilowatts, rfc3339

__all__ = ["parameters"]

_LONGEST = 200
"""Characters of a text: who is refused may have sent any."""


def parameters(command: Command) -> dict[str, Any]:
    """Return what is stored of a command's parameters, in values that JSON has."""
    stored: dict[str, Any] = msgspec.to_builtins(_named(command))
    return {name: value[:_LONGEST] if isinstance(value, str) else value for name, value in stored.items()}


def _named(command: Command) -> dict[str, Any]:
    match command:
        case Activate(power, until):
            return {"power_kw": kilowatts(power)} | ({} if until is None else {"until": _moment(until)})
        case SetOverride(enabled, target):
            return {"enabled": enabled, "target_power_kw": _kilowatts(target)}
        case EnterFailsafe():
            return _of_failsafe(command)
        case SetLimit(source, power, until, efficiency):
            judged = {} if efficiency is None else {"joules_per_terahash": efficiency}
            return {"limit_source": source, "power_kw": kilowatts(power), "until": _moment(until), **judged}
        case SetSchedule() | SetPrices():
            return _of_plans(command)
        case ChangeConfiguration(configuration, changed):
            return {name: getattr(configuration, name) for name in changed}
        case RegisterMiners(miners, via, network):
            where = {} if network is None else {"network_cidr": network}
            return {"via": via, **where, "miners": [miner.miner_id for miner in miners]}
        case MoveMiners():
            return _of_moves(command)
        case SetFrequency(miner_id, frequency, voltage):
            return {"miner_id": miner_id, "frequency_mhz": frequency, "voltage": voltage}
        case _:
            return _of_fields(command)


def _of_fields(command: Command) -> dict[str, Any]:
    """Return the parameters of a command under the names of its fields; a power has its own."""
    fields: dict[str, Any] = msgspec.to_builtins(command)
    return {"power_kw": kilowatts(fields["power"])} if "power" in fields else fields


def _of_plans(command: SetSchedule | SetPrices) -> dict[str, Any]:
    return _of_schedule(command.schedule) if isinstance(command, SetSchedule) else _of_prices(command)


def _of_schedule(schedule: Schedule) -> dict[str, Any]:
    """Sum up a schedule: all of it is in the event."""
    otherwise = {f"otherwise_{each.kind}_kw": kilowatts(each.power) for each in schedule.otherwise}
    counts = {"dated": len(schedule.dated), "weekly": len(schedule.weekly)}
    return {**counts, "timezone": schedule.timezone, **otherwise}


def _of_prices(command: SetPrices) -> dict[str, Any]:
    """Sum up what was said of prices, per kWh: all of it is in the event."""
    said: dict[str, Any] = {}
    if command.rates is not None:
        said = {"rates": len(command.rates)}
    if command.rates:
        values = [rate.value for rate in command.rates]
        said |= {"from": rfc3339(command.rates[0].start), "until": rfc3339(command.rates[-1].end)}
        said |= {"lowest": min(values), "highest": max(values)}
    if command.rule is not None:
        said["rule"] = command.rule
    return said if command.hash_price is None else {**said, "hash_price": command.hash_price}


def _of_failsafe(command: EnterFailsafe) -> dict[str, Any]:
    """Return those of a failsafe; what names no front is of the EMS."""
    said = {"action": command.action, "power_kw": _kilowatts(command.power)}
    front = {} if command.front is Source.EMS else {"front": command.front}
    return {**said, "silent_since": rfc3339(command.silent_since), **front}


def _of_moves(command: MoveMiners) -> dict[str, Any]:
    moves = [{"mac": move.mac, "from": move.old, "to": move.new} for move in command.moves]
    named = dict.fromkeys(address for move in command.moves for address in (move.old, move.new))
    return {"moves": moves, "miners": list(named)}


def _kilowatts(power: Watts | None) -> float | None:
    return None if power is None else kilowatts(power)


def _moment(moment: WallTime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
