"""What is wrong with a power envelope, a schedule of limits, in words. Pure."""

from netstab.fronts.s2.offer import Offer
from netstab.fronts.s2.received import LimitInstruction, PowerEnvelopeElement
from netstab.fronts.s2.terms import QUANTITY
from netstab.units import Watts

__all__ = ["wrong_with"]

_ROUNDED = 1.0  # W


def wrong_with(message: LimitInstruction, offer: Offer | None, described: str) -> str | None:
    """Say why an instruction does not fit the constraints that hold now, None where it does."""
    if offer is None or not described or message.power_constraints_id != described:
        return f"it is based on constraints that do not hold: {message.power_constraints_id[:64]}."
    quantities = [each.commodity_quantity for each in message.power_envelopes]
    if quantities != [QUANTITY]:
        return f"it must have one envelope, of {QUANTITY}."
    elements = message.power_envelopes[0].power_envelope_elements
    highest = max(offer.idle, offer.rated)
    return next((text for each in elements if (text := _out_of_bounds(each, offer.idle, highest))), None)


def _out_of_bounds(element: PowerEnvelopeElement, lowest: Watts, highest: Watts) -> str | None:
    if element.lower_limit != 0:
        return f"lower_limit must be 0, got {element.lower_limit:g}."
    if not lowest - _ROUNDED <= element.upper_limit <= highest + _ROUNDED:
        return f"upper_limit must be from {lowest:g} to {highest:g}, got {element.upper_limit:g}."
    return None
