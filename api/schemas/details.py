"""The comprehensive document of one miner, read from the device itself."""

from typing import Any, Literal

from api.schemas.base import Address, Answer

__all__ = [
    "BoardDetails",
    "ConfigDetails",
    "FanDetails",
    "MinerDetails",
    "PoolDetails",
    "ShareDetails",
    "SummaryDetails",
    "SystemDetails",
]


class SystemDetails(Answer):
    """The control board, in the firmware's own words; what it is, where it has others, as it was found."""

    minertype: str
    hostname: str
    macaddr: str
    ipaddress: str
    firmware_version: str
    uptime: str


class ConfigDetails(Answer):
    """The miner's configuration, in the firmware's units (MHz, hundredths of a volt, percent, degrees C)."""

    frequency: str
    voltage: str
    fan_ctrl: bool
    fan_pwm: str
    target_temp: str
    shutdown_temp: str
    asicboost: bool


class BoardDetails(Answer):
    """One hash board."""

    id: int
    hashrate_ghs: float
    chip_temp: int
    pcb_temp: int
    power_watts: float | None
    frequency_mhz: int
    chips_total: int
    chips_ok: int
    status: Literal["healthy", "degraded", "dead"]


class PoolDetails(Answer):
    """One mining pool."""

    id: int
    url: str
    worker: str
    status: str
    accepted: int
    rejected: int
    stratum_active: bool


class ShareDetails(Answer):
    """Shares since the mining process started; `reject_rate` in percent. What it does not tell is null."""

    accepted: int | None
    rejected: int | None
    stale: int | None
    hw_errors: int | None
    reject_rate: float | None


class FanDetails(Answer):
    """One fan."""

    id: int
    rpm: int


class SummaryDetails(Answer):
    """The mining process as a whole; `elapsed` in seconds, `setting` in the terms of the miner's make.

    `self_tuning` says why its power is not set from here, as the agent that moves it; else null.
    """

    elapsed: int | None
    hashrate_ghs_5s: float
    hashrate_ghs_avg: float
    frequency_mhz: int | None
    setting: str | None
    self_tuning: str | None
    fans: list[FanDetails]


class MinerDetails(Answer):
    """Everything a miner tells of itself; `status` is its raw answer."""

    ip: Address
    status: dict[str, Any]
    system: SystemDetails
    config: ConfigDetails
    boards: list[BoardDetails]
    pools: list[PoolDetails]
    shares: ShareDetails
    summary: SummaryDetails
