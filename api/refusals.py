"""A refusal that the fleet states in figures, in the words of the HTTP API: field names and kW."""

import math
from typing import Final

import msgspec

from netstab.errors import BadValue, CommandRejected, Parameter, Rule
from netstab.units import WallTime, kilowatts, rfc3339

__all__ = ["FIELDS", "in_our_words"]

FIELDS: Final = {
    Parameter.POWER: ("activationPowerInKw", "target_power_kw", "power_kw"),
    Parameter.UNTIL: ("until",),
}
"""What bodies call a parameter, each of them by one of these names."""


def in_our_words(rejected: CommandRejected, body: type[msgspec.Struct] | None) -> CommandRejected:
    """Return a refusal with its sentence in the words of the body that was sent."""
    bad = rejected.bad
    if bad is None or body is None or bad.rule is Rule.AT_MOST:  # that sentence is the contract's own
        return rejected
    known = {field.encode_name for field in msgspec.structs.fields(body)}
    name = next((each for each in FIELDS[bad.parameter] if each in known), bad.parameter.value)
    return CommandRejected(rejected.code, f"{name} must be {_wanted(bad)}.", bad)


def _wanted(bad: BadValue) -> str:
    if bad.rule is Rule.LATER_THAN:
        return f"later than now, {rfc3339(WallTime(bad.bound))}"
    least = f"{kilowatts(bad.bound):g} or more"
    if not math.isfinite(bad.given):
        return f"a finite number of {least}"
    return f"{least}, got {kilowatts(bad.given):.12g}"
