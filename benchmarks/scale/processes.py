"""The server and its miners as processes of their own, on loopback, and what the kernel says of them."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType

import requests

from benchmarks.scale.clients import BASE, PORT
from netstab.simulation.build import loopback_addresses

__all__ = [
    "API_PORT",
    "HTTP_PORT",
    "Miners",
    "addresses",
    "cpu_seconds",
    "database",
    "network",
    "resident_mib",
    "server",
    "simulated",
    "until",
]

API_PORT, HTTP_PORT = PORT + 4000, PORT + 8000
IN_A_PROCESS = 5000  # each has two ports of its own, and a process may have 20,000 descriptors
BLOCK = "127.60"
LARGE = 5000
TICKS = os.sysconf("SC_CLK_TCK")
_SIMULATORS = [sys.executable, "-m", "benchmarks.scale.simulators"]


class Miners:
    """Processes of simulated miners, addresses one after the other."""

    def __init__(self, processes: list["subprocess.Popen[str]"]) -> None:
        self._processes = processes

    def gaps(self, seconds: float) -> list[float]:
        """Return the times between polls of the miners that hashed within the last so many seconds."""
        return [gap for process in self._processes for gap in json.loads(_told(process, f"{seconds}\n"))]


def _told(process: "subprocess.Popen[str]", line: str) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line)
    process.stdin.flush()
    return process.stdout.readline()


@contextmanager
def simulated(count: int) -> Iterator[Miners]:
    """Start so many sleeping miners; they are ready when this yields."""
    with ExitStack() as stack:
        processes = []
        for before in range(0, count, IN_A_PROCESS):
            these = min(IN_A_PROCESS, count - before)
            arguments = [_address(before), *map(str, (these, before, API_PORT, HTTP_PORT))]
            processes.append(stack.enter_context(_process([*_SIMULATORS, *arguments], {})))
        for process in processes:
            assert process.stdout is not None
            if not process.stdout.readline():
                raise SystemExit(
                    "The simulated miners have ended: their ports are taken, or memory is short."
                )
        yield Miners(processes)


def _address(before: int) -> str:
    return f"{BLOCK}.{before // 250}.1"  # a process takes 254 of each /24, fewer blocks than it is given


def addresses(count: int) -> list[str]:
    """List the addresses of the miners, from the first on."""
    starts = range(0, count, IN_A_PROCESS)
    parts = (loopback_addresses(_address(before), min(IN_A_PROCESS, count - before)) for before in starts)
    return [address for part in parts for address in part]


def network(count: int) -> str:
    """Return the block that is scanned: a /16 for a large fleet, else the smallest that holds it."""
    blocks = 256 if count >= LARGE else 1 << (max(1, -(-count // 254)) - 1).bit_length()
    return f"{BLOCK}.0.0/{24 - blocks.bit_length() + 1}"


def database(folder: Path) -> Path:
    """Return where the server in a folder has its log."""
    return folder / "scale.db"


@contextmanager
def server(
    folder: Path, count: int, settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator["subprocess.Popen[str]"]:
    """Start a server for so many miners, with these settings too; it answers when this yields."""
    environment = {
        "MINER_NETWORK_CIDR": network(count),
        "MINER_API_PORT": str(API_PORT),
        "MINER_HTTP_PORT": str(HTTP_PORT),
        "POLL_INTERVAL_SECONDS": "5",
        "NETSTAB_HOST": "127.0.0.1",
        "NETSTAB_PORT": str(PORT),
        "DATABASE_URL": f"sqlite:///{database(folder)}",
        **settings,
    }
    with _process([sys.executable, "-m", "netstab", "serve"], environment) as process:
        until(lambda: _answers(process), 60)
        yield process


def _answers(process: "subprocess.Popen[str]") -> bool:
    if process.poll() is not None:
        raise SystemExit("The server has ended.")
    try:
        return requests.get(f"{BASE}/api/status", timeout=5).ok
    except requests.RequestException:  # not yet, or the host stands still
        return False


@contextmanager
def _process(command: list[str], environment: Mapping[str, str]) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    with process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()


def until(done: Callable[[], bool], within: float, every: float = 0.05) -> float:
    """Wait until it is so, or that long; return how long it took."""
    began = time.monotonic()
    while not done() and time.monotonic() - began < within:
        time.sleep(every)
    return time.monotonic() - began


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20
