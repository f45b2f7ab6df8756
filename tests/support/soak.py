"""A day of a server in half an hour: miners in trouble, an EMS, open pages, scans, changes, restarts.

It fails when the server holds more and more of its host. Run: make soak ARGS="--minutes 25"
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests
from harness import Api, ServerProcess
from soak_growth import BOUNDS, Sample, grown, sampled
from torture import database
from waiting import PATIENCE

from events.audit import audit
from events.chain import Verdict
from events.store import FleetStore

DAY = 86_400.0
BASE = "/dashboard/api"
SETTINGS = {
    "NETSTAB_HOST": "127.0.0.1",
    "NETSTAB_PORT": "0",
    "POLL_INTERVAL_SECONDS": "1",
    "SNAPSHOT_INTERVAL_SECONDS": "1",
    "SNAPSHOT_RETENTION_HOURS": "0.02",  # telemetry reaches its size within the warm-up
    "EMS_TIMEOUT_SECONDS": "10",
    "EMS_FAILSAFE": "standby",
}
STOOD_STILL = "did not answer in time"
"""What is said with 500 of a command that the host kept from being answered; else a busy server says 503."""
PAGES = 4
A_PAGE_ASKS = (
    "status",
    "dispatch",
    "health",
    "fleet/table",
    "miners",
    "history?limit=100",
    "telemetry/fleet",
)
RESTARTS = (signal.SIGTERM, signal.SIGKILL, signal.SIGTERM, signal.SIGKILL)
"""How the server is ended in the first hours of the day; what follows is one long life, which is judged."""

EVERY, FEWEST = 0.5, 4
"""Seconds between two samples, and how many are taken of each life at least."""

MORNING = 0.1
"""Of the day; so much of it is spent on these restarts."""


@dataclass
class Day:
    """One day: where its server is now, what was answered, and what was seen of the host."""

    kilowatts: float
    seed: int
    api: Api | None = None
    answers: Counter[int] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    verdict: Verdict | None = None

    def ask(self, method: str, path: str, body: object = None) -> None:
        """Ask whatever is there now; a server that is started again just then answers nothing."""
        if self.api is not None:
            with suppress(requests.RequestException):
                answer = requests.request(method, self.api.base + path, json=body, timeout=PATIENCE)
                self.answers[503 if STOOD_STILL in answer.text else answer.status_code] += 1

    def faults(self) -> list[str]:
        """Say which answers should not have been, and where the log does not hold."""
        found = [
            f"{count} answers had the status {status}."
            for status, count in sorted(self.answers.items())
            if status >= 500 and status != 503
        ]
        bad = self.verdict.bad_version if self.verdict else None
        return found if bad is None else [*found, f"The log fails at version {bad}: {self.verdict}"]


def ems(day: Day, chance: random.Random) -> None:
    """Give a target ten times a minute, say it again each second, and deactivate now and then."""
    target, turn = 0.0, 0
    while not day.ended.wait(1.0):
        if turn % 6 == 0:
            target = round(chance.uniform(0.0, day.kilowatts), 3)
        turn += 1
        if turn % 47 < 4:
            day.ask("POST", "/api/deactivate", {})
        else:
            day.ask("POST", "/api/activate", {"activationPowerInKw": target})
        day.ask("GET", "/api/status")


def page(day: Day, _chance: random.Random) -> None:
    """Look at everything each second, as somebody who never closes his browser."""
    while not day.ended.wait(1.0):
        for path in A_PAGE_ASKS:
            day.ask("GET", f"{BASE}/{path}")


def operator(day: Day, chance: random.Random) -> None:
    """Scan, change the configuration and the mode, and limit the site, each every few seconds."""
    while not day.ended.wait(2.0):
        match chance.randrange(4):
            case 0:
                day.ask("POST", f"{BASE}/discovery/scan", {})
            case 1:
                rate = chance.choice((5.0, 50.0, 500.0))
                day.ask("PATCH", f"{BASE}/config", {"max_power_change_rate_kw_per_sec": rate})
            case 2:
                day.ask("PUT", f"{BASE}/limits/grid", {"power_kw": day.kilowatts * chance.uniform(0.5, 1.0)})
            case 3:
                day.ask("DELETE", f"{BASE}/limits/grid")


def spent(day: Day, process: ServerProcess, folder: Path, seconds: float) -> None:
    """Have the whole day pass in so many seconds."""
    roles: list[Callable[[Day, random.Random], None]] = [ems, operator, *[page] * PAGES]
    clients = [
        threading.Thread(target=role, args=(day, random.Random(day.seed + number)))
        for number, role in enumerate(roles)
    ]
    for client in clients:
        client.start()
    try:
        for life, end in enumerate(RESTARTS):
            _live(day, process, folder, life, MORNING * seconds / len(RESTARTS))
            day.api = None
            process.end(end)
        _live(day, process, folder, len(RESTARTS), (1 - MORNING) * seconds)
    finally:
        day.ended.set()
        for client in clients:
            client.join()
    day.api = None
    process.end(signal.SIGTERM)


def _live(day: Day, process: ServerProcess, folder: Path, life: int, seconds: float) -> None:
    """Start the server and look at it twice a second for so long, and until it has answered something."""
    answered, day.api = day.answers[200], process.start()
    until, seen = time.monotonic() + seconds, 0
    while time.monotonic() < until or (
        (seen < FEWEST or day.answers[200] == answered) and seen * EVERY < PATIENCE
    ):
        day.samples.append(sampled(process.pid, time.monotonic(), life, folder))
        seen += 1
        time.sleep(EVERY)


@contextmanager
def miners(
    count: int, first: str, speed: float, seed: int
) -> Iterator[tuple[dict[str, int], dict[str, int]]]:
    """Run troubled miners in a process of their own; yields its ports, and what will have struck them."""
    command = [sys.executable, str(Path(__file__).with_name("soak_miners.py"))]
    arguments = [str(count), first, str(speed), str(seed)]
    with subprocess.Popen(
        [*command, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        struck: dict[str, int] = {}
        try:
            yield json.loads(process.stdout.readline()), struck
        finally:
            process.stdin.close()
            struck.update(json.loads(process.stdout.readline()))


def soaked(
    seconds: float, count: int, first: str, seed: int, url: str, folder: Path
) -> tuple[Day, dict[str, int]]:
    """Run a day of so many seconds; give it, and how often each trouble struck."""
    (folder / "tmp").mkdir()
    with ExitStack() as stack:
        told, struck = stack.enter_context(miners(count, first, DAY / seconds, seed))
        settings = SETTINGS | {
            "MINER_NETWORK_CIDR": f"{first.rpartition('.')[0]}.0/24",
            "MINER_API_PORT": str(told["api_port"]),
            "MINER_HTTP_PORT": str(told["http_port"]),
            "DATABASE_URL": url,
            "TMPDIR": str(folder / "tmp"),
        }
        process = ServerProcess(settings, folder / "stderr.txt")
        stack.callback(process.close)
        day = Day(1.4 * count, seed)
        spent(day, process, folder, seconds)
        with closing(FleetStore(url, read_only=True)) as store:
            day.verdict = audit(store)
    return day, struck


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=25.0, help="what the day takes")
    parser.add_argument("--miners", type=int, default=60, help="up to 250")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--samples", type=Path, help="a file for what was sampled, as CSV")
    parser.add_argument("--folder", type=Path, help="an empty folder that keeps the database")
    options = parser.parse_args()
    seconds = 60 * options.minutes
    with tempfile.TemporaryDirectory() as name:
        folder = options.folder or Path(name)
        with database(options.database, folder) as url:
            day, struck = soaked(seconds, options.miners, "127.91.0.1", options.seed, url, folder)
    if options.samples:
        rows = [(each.at, each.life, *(bound.figure(each) for bound in BOUNDS)) for each in day.samples]
        options.samples.write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    said = [*grown(day.samples), *day.faults()]
    sys.stdout.write(f"{dict(day.answers)} answers, {struck} troubles, {len(day.samples)} samples\n")
    sys.stdout.write("\n".join(said or ["Nothing grows beyond its bound."]) + "\n")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
