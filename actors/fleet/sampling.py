"""From what the fleet publishes to what its delivery record is made of. Pure."""

from actors.report import MinerReport
from actors.snapshot import FleetPhase, FleetSnapshot
from events.state import Order
from netstab.dispatch.delivery import Disobedience, Sample
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.unit_status import Availability

__all__ = ["disobedient", "sampled"]


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
        idle=snapshot.view.idle_power,
        settled=snapshot.settled,
        correction=snapshot.view.correction,
        seen=snapshot.power_is_known,
    )


def disobedient(snapshot: FleetSnapshot) -> list[Disobedience]:
    """Name the miners that are passed over or not yet as they should be; those an operator holds are not."""
    if snapshot.plan is None:
        return []
    passed_over = [
        Disobedience(other.miner_id, f"{other.availability.label}: {other.reason}")
        for other in snapshot.plan.excluded
        if other.availability is not Availability.HELD
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
