"""The runtime configuration."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from api.schemas.base import MAX_KILOWATTS, Address, Answer, Body
from netstab.power.allocation import Strategy

__all__ = ["ConfigurationChange", "ConfigurationView"]


class ConfigurationView(Answer):
    """The configuration in force."""

    rated_power_kw_override: float | None
    power_distribution_strategy: Strategy
    miner_priority: list[Address]
    max_power_change_rate_kw_per_sec: float
    min_miner_power_percent: int | float


class ConfigurationChange(Body):
    """The fields to change; those left out stay as they are."""

    rated_power_kw_override: Annotated[float, Meta(gt=0, le=MAX_KILOWATTS)] | UnsetType | None = UNSET
    power_distribution_strategy: Strategy | UnsetType = UNSET
    miner_priority: Annotated[list[Address], Meta(max_length=10_000)] | UnsetType = UNSET
    max_power_change_rate_kw_per_sec: Annotated[float, Meta(gt=0, le=MAX_KILOWATTS)] | UnsetType = UNSET
    min_miner_power_percent: Annotated[float, Meta(ge=0, le=100)] | UnsetType = UNSET
