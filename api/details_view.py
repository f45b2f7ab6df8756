"""The comprehensive document of one miner, under the contract's names. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from actors.worded import setting_words
from api.schemas.details import (
    BoardDetails,
    ConfigDetails,
    FanDetails,
    MinerDetails,
    PoolDetails,
    ShareDetails,
    SummaryDetails,
    SystemDetails,
)
from events.state import RegisteredMiner
from netstab.devices.antminer.s9 import frequency_of
from netstab.devices.port import Activity, Board, Details, Firmware, Pool

__all__ = ["miner_details"]

_TYPE = re.compile(r"(?P<model>[^(]*)(?:\((?P<firmware>[^)]*)\))?")


def miner_details(miner: RegisteredMiner, details: Details) -> MinerDetails:
    """Bring a device's own answers into the documented shape."""
    return MinerDetails(
        ip=miner.miner_id,
        status=details.status,
        system=_system(miner, details.system),
        config=_config(details.config),
        boards=[_board(board, details.reading.activity) for board in details.reading.boards],
        pools=[_pool(pool) for pool in details.pools],
        shares=_shares(details.shares),
        summary=_summary(miner, details),
    )


def _system(miner: RegisteredMiner, system: Mapping[str, Any]) -> SystemDetails:
    """Name it in its own words (a type may tell the firmware: `Antminer S9 (vnish 3.9.0)`).

    Where those are other ones, as each make's are, it is what it was found to be.
    """
    words = _TYPE.match(str(system.get("minertype", "")))
    names = words.groupdict("") if words else {}
    version = names.get("firmware", "") or str(system.get("system_filesystem_version", ""))
    return SystemDetails(
        minertype=names.get("model", "").strip() or miner.model,
        hostname=str(system.get("hostname", "")) or miner.hostname,
        macaddr=str(system.get("macaddr", "")) or miner.mac,
        ipaddress=str(system.get("ipaddress", "")),
        firmware_version=version or _firmware(miner),
        uptime=str(system.get("uptime", "")),
    )


def _firmware(miner: RegisteredMiner) -> str:
    """Name the make of its firmware and its version: many versions are numbers alone."""
    make = "" if miner.firmware is Firmware.UNKNOWN else miner.firmware.value.replace("_", " ")
    version = miner.firmware_version
    return version if version.lower().startswith(make) else f"{make} {version}".strip()


def _config(config: Mapping[str, Any]) -> ConfigDetails:
    """What is off is absent from the miner's file; the absent values are those its own interface shows."""

    def text(key: str, absent: str) -> str:
        return str(config.get(key, absent))

    def is_on(key: str) -> bool:
        return text(key, "false").lower() == "true"

    return ConfigDetails(
        frequency=text("bitmain-freq", "0"),
        voltage=text("bitmain-voltage", "0"),
        fan_ctrl=is_on("bitmain-fan-ctrl"),
        fan_pwm=text("bitmain-fan-pwm", "100"),
        target_temp=text("bitmain-target-temp", "0"),
        shutdown_temp=text("bitmain-tempoff", "0"),
        asicboost=is_on("asicboost"),
    )


def _board(board: Board, activity: Activity) -> BoardDetails:
    return BoardDetails(
        id=board.position,
        hashrate_ghs=board.hashrate,
        chip_temp=round(board.chip_temperature),
        pcb_temp=round(board.pcb_temperature),
        power_watts=board.power,
        frequency_mhz=round(board.frequency),
        chips_total=board.chips_total,
        chips_ok=board.chips_ok,
        status=_board_status(board, activity),
    )


def _board_status(board: Board, activity: Activity) -> Literal["healthy", "degraded", "dead"]:
    """Of a device that does not hash no board does, and none is dead for that."""
    lives = board.chips_ok or not board.chips_total
    if not lives or (activity is Activity.HASHING and not board.hashrate):
        return "dead"
    return "healthy" if board.chips_ok == board.chips_total else "degraded"


def _pool(pool: Pool) -> PoolDetails:
    return PoolDetails(
        id=pool.position,
        url=pool.url,
        worker=pool.worker,
        status=pool.status,
        accepted=pool.accepted,
        rejected=pool.rejected,
        stratum_active=pool.stratum_active,
    )


def _shares(shares: Mapping[str, int]) -> ShareDetails:
    accepted, rejected = shares.get("accepted"), shares.get("rejected")
    rate = None
    if accepted is not None and rejected is not None:
        rate = round(100 * rejected / max(1, accepted + rejected), 2)
    return ShareDetails(
        accepted=accepted,
        rejected=rejected,
        stale=shares.get("stale"),
        hw_errors=shares.get("hw_errors"),
        reject_rate=rate,
    )


def _summary(miner: RegisteredMiner, details: Details) -> SummaryDetails:
    reading = details.reading
    return SummaryDetails(
        elapsed=None if reading.elapsed is None else int(reading.elapsed),
        hashrate_ghs_5s=reading.hashrate,
        hashrate_ghs_avg=_average_hashrate(details),
        frequency_mhz=frequency_of(miner, reading.setting),
        setting=setting_words(miner, reading.setting),
        self_tuning=reading.self_tuning or None,
        fans=[FanDetails(id=place, rpm=rpm) for place, rpm in enumerate(reading.fans, start=1)],
    )


def _average_hashrate(details: Details) -> float:
    """The average stands in the raw status alone; without it the present figure is given."""
    summary = details.status.get("summary")
    average = summary.get("ghsav") if isinstance(summary, Mapping) else None
    try:
        return float(average)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return details.reading.hashrate
