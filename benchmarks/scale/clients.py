"""Who asks the server: an EMS ten times a second, and four open pages, each bounded in time."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

__all__ = ["BASE", "PORT", "Latencies", "activate", "asked", "busy", "deactivate", "share", "timed"]

PORT = 20_000 + os.getpid() % 4000  # of this process: two may run on a host
BASE = f"http://127.0.0.1:{PORT}"
PAGES = 4
A_PAGE_ASKS = ("dashboard/api/status", "dashboard/api/dispatch", "dashboard/api/health")
THE_FLEET = "dashboard/api/fleet/table"
Document = dict[str, Any]
Latencies = list[float]


def asked(path: str) -> Document:
    document: Document = requests.get(f"{BASE}/{path}", timeout=30).json()
    return document


def timed(method: str, path: str, body: Document | None = None) -> float:
    """Return how long an answer took, in ms; a refusal ends the benchmark."""
    began = time.perf_counter()
    requests.request(method, f"{BASE}/{path}", json=body, timeout=30).raise_for_status()
    return 1000 * (time.perf_counter() - began)


def activate(kilowatts: float) -> float:
    return timed("POST", "api/activate", {"activationPowerInKw": round(kilowatts, 3)})


def deactivate() -> float:
    return timed("POST", "api/deactivate", {})


def share(values: list[float], part: float) -> float:
    """Return the value that so large a part of them does not exceed."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else float("nan")


@contextmanager
def busy() -> Iterator[Latencies]:
    """Have an EMS and the pages ask meanwhile; yields the EMS's latencies in ms, which grow."""
    ended, latencies = threading.Event(), Latencies()
    threads = [threading.Thread(target=_page, args=(ended,)) for _ in range(PAGES)]
    threads.append(threading.Thread(target=_ems, args=(ended, latencies)))
    for thread in threads:
        thread.start()
    try:
        yield latencies
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _ems(ended: threading.Event, latencies: Latencies) -> None:
    with requests.Session() as session:
        while not ended.wait(0.1):
            began = time.perf_counter()
            session.get(f"{BASE}/api/status", timeout=30).raise_for_status()
            latencies.append(1000 * (time.perf_counter() - began))


def _page(ended: threading.Event) -> None:
    """Ask as an open page does: its small feeds each second, the fleet's table every five."""
    tags: dict[str, str] = {}
    second = 0
    with requests.Session() as session:
        while not ended.wait(1.0):
            for path in (*A_PAGE_ASKS, *([THE_FLEET] if second % 5 == 0 else [])):
                headers = {"If-None-Match": tags[path]} if path in tags else {}
                answer = session.get(f"{BASE}/{path}", headers=headers, timeout=30)
                tags |= {path: answer.headers["ETag"]} if "ETag" in answer.headers else {}
            second += 1
