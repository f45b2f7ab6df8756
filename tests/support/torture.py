"""A server is killed by `kill -9` at random moments under a stream of commands, and started again each time.

Run: make torture ARGS="--rounds 200"
"""

import argparse
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import requests
from harness import Api, ServerProcess, environment, wait_until, wakes
from postgres_server import PostgresServer
from waiting import running_time

from events.audit import audit
from events.history import HistoryReader
from events.index import Asked
from events.state import Source
from events.store import FleetStore
from netstab.simulation.fleet import SimulatedFleet

DEACTIVATE = "deactivate"
SPEED = 40.0
LONGEST_LIFE = 4.0

ON_THE_WIRE = 0.1
"""Seconds: so much later than it was sent a busy host may note a request, while it runs."""

SETTINGS = {"RATED_POWER_KW": "1000", "POLL_INTERVAL_SECONDS": "0.1"}
"""Every power of the stream is another one, and the miners are known soon."""

Told = float | str
"""A command of the stream: a power in kW, or `DEACTIVATE`."""


class Torture:
    """Every round is one life of the server. What was answered is compared with the log at the end."""

    def __init__(self, fleet: SimulatedFleet, process: ServerProcess, url: str, seed: int) -> None:
        self._fleet, self._process, self._url = fleet, process, url
        self._chance = random.Random(seed)
        self._step = 1000
        self.woken = 0
        self.answered: list[Told] = []
        self._forbidden_since: float | None = None
        self._forbidden: list[tuple[float, float]] = []

    def round(self) -> None:
        api = self._process.start()
        newest = self._newest()
        if newest == DEACTIVATE:
            self._forbid_wakes()
        if newest is not None:
            target = api.status()["target_power_kw"]
            assert target == (None if newest == DEACTIVATE else newest), (target, newest)
        end = threading.Timer(self._chance.uniform(0.05, LONGEST_LIFE), self._kill)
        end.start()
        try:
            wait_until(lambda: api.status()["total_miners"] == len(self._fleet.miners))
            while True:
                self._tell(api)
        except requests.RequestException:
            pass
        finally:
            end.join()
            self._process.wait()
            self._look_at_wakes()

    def verify(self) -> None:
        """Raise `AssertionError` unless all answered is in the log once and in place, and the chain holds."""
        recorded = list(self._recorded())
        powers = [told for told in recorded if told != DEACTIVATE]
        assert len(set(powers)) == len(powers), "a command is in the log twice"
        rest = iter(recorded)
        for told in self.answered:
            assert told in rest, f"{told} was answered and is not in its place in the log"
        with closing(FleetStore(self._url, read_only=True)) as store:
            assert audit(store).bad_version is None

    def _tell(self, api: Api) -> None:
        time.sleep(self._chance.choice((0.0, 0.0, 0.01, 0.3)))  # bursts, and time for miners to wake
        if self._chance.random() < 0.3:
            api.deactivate()
            if self.answered[-1:] != [DEACTIVATE]:  # a repeated one is counted, not recorded again
                self.answered.append(DEACTIVATE)
            self._forbid_wakes()
            return
        self._step += 1
        forbidden = self._forbidden_since is not None
        self._allow_wakes()
        answer = api.post("/api/activate", {"activationPowerInKw": self._step / 1000})
        if answer.headers.get("X-Error-Code") == "FLEET_OFFLINE":  # a busy host has not reached them yet
            if forbidden:
                self._forbid_wakes()
            return
        assert answer.status_code == 200, answer.text
        self.answered.append(self._step / 1000)

    def _kill(self) -> None:
        self._process.send(signal.SIGKILL)

    def _forbid_wakes(self) -> None:
        if self._forbidden_since is None:
            self._forbidden_since = self._fleet.now()

    def _allow_wakes(self) -> None:
        if self._forbidden_since is not None:
            self._forbidden.append((self._forbidden_since, self._fleet.now()))
            self._forbidden_since = None

    def _look_at_wakes(self) -> None:
        """Raise `AssertionError` if a miner was woken while the newest recorded order was a deactivate."""
        until_now = [] if self._forbidden_since is None else [(self._forbidden_since, self._fleet.now())]
        for wake in wakes(self._fleet):
            for since, until in self._forbidden + until_now:
                assert not since + SPEED * ON_THE_WIRE < wake.at < until, (since, wake, until)
        self.woken = max(self.woken, len(wakes(self._fleet)))

    def _newest(self) -> Told | None:
        with closing(HistoryReader(self._url)) as reader:
            orders = reader.recent(1, Asked(source=Source.EMS, success=True))
        return _told(orders[0].parameters) if orders else None

    def _recorded(self) -> Iterator[Told]:
        with closing(HistoryReader(self._url)) as reader:
            for records in reader.chunks(Asked(source=Source.EMS, success=True)):
                yield from (_told(record.parameters) for record in records)


def _told(parameters: dict[str, float]) -> Told:
    return parameters.get("power_kw", DEACTIVATE)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'log.db'}"
        return
    server = PostgresServer(durable=True)
    server.start()
    with closing(server):
        yield server.new_database()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(database(options.database, folder))
        fleet = stack.enter_context(
            SimulatedFleet(2, first_address="127.90.0.1", speed=SPEED, asleep=True, clock=running_time)
        )
        process = ServerProcess(
            environment(fleet, folder, DATABASE_URL=url, **SETTINGS), folder / "stderr.txt"
        )
        stack.callback(process.close)
        torture = Torture(fleet, process, url, options.seed)
        began = time.monotonic()
        for number in range(1, options.rounds + 1):
            torture.round()
            if number % 10 == 0:
                say(f"{number} rounds, {len(torture.answered)} commands answered")
        torture.verify()
        took = time.monotonic() - began
        say(f"Nothing lost, nothing twice, nobody woken: {options.rounds} rounds in {took:.0f} s.")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
