"""One size of fleet through a day in short: found, asleep, half, all, asleep again, stopped, begun again."""

import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

import requests

from benchmarks.scale import beside
from benchmarks.scale.clients import BASE, Latencies, activate, asked, busy, deactivate, share
from benchmarks.scale.processes import Miners, cpu_seconds, resident_mib, server, simulated, until

__all__ = ["POLL", "Row", "measure"]

POLL = 5.0
SETTLED = 2 * POLL
PATIENCE = 240.0
FOUND_WITHIN = 600.0
LATE = 1.0  # s; a poll that comes later than that after its time is not on time
WITHIN = 0.05
ORDERS = 20


@dataclass
class Row:
    """What was measured of one size, by name; what was not reached in time has the time it was waited for."""

    count: int
    figures: dict[str, float] = field(default_factory=dict)


def measure(count: int, seconds: float) -> Row:
    """Measure one size, each stretch so long; the processes are gone afterwards."""
    row = Row(count)
    with tempfile.TemporaryDirectory() as folder, simulated(count) as miners:
        with server(Path(folder), count) as process:
            began = time.monotonic()
            until(lambda: asked("dashboard/api/health")["miners_online"] >= count, FOUND_WITHIN, 0.5)
            row.figures["found_s"] = time.monotonic() - began
            row.figures["missed"] = count - asked("dashboard/api/health")["miners_registered"]
            _at_work(row, process, miners, seconds)
            began = time.monotonic()
            process.terminate()
            process.wait(60)
            row.figures["stop_s"] = time.monotonic() - began
        began = time.monotonic()
        with server(Path(folder), count):
            row.figures["restart_s"] = time.monotonic() - began
    return row


def _at_work(row: Row, process: "Popen[str]", miners: Miners, seconds: float) -> None:
    requests.patch(
        f"{BASE}/dashboard/api/config", json={"max_power_change_rate_kw_per_sec": 1e6}, timeout=10
    ).raise_for_status()
    figures, rated = row.figures, asked("dashboard/api/status")["rated_power_kw"]
    time.sleep(POLL)
    with busy() as latencies:
        figures |= _stretch("asleep", process.pid, latencies, seconds)
        for what, target in (("half_s", rated / 2), ("all_s", rated)):
            figures[f"{what[:-2]}_ms"] = activate(target)
            figures[what] = until(lambda: _power() >= (1 - WITHIN) * target, PATIENCE)  # noqa: B023
        time.sleep(SETTLED)
        figures |= _stretch("hashing", process.pid, latencies, seconds)
        figures |= _lateness(miners.gaps(seconds + SETTLED))
    figures |= beside.polls(row.count, figures["hashing_cpu"])
    figures |= beside.requests_a_second()
    with busy():
        orders = [_order(rated * (0.98 if number % 2 else 1.0)) for number in range(ORDERS)]
        figures["activate_ms"] = share(orders, 0.99)
        figures["sqlite"] = share(orders, 0.5) / beside.transaction_ms()
        figures["deactivate_ms"] = deactivate()
        figures["asleep_s"] = until(lambda: asked("dashboard/api/status")["mining_miners"] == 0, PATIENCE)


def _order(kilowatts: float) -> float:
    time.sleep(0.5)
    return activate(kilowatts)


def _power() -> float:
    return float(asked("dashboard/api/status")["active_power_kw"] or 0.0)


def _stretch(what: str, pid: int, latencies: Latencies, seconds: float) -> dict[str, float]:
    """Return what the server used and how the EMS was served, both as percentages or ms."""
    cpu, began = cpu_seconds(pid), time.monotonic()
    latencies.clear()
    time.sleep(seconds)
    used = 100 * (cpu_seconds(pid) - cpu) / (time.monotonic() - began)
    return {
        f"{what}_cpu": used,
        f"{what}_mib": resident_mib(pid),
        f"{what}_p50_ms": share(latencies, 0.5),
        f"{what}_p99_ms": share(latencies, 0.99),
    }


def _lateness(gaps: list[float]) -> dict[str, float]:
    late = [max(0.0, gap - POLL) for gap in gaps]
    on_time = 100 * sum(gap <= LATE for gap in late) / len(late) if late else float("nan")
    return {"late_p50_s": share(late, 0.5), "late_p99_s": share(late, 0.99), "on_time": on_time}
