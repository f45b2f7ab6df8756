"""An EMS that never rests, and what it looks for in the servers that it drives."""

import threading
import time
from contextlib import closing
from typing import Any, Self

import requests
from harness import Api, wait_until
from waiting import PATIENCE, running_time

from events.history import HistoryReader
from events.index import Asked
from events.state import Source

RATED = {"RATED_POWER_KW": "1000"}
"""So that every power of the load is another one."""


NOT_LEADING = ((503, "STANDBY"), (409, "FAULT_STATE"))
"""What a server answers that does not lead: another does, or it cannot tell."""

NOT_HEARD = ((503, "TOO_LATE"), (503, "FLEET_OFFLINE"))
"""What one answers that a busy host kept from hearing its EMS, or its miners."""


def role(api: Api) -> str:
    return str(api.read("/dashboard/api/health")["role"])


def refusal(api: Api, path: str = "/api/activate", body: Any = None) -> str:
    answer = api.post(path, {"activationPowerInKw": 1.0} if body is None else body)
    assert (answer.status_code, answer.headers["X-Error-Code"]) in NOT_LEADING, answer.text
    return str(answer.json()["message"])


def recorded_powers(url: str) -> list[float]:
    with closing(HistoryReader(url)) as reader:
        records = [one for chunk in reader.chunks(Asked(Source.EMS, "activate")) for one in chunk]
    return [record.parameters["power_kw"] for record in records]


class Load:
    """An EMS that gives one power after the other to whichever server takes it."""

    def __init__(self, *servers: Api) -> None:
        self.answered: list[float] = []
        self.newest_answered = 0.0
        """When the call began that was accepted last, by `time.monotonic`."""
        self.longest_gap = 0.0
        self._servers = servers
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopped.set()
        self._thread.join(PATIENCE)

    def wait_for_answers(self, more: int) -> None:
        before = len(self.answered)
        wait_until(lambda: len(self.answered) > before + more)

    def _run(self) -> None:
        watts, last = 2000, running_time()
        with requests.Session() as session:
            session.trust_env = False
            while not self._stopped.is_set():
                for server in self._servers:
                    watts += 1
                    if self._takes(session, server, watts / 1000):
                        now = running_time()
                        self.longest_gap, last = max(self.longest_gap, now - last), now

    def _takes(self, session: requests.Session, server: Api, power: float) -> bool:
        began = time.monotonic()
        try:
            answer = session.post(
                f"{server.base}/api/activate", json={"activationPowerInKw": power}, timeout=PATIENCE
            )
        except requests.RequestException:
            return False
        if answer.status_code == 200:
            self.answered.append(power)
            self.newest_answered = began
        elif "gave no answer" not in answer.text:
            told = (answer.status_code, answer.headers["X-Error-Code"])
            assert told in (*NOT_LEADING, *NOT_HEARD), answer.text
        return answer.status_code == 200
