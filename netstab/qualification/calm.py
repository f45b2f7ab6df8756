"""How calm a load is: no line in its power that no order explains, and its declared ramps kept. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netstab.qualification.explained import Moment, unexplained
from netstab.qualification.spectrum import Band, Line, largest_line

__all__ = ["Calm", "Declared", "calm"]

_STRETCH = 900.0  # s; by itself each: over a day, ten minutes of oscillation would be averaged away
_OVER = 10.0  # s, over which a ramp is measured: starts come by chance, and two may come in one second


@dataclass(frozen=True, slots=True)
class Declared:
    """What the load declares: rated power in W, ramps up and down in W per s, the largest unit in W.

    `responds_within` are the seconds that it needs for an order.
    """

    rated: float
    ramp_up: float
    ramp_down: float
    unit: float
    responds_within: float


@dataclass(frozen=True, slots=True)
class Calm:
    """The largest unexplained line in percent of rated, and when the stretch began that has it.

    `seen_up_to` is the highest frequency in Hz that the samples can show, `ramp_violations` how often power
    moved faster than declared.
    """

    line_percent: float
    frequency: float
    at: float
    seen_up_to: float
    ramp_violations: int

    def kept(self, most_percent: float) -> bool:
        """Whether there is no line above so much; never of samples that can show none."""
        return bool(self.seen_up_to) and self.line_percent <= most_percent and not self.ramp_violations


def calm(
    power: Sequence[Moment], rate: float, orders: Sequence[Moment], declared: Declared, band: Band
) -> Calm:
    """Judge samples taken `rate` times a second, at equal distances; `orders` are powers from a moment on."""
    lines = _lines(power, rate, unexplained(power, orders, declared.responds_within), band)
    line, at = max(lines, key=lambda found: found[0].amplitude, default=(Line(0.0, 0.0, 0.0), 0.0))
    return Calm(
        line_percent=100 * line.amplitude / declared.rated,
        frequency=line.frequency,
        at=at,
        seen_up_to=line.seen_up_to,
        ramp_violations=_ramp_violations(power, rate, declared),
    )


def _lines(
    power: Sequence[Moment], rate: float, left: Sequence[float], band: Band
) -> Iterator[tuple[Line, float]]:
    """Give the largest line of each stretch with its beginning; stretches overlap by half or more."""
    count = round(_STRETCH * rate)
    last = max(0, len(left) - count)
    for begin in [*range(0, last, count // 2), last]:
        if left:
            yield largest_line(left[begin : begin + count], rate, band), power[begin][0]


def _ramp_violations(power: Sequence[Moment], rate: float, declared: Declared) -> int:
    """Count stretches of `_OVER` s in which power moves more than the ramp allows and one unit besides."""
    apart = round(_OVER * rate)
    count, free_from = 0, 0
    for place in range(apart, len(power)):
        moved = power[place][1] - power[place - apart][1]
        allowed = _OVER * (declared.ramp_up if moved > 0 else declared.ramp_down) + declared.unit
        if abs(moved) > allowed and place >= free_from:
            count, free_from = count + 1, place + apart
    return count
