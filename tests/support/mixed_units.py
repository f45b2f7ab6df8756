"""Fleets in which some units are tuned without a restart, others run whole, made up or drawn at random."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from netstab.devices.antminer.s9 import ANTMINER_S9
from netstab.power.allocation import Allocation, PowerMode, allocate
from netstab.power.unit import Capabilities, OperatingPoint, PowerRange, Unit
from netstab.units import GigahashPerSecond, MinerId, Watts

S9 = ANTMINER_S9.capabilities
WHOLE = Capabilities(switchable=True, steps=(OperatingPoint(Watts(3000.0), GigahashPerSecond(1e5), "on"),))


def in_watts(lowest: float, highest: float, step: float) -> Capabilities:
    powers = PowerRange(Watts(lowest), Watts(highest), Watts(step), GigahashPerSecond(1e5))
    return Capabilities(switchable=True, range=powers, restarts_on_change=False)


def in_steps(*powers: float) -> Capabilities:
    points = (OperatingPoint(Watts(power), GigahashPerSecond(power * 30), f"{power:.0f}") for power in powers)
    return Capabilities(switchable=True, steps=tuple(points), restarts_on_change=False)


TUNED = in_watts(2000, 3400, 1)


def unit(number: int, capabilities: Capabilities, running_at: OperatingPoint | None = None) -> Unit:
    full = capabilities.full_point
    assert full is not None
    return Unit(MinerId(f"127.0.0.{number}"), capabilities, full.power, running_at, None, 0.0)


def fleet_of(*kinds: Capabilities) -> list[Unit]:
    return [unit(number, kind) for number, kind in enumerate(kinds, 1)]


def carried_out(fleet: Sequence[Unit], allocation: Allocation) -> list[Unit]:
    told = zip(fleet, allocation.assignments, strict=True)
    return [replace(one, running_at=given.point) for one, given in told]


def on_off(target: float, fleet: Sequence[Unit]) -> Allocation:
    return allocate(Watts(target), fleet, mode=PowerMode.ON_OFF)


kinds = st.one_of(
    st.just(S9),
    st.just(WHOLE),
    st.builds(
        in_watts, st.integers(500, 2000), st.integers(2001, 4000), st.sampled_from([20.0, 34.0, 100.0])
    ),
    st.lists(st.integers(300, 3500), min_size=2, max_size=5, unique=True).map(
        lambda powers: in_steps(*sorted(powers))
    ),
)


@st.composite
def fleets(draw: st.DrawFn, most: int = 5) -> list[Unit]:
    """Units of all kinds in any state, at least one of them tuned without a restart."""
    found = [draw(kinds) for _ in range(draw(st.integers(0, most - 1)))]
    found.append(draw(st.sampled_from([in_watts(2000, 3400, 20), in_steps(900, 1000, 1100)])))
    units = []
    for number, kind in enumerate(found, 1):
        place = draw(st.none() | st.integers(0, len(kind.points) - 1))
        running_at = None if place is None else kind.points[place]
        factor = draw(st.sampled_from([1.0, 0.9, 1.1]))
        idle = Watts(draw(st.sampled_from([0.0, 51.0])))
        stays = draw(st.integers(0, 9)) == 0
        one = replace(unit(number, kind, running_at), power_factor=factor, idle_power=idle, stays=stays)
        units.append(replace(one, running_hours=float(draw(st.integers(0, 3)))))
    return draw(st.permutations(units))


targets = st.integers(0, 15_000).map(float)
