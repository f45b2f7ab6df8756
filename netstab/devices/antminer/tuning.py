"""How a Vnish S9 drives its boards, in its configuration: frequencies, voltages, the preset. Pure."""

from typing import Any

from netstab.devices.antminer.configuration import Configuration
from netstab.devices.antminer.loose_json import plausible
from netstab.errors import CommandRefused
from netstab.power.models import MinerModel
from netstab.units import Megahertz, Volts

__all__ = ["EVEN_CHIPS", "with_frequency"]

EVEN_CHIPS = ":".join(["0"] * 189)
"""Every chip at its board's frequency."""

_CENTIVOLTS = (790, 950)  # the web interface's range, in steps of 10


def with_frequency(
    conf: Configuration, frequency: Megahertz, voltage: Volts | None, model: MinerModel
) -> dict[str, Any]:
    """Give the configuration changed so that one frequency and voltage hold for all boards and chips.

    `voltage` None takes the model curve's, within the device's range. A preset, a board's or a chip's own
    setting would override the common one, so they go. Raises `CommandRefused` outside the device's range.
    """
    slowest, fastest = model.settable
    if not slowest <= frequency <= fastest:
        raise CommandRefused(f"The miner takes frequencies from {slowest} to {fastest} MHz.")
    return {
        **conf,
        "bitmain-freq": str(frequency),
        "bitmain-voltage": str(_centivolts(frequency, voltage, model)),
        **{f"bitmain-{name}{board}": "0" for name in ("freq", "voltage") for board in (1, 2, 3)},
        "bitmain-chip-freq": EVEN_CHIPS,
        "bitmain-autodownscale-profile": "0",
    }


def _centivolts(frequency: Megahertz, voltage: Volts | None, model: MinerModel) -> int:
    low, high = _CENTIVOLTS
    if voltage is None:
        return min(max(round(model.curve.at(frequency).voltage * 100), low), high)
    centivolts = plausible(round(voltage * 10) * 10, low, high) if plausible(voltage, 0, 100) else None
    if centivolts is None:
        raise CommandRefused(f"The miner takes voltages from {low / 100} to {high / 100} V.")
    return int(centivolts)
