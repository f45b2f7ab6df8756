"""From what is published of each miner to the bodies that show it. Pure."""

from actors.memo import Memo
from actors.report import MinerReport, Phase
from actors.snapshot import FleetSnapshot
from api.names import miner_names
from api.schemas.discovery import DiscoveredMiner, DiscoveredMiners
from api.schemas.miners import MinerStatus
from events.state import RegisteredMiner
from netstab.devices.port import Reading
from netstab.dispatch.plan import Plan
from netstab.power.allocation import Action
from netstab.units import MinerId, Watts, kilowatts, rfc3339

__all__ = ["MinerViews", "discovered_miners", "lasting_error"]

_FULL_FAN_SPEED = 6400
"""In rpm: the contract's example gives 4200 rpm as 65 %."""


class MinerViews:
    """Shows miners; remembers their names for each registry and their targets for each plan."""

    def __init__(self) -> None:
        self._names = Memo(miner_names)
        self._targets = Memo(_targets)

    def all(self, snapshot: FleetSnapshot) -> list[MinerStatus]:
        """Show all registered miners, in the order of registration."""
        return [self.one(snapshot, miner_id) for miner_id in snapshot.state.miners]

    def one(self, snapshot: FleetSnapshot, miner_id: MinerId) -> MinerStatus:
        """Show one registered miner."""
        miner, report = snapshot.state.miners[miner_id], snapshot.reports.get(miner_id)
        target = self._targets(snapshot.plan).get(miner_id)
        return MinerStatus(
            miner_id=miner_id,
            name=self._names(snapshot.state.miners)[miner_id],
            is_online=_is_online(report),
            is_mining=_is_mining(report),
            power_kw=kilowatts(power_of(report, snapshot)),
            rated_power_kw=kilowatts(miner.rated_power),
            target_power_kw=None if target is None else kilowatts(target),
            last_update=_seen_at(report, snapshot),
            error=lasting_error(report),
        )


def discovered_miners(snapshot: FleetSnapshot) -> DiscoveredMiners:
    """Show everything known of all registered miners."""
    miners = snapshot.state.miners
    return DiscoveredMiners(
        miners=[_discovered(miner, snapshot) for miner in miners.values()],
        total=len(miners),
        online=snapshot.reachable,
        mining=snapshot.hashing,
    )


def _targets(plan: Plan | None) -> dict[MinerId, Watts]:
    assignments = plan.allocation.assignments if plan else ()
    idle = Action.IDLE
    return {told.unit_id: Watts(0.0) if told.action is idle else told.power for told in assignments}


def _discovered(miner: RegisteredMiner, snapshot: FleetSnapshot) -> DiscoveredMiner:
    report = snapshot.reports.get(miner.miner_id)
    reading = report.reading if report else None
    power = power_of(report, snapshot)
    return DiscoveredMiner(
        id=miner.miner_id,
        ip=miner.miner_id,
        port=miner.api_port,
        model=miner.model,
        type="asic",
        firmware_type=miner.firmware,
        firmware_version=miner.firmware_version,
        is_online=_is_online(report),
        is_mining=_is_mining(report),
        hashrate_ghs=reading.hashrate if reading else 0.0,
        power_watts=power,
        power_kw=kilowatts(power),
        rated_power_watts=miner.rated_power,
        rated_power_kw=kilowatts(miner.rated_power),
        temperature_c=_temperature(reading),
        fan_speed_pct=_fan_speed(reading),
        power_mode="sleep" if report and report.phase is Phase.ASLEEP else "normal",
        pool_url=_pool_url(report),
        uptime_seconds=_uptime(reading),
        last_seen=_seen_at(report, snapshot),
        consecutive_failures=report.consecutive_failures if report else 0,
    )


def power_of(report: MinerReport | None, snapshot: FleetSnapshot) -> Watts:
    """Return what the fleet's sum counts of a miner: the contract has a number, 0 where nothing is known."""
    return (report.drawn(snapshot.at) if report else None) or Watts(0.0)


def _is_online(report: MinerReport | None) -> bool:
    return report is not None and report.reachable


def _is_mining(report: MinerReport | None) -> bool:
    return report is not None and report.phase is Phase.HASHING


def lasting_error(report: MinerReport | None) -> str | None:
    """Return the last trouble while it lasts: out of reach, an answer missed, or a step that failed."""
    if report is None or report.last_error is None:
        return None
    lasts = not report.reachable or report.consecutive_failures or report.backoffs
    return report.last_error.text if lasts else None


def _seen_at(report: MinerReport | None, snapshot: FleetSnapshot) -> str | None:
    seen_at = report.seen_at if report else None
    return None if seen_at is None else rfc3339(snapshot.wall(seen_at))


def _temperature(reading: Reading | None) -> int | None:
    hottest = reading.temperature if reading else None
    return None if hottest is None else round(hottest)


def _fan_speed(reading: Reading | None) -> int | None:
    if reading is None or not reading.fans:
        return None
    return min(100, round(100 * max(reading.fans) / _FULL_FAN_SPEED))


def _uptime(reading: Reading | None) -> int | None:
    return None if reading is None or reading.elapsed is None else int(reading.elapsed)


def _pool_url(report: MinerReport | None) -> str | None:
    """Return the pool that is mined at, else the first that is set."""
    pools = report.pools if report and report.seen else ()
    active = next((pool for pool in pools if pool.stratum_active), pools[0] if pools else None)
    return active.url if active else None
