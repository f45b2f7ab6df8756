"""Override, power mode, and everything under `/dashboard/api/power`."""

from typing import Annotated

from msgspec import Meta

from api.schemas.base import Address, Answer, Body, Target
from netstab.power.allocation import Action, PowerMode

__all__ = [
    "AllocationAnswer",
    "AllocationSummary",
    "ApplyAnswer",
    "AssignmentView",
    "CurveAnswer",
    "CurveEntry",
    "Frequencies",
    "FrequencyAnswer",
    "FrequencyChange",
    "MinerPower",
    "OverrideAnswer",
    "OverrideChange",
    "PowerModeAnswer",
    "PowerModeBody",
    "PowerModeView",
    "PowerTarget",
]


class OverrideChange(Body):
    """Take command from the EMS, or give it back; without a target all miners stop."""

    enabled: bool
    target_power_kw: Target | None = None


class OverrideAnswer(Answer):
    """Whether the override is active now."""

    success: bool
    message: str
    override_active: bool


class PowerModeBody(Body):
    """How power is shared out."""

    mode: PowerMode


class PowerModeView(Answer):
    """How power is shared out."""

    mode: PowerMode


class PowerModeAnswer(Answer):
    """How power is shared out from now on."""

    success: bool
    message: str
    mode: PowerMode


class Frequencies(Answer):
    """The frequencies that dispatch may choose, in MHz."""

    valid_frequencies: list[int]
    min_frequency: int
    max_frequency: int
    default_frequency: int


class CurveEntry(Answer):
    """One operating point of a whole miner."""

    frequency_mhz: int
    power_watts: int
    hashrate_ths: float
    voltage: float


class CurveAnswer(Answer):
    """The relation of frequency and power of an S9."""

    curve: list[CurveEntry]


class PowerTarget(Body):
    """A power for the whole fleet."""

    target_power_kw: Target


class AssignmentView(Answer):
    """What one miner would do; frequency and voltage are 0 where it would be idle, or has none.

    Estimated is the power in W, idle draw included.
    """

    ip: Address
    action: Action
    frequency: int
    voltage: float
    estimated_power: int


class AllocationSummary(Answer):
    """The allocation in figures.

    Estimated is what the whole fleet may be expected to draw, as in `capacity`: with the miners outside of
    dispatch, and by how surely each miner in use comes to hash.
    """

    full_miners: int
    swing_miners: int
    idle_miners: int
    estimated_power_watts: int
    estimated_power_kw: float


class AllocationAnswer(Answer):
    """How a target would be shared out now; nothing is changed."""

    target_power_kw: float
    allocation: list[AssignmentView]
    summary: AllocationSummary


class ApplyAnswer(Answer):
    """The target is recorded and pursued."""

    success: bool
    message: str
    target_power_kw: float


class FrequencyChange(Body):
    """Run one miner at a frequency, under the operator's hold; without a voltage the curve's is taken."""

    miner_ip: Address
    frequency_mhz: Annotated[int, Meta(ge=100, le=1175)]
    voltage: Annotated[float, Meta(ge=7.9, le=9.5)] | None = None


class FrequencyAnswer(Answer):
    """The miner took the frequency."""

    success: bool
    message: str
    miner_ip: Address
    frequency_mhz: int
    voltage: float
    estimated_power_watts: int


class MinerPower(Answer):
    """What a miner runs at: zero while it does not mine, null while that is not known, or if it has none."""

    miner_ip: Address
    frequency_mhz: int | None
    voltage: float | None
    estimated_power_watts: int | None
    estimated_power_kw: float | None
