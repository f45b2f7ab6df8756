"""From what the fleet publishes to what its delivery record is made of. Pure."""

from actors.report import MinerReport
from actors.snapshot import FleetPhase, FleetSnapshot
from events.state import Order
from netstab.dispatch.delivery import Disobedience, Sample
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.unit_status import Availability
from netstab.units import MinerId, Watts

__all__ = ["disobedient", "sampled"]

_TOLD_NOTHING = (Availability.HELD, Availability.NOT_CONTROLLABLE)


def sampled(snapshot: FleetSnapshot) -> Sample | None:
    """Return a sample of the order in force; None while there is none or nothing is commanded yet."""
    order: Order | None = snapshot.state.order
    if order is None or snapshot.phase is FleetPhase.INITIALIZING:
        return None
    limit = snapshot.binding_limit
    return Sample(
        at=snapshot.at,
        order=order.version,
        target=snapshot.pursued,
        limited_by=limit.source if limit else None,
        power=snapshot.active_power,
        idle=Watts(snapshot.view.idle_power + _only_read(snapshot)),
        settled=snapshot.settled,
        correction=snapshot.view.correction,
        seen=snapshot.power_is_known,
    )


def _only_read(snapshot: FleetSnapshot) -> float:
    """Return what those draw above idle under an order of nothing that nobody can tell to stop."""
    if snapshot.pursued or snapshot.plan is None:
        return 0.0
    read = (other for other in snapshot.plan.excluded if other.availability is Availability.NOT_CONTROLLABLE)
    return sum(_above_idle(snapshot, other.miner_id) for other in read)


def _above_idle(snapshot: FleetSnapshot, miner_id: MinerId) -> float:
    miner, report = snapshot.state.miners.get(miner_id), snapshot.reports.get(miner_id)
    drawn = (report.drawn(snapshot.at) if report is not None else None) or 0.0
    return max(0.0, drawn - miner.points.idle_power) if miner is not None else 0.0


def disobedient(snapshot: FleetSnapshot) -> list[Disobedience]:
    """Name the miners that are passed over or not yet as they should be.

    Not those that an operator holds, nor those that are only read: nobody told them anything.
    """
    if snapshot.plan is None:
        return []
    passed_over = [
        Disobedience(other.miner_id, f"{other.availability.label}: {other.reason}")
        for other in snapshot.plan.excluded
        if other.availability not in _TOLD_NOTHING
    ]
    reports = snapshot.reports
    lagging = (
        Disobedience(miner_id, _lag(report))
        for miner_id, told in snapshot.plan.setpoints.items()
        if (report := reports.get(miner_id)) is None or not _obeys(report, told)
    )
    return [*passed_over, *lagging]


def _obeys(report: MinerReport, told: Setpoint) -> bool:
    if not report.settled or report.desired is None:
        return False
    reached = report.desired.setpoint
    return reached is told or reached == told


def _lag(report: MinerReport | None) -> str:
    if report is None:
        return "not seen yet"
    return report.last_error.text if report.last_error else f"{report.phase}, not at its setpoint yet"
