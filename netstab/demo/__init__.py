"""A demonstration on loopback: simulated miners, the real server, and an EMS that follows a signal.

With sites each has miners and a server, and the EMS steers the one above them.

The EMS knows nothing but the three documented calls; the table shows what it sees and the miners' states.
"""

import math
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from rich.console import Console
from rich.live import Live
from rich.table import Table

from netstab.demo.fronts import Counterparts, counterparts
from netstab.demo.sites import SITES_NETWORK, site_servers
from netstab.dispatch.constraints import Preset
from netstab.power.allocation import PowerMode
from netstab.server.wiring import System, running
from netstab.settings import Settings, read_settings
from netstab.simulation.mix import Mix
from netstab.simulation.mixed import MixedSite
from netstab.simulation.profiles import DOCUMENT, Profile
from netstab.units import kilowatts

__all__ = ["SIGNAL", "Options", "Wave", "run_demo"]

_STEP_S = 1.0
_ORDER_EVERY = 2  # steps: the contract asks for one activate in two seconds at the most
_ROWS = 15
_LOG = "demo.db"
_FOUND_WITHIN = 60.0  # s; who is not found by then is not waited for


@dataclass(frozen=True, slots=True)
class Options:
    """How the demonstration runs; `mix` is what each site is made of; 0 `sites` are one fleet without any.

    `seconds` None runs it until `stopped` is set. With `fronts` there is what they talk to, and no EMS.
    """

    mix: Mix
    sites: int
    profile: Profile
    speed: float
    mode: PowerMode
    port: int
    seconds: float | None
    fronts: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    elapsed: float
    asked_kw: float
    answer: str
    status: dict[str, Any]
    phases: Counter[str]


@dataclass(frozen=True, slots=True)
class Wave:
    """A signal about a share of rated power: a slow wave with a faster one on top; periods in s."""

    middle: float
    slow: float
    fast: float
    slow_period: float
    fast_period: float

    def at(self, seconds: float) -> float:
        """Return the share of rated power, 0 to 1, that the grid wants."""
        slow = self.slow * math.sin(2 * math.pi * seconds / self.slow_period)
        fast = self.fast * math.sin(2 * math.pi * seconds / self.fast_period)
        return min(1.0, max(0.0, self.middle + slow + fast))


SIGNAL = Wave(0.55, 0.35, 0.10, 240, 47)
MIXED_SIGNAL = Wave(0.80, 0.10, 0.03, 900, 130)
"""What is asked of several makes: some of them take ten minutes to start, and follow by their settings."""


def run_demo(options: Options, stopped: threading.Event) -> None:
    """Run until `stopped`, or until the time is up; everything it started has ended then."""
    console = Console()
    with (
        tempfile.TemporaryDirectory(prefix="netstab-demo-") as folder,
        _fronts(options, Path(folder)) as fronts,
        _servers(options, Path(folder), fronts.settings) as system,
    ):
        base = f"http://127.0.0.1:{system.port}"
        words = _fleet_words(options)
        how = "steered by whoever connects" if options.fronts else f"steered at {base} as an EMS would"
        console.print(f"[bold]{words}[/], {how}.", soft_wrap=True)
        for line in fronts.words:
            console.print(line, soft_wrap=True, highlight=False)
        console.print(f"The operator's dashboard: {base}/")
        console.print(
            f"Its log, until it ends: netstab log --database {Path(folder) / _LOG} verify", soft_wrap=True
        )
        rows: list[_Row] = []
        if not console.is_terminal:
            for row in _follow(base, system, options, stopped):
                console.print(_line(row), soft_wrap=True)
            return
        with Live(_table(rows, words), console=console, auto_refresh=False) as live:
            for row in _follow(base, system, options, stopped):
                rows = [*rows[1 - _ROWS :], row]
                live.update(_table(rows, words), refresh=True)


def _fleet_words(options: Options) -> str:
    mix = options.mix
    one = len(mix.counts) == 1
    miners = f"{mix.total} simulated " + (mix.kinds if one else f"miners ({mix.words})")
    return f"{options.sites} sites of {miners} each" if options.sites else miners


def _fronts(options: Options, folder: Path) -> AbstractContextManager[Counterparts]:
    return counterparts(folder) if options.fronts else nullcontext(Counterparts({}, ()))


@contextmanager
def _servers(options: Options, folder: Path, more: Mapping[str, str]) -> Iterator[System]:
    with ExitStack() as stack:
        fleets = {
            f"127.0.{block}.0/24": stack.enter_context(_miners(options, f"127.0.{block}.1"))
            for block in range(1, 1 + max(1, options.sites))
        }
        if options.sites:
            port = stack.enter_context(site_servers(fleets, _dispatched_by(options), folder))
            told = {"MINER_NETWORK_CIDR": SITES_NETWORK, "MINER_API_PORT": str(port)}
            told |= {"MINER_HTTP_PORT": str(port)}
        else:
            [(network, fleet)] = fleets.items()
            told = _told_of(network, fleet)
        yield stack.enter_context(running(_settings(options, {**told, **more}, folder)))


def _miners(options: Options, first_address: str) -> MixedSite:
    mixed = _is_mixed(options)  # some of these take ten minutes to start
    return MixedSite(
        options.mix,
        first_address=first_address,
        profile=options.profile,
        speed=options.speed,
        asleep=not mixed,
        meter=mixed and not options.sites,
    )


def _told_of(network: str, site: MixedSite) -> dict[str, str]:
    """Return what a server is told of the site: where its miners are, and its meter if it has one."""
    ports = zip(
        ("MINER_API_PORT", "MINER_HTTP_PORT", "WHATSMINER_API_PORT"), map(str, site.ports), strict=True
    )
    meter = {"POWER_METER_URL": site.meter_url} if site.metered else {}
    return {"MINER_NETWORK_CIDR": network, **dict(ports), **meter}


def _settings(options: Options, told: Mapping[str, str], folder: Path) -> Settings:
    return read_settings(
        {
            "POLL_INTERVAL_SECONDS": "1",
            **_dispatched_by(options),
            "NETSTAB_HOST": "127.0.0.1",
            "NETSTAB_PORT": str(options.port),
            "DATABASE_URL": f"sqlite:///{folder / _LOG}",
            **told,
        }
    )


def _dispatched_by(options: Options) -> dict[str, str]:
    preset = Preset.DOCUMENT if options.profile == DOCUMENT else Preset.S9
    return {"POWER_CONTROL_MODE": options.mode.value, "DISPATCH_PRESET": preset.value}


def _follow(base: str, system: System, options: Options, stopped: threading.Event) -> Iterator[_Row]:
    """Be the EMS: read the status every second, send a target every other, as the signal says."""
    started, step, asked, answer = time.monotonic(), 0, 0.0, ""
    wave = MIXED_SIGNAL if _is_mixed(options) else SIGNAL
    with requests.Session() as ems:
        ems.trust_env = False
        while not stopped.wait(max(0.0, started + step * _STEP_S - time.monotonic())):
            elapsed = time.monotonic() - started
            if options.seconds is not None and elapsed >= options.seconds:
                return
            status = ems.get(f"{base}/api/status", timeout=5).json()
            if (
                not options.fronts
                and step % _ORDER_EVERY == 0
                and "ratedPowerInKw" in status
                and _is_found(system, options, elapsed)
            ):
                asked = round(status["ratedPowerInKw"] * wave.at(elapsed), 3)
                answer = _order(ems, base, asked)
            if options.fronts:
                asked, answer = kilowatts(system.fleet.snapshot.pursued or 0.0), ""
            yield _Row(elapsed, asked, answer, status, _phases(system))
            step += 1


def _is_mixed(options: Options) -> bool:
    return len(options.mix.counts) > 1


def _is_found(system: System, options: Options, elapsed: float) -> bool:
    """Whether a mixed site is known as a whole: a share of a part of it would put the rest to sleep."""
    known = len(system.fleet.snapshot.reports) >= options.mix.total
    return known or not _is_mixed(options) or bool(options.sites) or elapsed > _FOUND_WITHIN


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


def _table(rows: list[_Row], title: str) -> Table:
    table = Table(
        title=title,
        caption=rows[-1].answer if rows else "Waiting for the first miners.",
        caption_justify="left",
    )
    for heading in ("time", "target", "measured"):
        table.add_column(heading, justify="right")
    table.add_column("miners")
    for row in rows:
        table.add_row(*_cells(row))
    return table
