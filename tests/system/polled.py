"""An EMS that polls the status all the while, and what it saw: every poll answered, and how soon."""

import statistics
import threading
import time
from typing import Self

import requests
from harness import Api

__all__ = ["Polled"]


class Polled:
    """Polls `GET /api/status` on a connection of its own from entry to exit, about twenty times a second."""

    def __init__(self, api: Api) -> None:
        self._url = f"{api.base}/api/status"
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.taken_ms: list[float] = []
        self.lost: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopped.set()
        self._thread.join(30)

    @property
    def p99_ms(self) -> float:
        return statistics.quantiles(self.taken_ms, n=100, method="inclusive")[98]

    def _run(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while not self._stopped.wait(0.05):
                started = time.perf_counter()
                try:
                    answer = session.get(self._url, timeout=5)
                except requests.RequestException as error:
                    self.lost.append(repr(error))
                    continue
                if answer.status_code != 200:
                    self.lost.append(answer.text)
                self.taken_ms.append(1000 * (time.perf_counter() - started))
