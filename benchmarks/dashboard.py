"""The dashboard with 10,000 miners in Chromium: how soon it is usable, what a refresh and a page cost.

The server runs in a process of its own over a fleet made by hand, which publishes a new snapshot every second
with a fifth of its miners' reports renewed. Run: make bench-dashboard
"""

import argparse
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from browsing import CHROMIUM, Visit, launched
from msgspec import structs
from playwright.sync_api import Browser, Page
from rich.console import Console
from rich.table import Table
from stub_fleet import StubFleet, asleep, fleet_snapshot, registered, report, unreachable

from actors.report import MinerReport
from api.app import Dependencies, create_app, create_server
from events.history import HistoryReader
from events.log import FleetLog
from events.telemetry import TelemetryReader, TelemetryWriter
from netstab.clock import wall_clock
from netstab.power.allocation import PowerMode
from netstab.settings import read_settings
from netstab.units import Seconds, Timestamp, Watts

TICKS = os.sysconf("SC_CLK_TCK")
REFRESH_MS = 250.0
Tasks = list[tuple[float, float]]
SHARE = 5  # of the fleet's reports one in so many is new each second, as with a poll every 5 s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--miners", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=40.0, help="length of each measured stretch")
    parser.add_argument("--serve", action="store_true", help="be the server alone")
    options = parser.parse_args()
    if options.serve:
        serve(options.miners)
    elif CHROMIUM is None:
        sys.exit("Chromium is not installed: apt-get install chromium")
    else:
        with server(options.miners) as (process, base), launched() as browser:
            show(options.miners, measure(browser, base, process.pid, options.seconds))


def measure(browser: Browser, base: str, pid: int, seconds: float) -> list[tuple[str, str, str]]:
    usable = [until_usable(browser, base) for _ in range(5)]
    idle = server_share(pid, seconds)
    with Visit(browser, base, None) as visit:
        costs = {view: page_costs(browser, visit.page, view, pid, seconds) for view in ("fleet", "now")}
    rows = [("Fleet page usable (median, worst of 5)", seconds_of(usable), "< 2 s")]
    for view, (tasks, share) in costs.items():
        rows += [
            (f"{view}: main thread, costliest refresh", f"{costliest(tasks):.0f} ms", "< 50 ms"),
            (f"{view}: main thread in all", f"{total(tasks) / 10 / seconds:.1f} % of a core", ""),
            (f"{view}: server, for an open page", f"{100 * (share - idle):.1f} % of a core", "< 2 %"),
        ]
    return rows


def until_usable(browser: Browser, base: str) -> float:
    """Return the seconds from an empty cache until the rows are there and a filter has been obeyed."""
    with Visit(browser, base, None) as visit:
        visit.page.goto("/#/fleet", wait_until="commit")
        visit.page.locator(".grid-body [role=row]").nth(5).wait_for()
        visit.page.get_by_role("searchbox").fill("127.1.3.9")
        visit.page.get_by_text(re.compile(r"^\d+ of [\d,]+ miners")).wait_for()
        return float(visit.page.evaluate("performance.now()")) / 1000


def page_costs(browser: Browser, page: Page, view: str, pid: int, seconds: float) -> tuple[Tasks, float]:
    """Return the main thread's tasks in ms, and the server's share of a core."""
    page.goto(f"/#/{view}")
    page.wait_for_timeout(5000)
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace.json"
        categories = ["disabled-by-default-devtools.timeline", "toplevel"]
        browser.start_tracing(page=page, path=trace, categories=categories)
        cpu, began = cpu_seconds(pid), time.monotonic()
        page.wait_for_timeout(seconds * 1000)
        share = (cpu_seconds(pid) - cpu) / (time.monotonic() - began)
        browser.stop_tracing()
        return main_thread_tasks(json.loads(trace.read_text())["traceEvents"]), share


def main_thread_tasks(events: list[dict[str, Any]]) -> Tasks:
    """Return when each task of the page's main thread began and what it took of that thread, both in ms.

    There are other renderers in a trace: the page is the one that worked most.
    """
    mains: dict[tuple[int, int], Tasks] = {
        (event["pid"], event["tid"]): []
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    for event in events:
        thread = (event["pid"], event["tid"])
        if event["name"] == "RunTask" and thread in mains:
            mains[thread].append((event["ts"] / 1000, event.get("tdur", event.get("dur", 0)) / 1000))
    return sorted(max(mains.values(), key=total))


def total(tasks: Iterable[tuple[float, float]]) -> float:
    return sum(took for _, took in tasks)


def costliest(tasks: Tasks) -> float:
    """Return the most that the main thread was busy within REFRESH_MS: answers, figures, layout and paint."""
    return max(
        total([(at, took) for at, took in tasks[place : place + 1000] if at < began + REFRESH_MS])
        for place, (began, _) in enumerate(tasks)
    )


def server_share(pid: int, seconds: float) -> float:
    cpu, began = cpu_seconds(pid), time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds(pid) - cpu) / (time.monotonic() - began)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def seconds_of(times: list[float]) -> str:
    return f"{statistics.median(times):.2f} s, {max(times):.2f} s"


def show(miners: int, rows: list[tuple[str, str, str]]) -> None:
    table = Table(title=f"{miners:,} miners, {os.cpu_count()} cores")
    for heading in ("what", "measured", "goal"):
        table.add_column(heading)
    for row in rows:
        table.add_row(*row)
    Console(width=100).print(table)


@contextmanager
def server(miners: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, __file__, "--serve", "--miners", str(miners)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait(20)


def serve(miners: int) -> None:
    """Publish what a fleet would until terminated, and say the port."""
    fleet = StubFleet(whole_fleet(miners))
    settings = read_settings({"MINER_NETWORK_CIDR": "127.0.0.0/24"})
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        url = f"sqlite:///{Path(folder) / 'log.db'}"
        FleetLog(url, wall_clock, PowerMode.ON_OFF).close()
        TelemetryWriter(url).close()
        readers = HistoryReader(url), TelemetryReader(url)
        for reader in readers:
            stack.callback(reader.close)
        app = create_app(Dependencies(fleet, readers[0], settings, time.time, readers[1], wall_clock))  # type: ignore[arg-type]
        web = create_server(app, "127.0.0.1", 0)
        web.start()
        stack.callback(web.stop, Seconds(5))
        print(web.port, flush=True)
        publish(fleet)


def whole_fleet(miners: int) -> Any:
    addresses = [f"127.{1 + (n >> 16)}.{n >> 8 & 255}.{n & 255}" for n in range(miners)]
    kinds = (report, report, report, asleep, unreachable)
    reports = tuple(random.Random(n).choice(kinds)(address) for n, address in enumerate(addresses))
    known = tuple(registered(address) for address in addresses)
    return fleet_snapshot(known, reports, target=Watts(700.0 * miners), at=Timestamp(time.time()))


def publish(fleet: StubFleet) -> None:
    chance, turn = random.Random(1), 0
    while True:
        time.sleep(1)
        turn += 1
        now = Timestamp(time.time())
        renewed = {
            miner_id: anew(old, now, chance)
            for place, (miner_id, old) in enumerate(fleet.snapshot.reports.items())
            if (place + turn) % SHARE == 0
        }
        reports = {**fleet.snapshot.reports, **renewed}
        power = Watts(sum(one.power for one in reports.values()))
        fleet.snapshot = replace(fleet.snapshot, at=now, reports=reports, active_power=power)


def anew(old: MinerReport, now: Timestamp, chance: random.Random) -> MinerReport:
    if not old.power or old.reading is None:
        return replace(old, at=now)
    power = Watts(old.power * chance.uniform(0.99, 1.01))
    return replace(old, at=now, seen_at=now, power=power, reading=structs.replace(old.reading, power=power))


if __name__ == "__main__":
    main()
