"""One size of fleet through a day in short: found, asleep, half, all, asleep again, stopped, begun again.

Each phase has a bound, so that a size takes nine minutes at most; what was not reached by then says so.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from subprocess import Popen, TimeoutExpired

import requests

from benchmarks.scale import beside
from benchmarks.scale.clients import BASE, Ems, activate, asked, busy, deactivate, share, timed
from benchmarks.scale.processes import (
    Miners,
    cpu_seconds,
    database,
    network,
    resident_mib,
    server,
    simulated,
    until,
)

__all__ = ["POLL", "Row", "measure"]

POLL = 5.0
SETTLED = 2 * POLL
LARGE = 10_000
LATE = 1.0  # s; a poll that comes later than that after its time is not on time
WITHIN = 0.05
ORDERS = 20
STOPS_WITHIN = 20.0
SCANS_WITHIN = 75.0
RESCANNED = 5000  # a scan that goes on would be measured with what follows
FOUND_WITHIN = 120.0


@dataclass
class Row:
    """What was measured of one size, by name; what was not reached in time has the time it was waited for."""

    count: int
    when: str = ""
    figures: dict[str, float] = field(default_factory=dict)
    unreached: list[str] = field(default_factory=list)

    def wait(self, name: str, done: Callable[[], bool], within: float) -> None:
        """Wait for something, and keep how long that took."""
        within = max(0.0, within)
        took = until(lambda: _said(done), within, 0.25)
        self.figures[name] = min(took, within)
        if took >= within and not _said(done):
            self.unreached.append(name)
        self.say(name)

    def say(self, *names: str) -> None:
        shown = (f"{name} {self.figures[name]:.2f}{' *' * (name in self.unreached)}" for name in names)
        print(f"{self.count:,}: {', '.join(shown)}", flush=True)


def _said(done: Callable[[], bool]) -> bool:
    """Whether it is so; a server that gives no answer in time does not say."""
    try:
        return done()
    except (OSError, ValueError, KeyError):
        return False


def measure(count: int, seconds: float) -> Row:
    """Measure one size, each stretch so long; the processes are gone afterwards."""
    row = Row(count, time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()))
    with tempfile.TemporaryDirectory() as folder, simulated(count) as miners:
        with server(Path(folder), count) as process:
            row.wait(
                "found_s",
                lambda: asked("dashboard/api/health")["miners_online"] >= count,
                FOUND_WITHIN * (2 if count > LARGE else 1),
            )
            row.figures["missed"] = count - asked("dashboard/api/health")["miners_registered"]
            try:
                _at_work(row, process, miners, seconds, database(Path(folder)))
            except (OSError, ValueError, HTTPException) as error:
                print(f"{count:,}: what follows is not measured: {error}", flush=True)
            row.wait("stop_s", _terminated(process), STOPS_WITHIN)
        began = time.monotonic()
        with server(Path(folder), count):
            row.figures["restart_s"] = time.monotonic() - began
    return row


def _terminated(process: "Popen[str]") -> Callable[[], bool]:
    process.terminate()

    def ended() -> bool:
        try:
            process.wait(0.01)
        except TimeoutExpired:
            return False
        return True

    return ended


def _at_work(row: Row, process: "Popen[str]", miners: Miners, seconds: float, log: Path) -> None:
    timed("dashboard/api/config", {"max_power_change_rate_kw_per_sec": 1e6}, "PATCH")
    figures, rated = row.figures, asked("dashboard/api/status")["rated_power_kw"]
    patience = 60.0 if row.count > LARGE else 45.0
    time.sleep(POLL)
    with busy() as ems:
        _stretch(row, "asleep", process.pid, ems, seconds)
        for what, target in (("half", rated / 2), ("all", rated)):
            figures[f"{what}_ms"] = activate(target)
            row.wait(f"{what}_s", _drawn((1 - WITHIN) * target), patience)
        time.sleep(SETTLED)
        _stretch(row, "hashing", process.pid, ems, seconds)
        figures |= _lateness(miners.gaps(seconds))
        row.say("late_p50_s", "late_p99_s", "on_time")
        if row.count <= RESCANNED:
            _rescan(row)
    figures |= beside.polls(row.count, figures["hashing_cpu"])
    figures |= beside.requests_a_second()
    row.say("bare", "pool", "constant")
    with busy():
        orders = [_order(rated * (0.98 if number % 2 else 1.0)) for number in range(ORDERS)]
        figures["activate_p50_ms"], figures["activate_ms"] = share(orders, 0.5), share(orders, 0.99)
        figures["sqlite"] = figures["activate_p50_ms"] / beside.transaction_ms(beside.order_bytes(log))
        figures["deactivate_ms"] = deactivate()
        row.say("activate_p50_ms", "activate_ms", "sqlite", "deactivate_ms")
        row.wait("asleep_s", lambda: asked("dashboard/api/status")["mining_miners"] == 0, patience)


def _drawn(kilowatts: float) -> Callable[[], bool]:
    return lambda: float(asked("dashboard/api/status")["active_power_kw"] or 0.0) >= kilowatts


def _rescan(row: Row) -> None:
    """Look for all of them again while they hash, an EMS asks and pages are open."""
    began = time.monotonic()
    path = "dashboard/api/discovery/scan"
    requests.post(f"{BASE}/{path}", json={"network_cidr": network(row.count)}, timeout=60)  # may go on
    row.wait("scan_s", lambda: not asked(path)["running"], SCANS_WITHIN - (time.monotonic() - began))
    row.figures["scan_s"] = time.monotonic() - began
    if "scan_s" not in row.unreached:
        row.figures["scan_missed"] = row.count - asked(path)["miners_found"]
        row.say("scan_s", "scan_missed")


def _order(kilowatts: float) -> float:
    time.sleep(0.5)
    return activate(kilowatts)


def _stretch(row: Row, what: str, pid: int, ems: Ems, seconds: float) -> None:
    """Measure what the server uses and how the EMS is served: percentages, MiB and ms."""
    cpu, began = cpu_seconds(pid), time.monotonic()
    ems.clear()
    time.sleep(seconds)
    found = {
        "cpu": 100 * (cpu_seconds(pid) - cpu) / (time.monotonic() - began),
        "mib": resident_mib(pid),
        "p50_ms": share(ems.latencies, 0.5),
        "p99_ms": share(ems.latencies, 0.99),
        "lost": ems.lost,
    }
    row.figures |= {f"{what}_{name}": figure for name, figure in found.items()}
    row.say(*(f"{what}_{name}" for name in found))


def _lateness(gaps: list[float]) -> dict[str, float]:
    late = [max(0.0, gap - POLL) for gap in gaps]
    on_time = 100 * sum(gap <= LATE for gap in late) / len(late) if late else float("nan")
    return {"late_p50_s": share(late, 0.5), "late_p99_s": share(late, 0.99), "on_time": on_time}
