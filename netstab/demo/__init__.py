"""A demonstration on loopback: simulated miners, the real server, and an EMS that follows a signal.

With sites each has miners and a server, and the EMS steers the one above them.

The EMS knows nothing but the three documented calls; the table shows what it sees and the miners' states.
"""

import math
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from rich.console import Console
from rich.live import Live
from rich.table import Table

from netstab.demo.sites import SITES_NETWORK, site_servers
from netstab.power.allocation import PowerMode
from netstab.server.wiring import System, running
from netstab.settings import Settings, read_settings
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.profiles import Profile

__all__ = ["Options", "run_demo", "signal"]

_STEP_S = 1.0
_ORDER_EVERY = 2  # steps: the contract asks for one activate in two seconds at the most
_ROWS = 15


@dataclass(frozen=True, slots=True)
class Options:
    """How the demonstration runs; `miners` are those of each site, and 0 `sites` are one fleet without any.

    `seconds` None runs it until `stopped` is set.
    """

    miners: int
    sites: int
    profile: Profile
    speed: float
    mode: PowerMode
    port: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class _Row:
    elapsed: float
    asked_kw: float
    answer: str
    status: dict[str, Any]
    phases: Counter[str]


def signal(seconds: float) -> float:
    """Return the share of rated power, 0 to 1, that the grid wants: a slow wave with a faster one on top."""
    slow = math.sin(2 * math.pi * seconds / 240)
    fast = math.sin(2 * math.pi * seconds / 47)
    return min(1.0, max(0.0, 0.55 + 0.35 * slow + 0.10 * fast))


def run_demo(options: Options, stopped: threading.Event) -> None:
    """Run until `stopped`, or until the time is up; everything it started has ended then."""
    console = Console()
    with _servers(options) as system:
        base = f"http://127.0.0.1:{system.port}"
        console.print(f"[bold]{_fleet_words(options)}[/], steered at {base} as an EMS would.")
        console.print(f"The operator's dashboard: {base}/")
        rows: list[_Row] = []
        if not console.is_terminal:
            for row in _follow(base, system, options, stopped):
                console.print(_line(row), soft_wrap=True)
            return
        with Live(_table(rows), console=console, auto_refresh=False) as live:
            for row in _follow(base, system, options, stopped):
                rows = [*rows[1 - _ROWS :], row]
                live.update(_table(rows), refresh=True)


def _fleet_words(options: Options) -> str:
    miners = f"{options.miners} simulated Antminer S9"
    return f"{options.sites} sites of {miners} each" if options.sites else miners


@contextmanager
def _servers(options: Options) -> Iterator[System]:
    with tempfile.TemporaryDirectory(prefix="netstab-demo-") as folder, ExitStack() as stack:
        fleets = {
            f"127.0.{block}.0/24": stack.enter_context(_miners(options, f"127.0.{block}.1"))
            for block in range(1, 1 + max(1, options.sites))
        }
        if options.sites:
            port = stack.enter_context(site_servers(fleets, options.mode.value, Path(folder)))
            settings = _settings(options, SITES_NETWORK, port, port, Path(folder))
        else:
            [(network, fleet)] = fleets.items()
            settings = _settings(options, network, fleet.api_port, fleet.http_port, Path(folder))
        yield stack.enter_context(running(settings))


def _miners(options: Options, first_address: str) -> SimulatedFleet:
    return SimulatedFleet(
        options.miners,
        first_address=first_address,
        profile=options.profile,
        speed=options.speed,
        asleep=True,
    )


def _settings(options: Options, network: str, api_port: int, http_port: int, folder: Path) -> Settings:
    return read_settings(
        {
            "MINER_NETWORK_CIDR": network,
            "MINER_API_PORT": str(api_port),
            "MINER_HTTP_PORT": str(http_port),
            "POLL_INTERVAL_SECONDS": "1",
            "POWER_CONTROL_MODE": options.mode.value,
            "NETSTAB_HOST": "127.0.0.1",
            "NETSTAB_PORT": str(options.port),
            "DATABASE_URL": f"sqlite:///{folder / 'demo.db'}",
        }
    )


def _follow(base: str, system: System, options: Options, stopped: threading.Event) -> Iterator[_Row]:
    """Be the EMS: read the status every second, send a target every other, as the signal says."""
    started, step, asked, answer = time.monotonic(), 0, 0.0, ""
    with requests.Session() as ems:
        ems.trust_env = False
        while not stopped.wait(max(0.0, started + step * _STEP_S - time.monotonic())):
            elapsed = time.monotonic() - started
            if options.seconds is not None and elapsed >= options.seconds:
                return
            status = ems.get(f"{base}/api/status", timeout=5).json()
            if step % _ORDER_EVERY == 0 and "ratedPowerInKw" in status:
                asked = round(status["ratedPowerInKw"] * signal(elapsed), 3)
                answer = _order(ems, base, asked)
            yield _Row(elapsed, asked, answer, status, _phases(system))
            step += 1


def _order(ems: requests.Session, base: str, power_kw: float) -> str:
    body = {"activationPowerInKw": power_kw}
    return str(ems.post(f"{base}/api/activate", json=body, timeout=5).json()["message"])


def _phases(system: System) -> Counter[str]:
    return Counter(report.phase.value for report in system.fleet.snapshot.reports.values())


def _cells(row: _Row) -> tuple[str, str, str, str]:
    measured = row.status.get("activePowerInKw")
    shown = row.status.get("message", "") if measured is None else f"{measured:8.2f} kW"
    phases = ", ".join(f"{count} {phase}" for phase, count in sorted(row.phases.items()))
    return f"{row.elapsed:5.0f} s", f"{row.asked_kw:8.2f} kW", shown, phases


def _line(row: _Row) -> str:
    elapsed, asked, measured, phases = _cells(row)
    return f"{elapsed}  target {asked}  measured {measured}  {phases}"


def _table(rows: list[_Row]) -> Table:
    table = Table(
        caption=rows[-1].answer if rows else "Waiting for the first miners.", caption_justify="left"
    )
    for heading in ("time", "target", "measured"):
        table.add_column(heading, justify="right")
    table.add_column("miners")
    for row in rows:
        table.add_row(*_cells(row))
    return table
