"""Who asks the server: an EMS ten times a second, and four open pages in a process of their own."""

import http.client
import json
import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from subprocess import PIPE, Popen
from typing import Any

import requests

__all__ = ["BASE", "PORT", "Ems", "activate", "asked", "busy", "deactivate", "share", "timed"]

PORT = int(os.environ.get("SCALE_PORT", 20_000 + os.getpid() % 4000))  # two may run on a host
HOST = "127.0.0.1"
BASE = f"http://{HOST}:{PORT}"
STATUS = "/api/status"
PAGES = 4
A_PAGE_ASKS = ("dashboard/api/status", "dashboard/api/dispatch", "dashboard/api/health")
THE_FLEET = "dashboard/api/fleet/table"
PATIENCE = 30.0
Document = dict[str, Any]


def asked(path: str) -> Document:
    document: Document = requests.get(f"{BASE}/{path}", timeout=PATIENCE).json()
    return document


def timed(path: str, body: Document, method: str = "POST") -> float:
    """Return how long it took until a command was accepted, in ms: one that is refused is given again."""
    began = time.perf_counter()
    while not _accepted(method, path, json.dumps(body)):
        if time.perf_counter() - began > PATIENCE:
            raise TimeoutError(f"{path} is refused for too long.")
        time.sleep(0.1)
    return 1000 * (time.perf_counter() - began)


def _accepted(method: str, path: str, data: str) -> bool:
    with closing(http.client.HTTPConnection(HOST, PORT, timeout=PATIENCE)) as connection:
        connection.request(method, f"/{path}", data, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        told = answer.read()
    if answer.status not in (http.client.OK, http.client.SERVICE_UNAVAILABLE):
        raise ValueError(f"{path}: {told!r}")
    return answer.status == http.client.OK


def activate(kilowatts: float) -> float:
    return timed("api/activate", {"activationPowerInKw": round(kilowatts, 3)})


def deactivate() -> float:
    return timed("api/deactivate", {})


def share(values: list[float], part: float) -> float:
    """Return the value that so large a part of them does not exceed."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else float("nan")


class Ems:
    """Asks for the status ten times a second: `latencies` in ms, and how many calls were `lost`."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.lost = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def clear(self) -> None:
        self.latencies, self.lost = [], 0

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        with closing(http.client.HTTPConnection(HOST, PORT, timeout=PATIENCE)) as connection:
            while not self._ended.wait(0.1):
                self._ask(connection)

    def _ask(self, connection: http.client.HTTPConnection) -> None:
        began = time.perf_counter()
        try:
            connection.request("GET", STATUS)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self.lost += 1
            return
        self.latencies.append(1000 * (time.perf_counter() - began))
        self.lost += answer.status != http.client.OK


@contextmanager
def busy() -> Iterator[Ems]:
    """Have an EMS and the pages ask meanwhile."""
    command = [sys.executable, "-m", "benchmarks.scale.clients"]
    with Popen(command, stdin=PIPE, env={**os.environ, "SCALE_PORT": str(PORT)}) as pages:
        ems = Ems()
        try:
            yield ems
        finally:
            ems.end()
            pages.terminate()


def _page() -> None:
    """Ask as an open page does: its small feeds each second, the fleet's table every five, for changes."""
    tags: dict[str, str] = {}
    known = ""
    second = 0
    with requests.Session() as session:
        while True:
            time.sleep(1.0)
            for path in (*A_PAGE_ASKS, *([THE_FLEET] if second % 5 == 0 else [])):
                with suppress(requests.RequestException):  # a page asks again
                    headers = {"If-None-Match": tags[path]} if path in tags else {}
                    query = {"known": known} if path == THE_FLEET and known else {}
                    answer = session.get(f"{BASE}/{path}", params=query, headers=headers, timeout=PATIENCE)
                    tags |= {path: answer.headers["ETag"]} if "ETag" in answer.headers else {}
                    if path == THE_FLEET and answer.status_code == http.client.OK:
                        known = _version(answer.content)
            second += 1


def _version(table: bytes) -> str:
    """Find the version alone: what a browser does with the rest is not measured here."""
    found = re.search(rb'"version":"?([^",}]*)', table)
    return found[1].decode() if found else ""


def main() -> None:
    """Be the open pages until nobody is left who reads of them."""
    for _ in range(PAGES):
        threading.Thread(target=_page, daemon=True).start()
        time.sleep(0.3)  # not all in one moment
    sys.stdin.read()


if __name__ == "__main__":
    main()
