"""One server and thousands of simulated miners over real sockets: what it costs and how fast it answers.

Both run as processes of their own on loopback; figures are of the server's process. Run: make bench-scale
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

FIRST = "127.1.0.1"
NETWORK = "127.1.0.0/19"
API_PORT, HTTP_PORT, PORT = 14028, 18080, 18000
BASE = f"http://127.0.0.1:{PORT}"
TICKS = os.sysconf("SC_CLK_TCK")

Document = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--miners", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=30.0, help="length of each measured stretch")
    options = parser.parse_args()
    allow_descriptors()
    with tempfile.TemporaryDirectory() as folder, simulated(options.miners), server(folder) as process:
        started = time.monotonic()
        until(lambda: health()["miners_online"] >= options.miners, 300)
        print(f"{options.miners} miners registered and polled after {time.monotonic() - started:.0f} s")
        measure("all asleep", process.pid, options.seconds)
        half = dashboard()["rated_power_kw"] / 2
        patch("config", {"max_power_change_rate_kw_per_sec": 1000.0})
        started = time.monotonic()
        answer, took = timed(lambda: post("api/activate", {"activationPowerInKw": round(half, 3)}))
        print(f"activate {half:.0f} kW: {answer['message']} in {took * 1000:.0f} ms")
        until(lambda: dashboard()["active_power_kw"] >= 0.95 * half, 300)
        print(f"within 5 % of it after {time.monotonic() - started:.0f} s")
        measure("half hashing", process.pid, options.seconds)
        started = time.monotonic()
        answer, took = timed(lambda: post("api/deactivate", {}))
        print(f"deactivate in {took * 1000:.0f} ms")
        until(lambda: dashboard()["mining_miners"] == 0, 300)
        print(f"all asleep after {time.monotonic() - started:.0f} s")


def measure(what: str, pid: int, seconds: float) -> None:
    """Ask for the status as an EMS and a busy dashboard would, and see what the server used meanwhile."""
    cpu, began, latencies = cpu_seconds(pid), time.monotonic(), []
    while time.monotonic() - began < seconds:
        _, took = timed(lambda: get("api/status"))
        latencies.append(took * 1000)
        time.sleep(0.05)
    used = (cpu_seconds(pid) - cpu) / (time.monotonic() - began)
    latencies.sort()
    p99 = latencies[int(0.99 * len(latencies))]
    print(
        f"{what}: CPU {100 * used:.0f} % of one core, RSS {rss_mb(pid):.0f} MB, "
        f"status median {statistics.median(latencies):.1f} ms, p99 {p99:.1f} ms"
    )


@contextmanager
def simulated(count: int) -> Iterator[None]:
    ports = ["--api-port", str(API_PORT), "--http-port", str(HTTP_PORT)]
    command = [sys.executable, "-m", "netstab", "simulate", "--count", str(count), "--first-address", FIRST]
    with process_of([*command, *ports, "--asleep"], {}) as process:
        assert process.stdout is not None
        print(process.stdout.readline().strip())
        yield


@contextmanager
def server(folder: str) -> Iterator[subprocess.Popen[str]]:
    environment = {
        "MINER_NETWORK_CIDR": NETWORK,
        "MINER_API_PORT": str(API_PORT),
        "MINER_HTTP_PORT": str(HTTP_PORT),
        "NETSTAB_HOST": "127.0.0.1",
        "NETSTAB_PORT": str(PORT),
        "DATABASE_URL": f"sqlite:///{Path(folder) / 'scale.db'}",
    }
    with process_of([sys.executable, "-m", "netstab", "serve"], environment) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process


@contextmanager
def process_of(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def allow_descriptors() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def until(done: Callable[[], bool], within: float) -> None:
    ends = time.monotonic() + within
    while not done():
        if time.monotonic() > ends:
            raise SystemExit(f"not done within {within:.0f} s")
        time.sleep(0.5)


def timed(call: Callable[[], Document]) -> tuple[Document, float]:
    began = time.perf_counter()
    return call(), time.perf_counter() - began


def get(path: str) -> Document:
    document: Document = requests.get(f"{BASE}/{path}", timeout=10).json()
    return document


def post(path: str, body: Document) -> Document:
    document: Document = requests.post(f"{BASE}/{path}", json=body, timeout=10).json()
    return document


def patch(path: str, body: Document) -> Document:
    document: Document = requests.patch(f"{BASE}/dashboard/api/{path}", json=body, timeout=10).json()
    return document


def health() -> Document:
    return get("dashboard/api/health")


def dashboard() -> Document:
    return get("dashboard/api/status")


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


if __name__ == "__main__":
    main()
