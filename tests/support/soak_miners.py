"""Simulated miners in a process of their own, one of which something happens to all the time.

Arguments: how many, the first address, the speed of their time, a seed. It prints its ports and ends with
its standard input.
"""

import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping

from netstab.simulation.fleet import SimulatedFleet
from netstab.units import MinerId

__all__ = ["Troubles"]

EVERY = 1.0
LASTS = 8
"""Seconds between two troubles, and how many are under way at most: the oldest ends for the next one."""

NONSENSE = (
    b"",
    b"\xff\x00" * 500,
    b'{"STATS":[{"Elapsed":NaN}],"id":1}',
    b"[" * 5000,
    b"<html>" + b"x" * 20_000,
)


class Troubles:
    """What befalls miners. The last of them is an address that nobody has until a lease ends."""

    def __init__(self, fleet: SimulatedFleet, seed: int) -> None:
        self._fleet, self._chance = fleet, random.Random(seed)
        self._under_way: list[tuple[MinerId, Callable[[], None]]] = []
        self._free = fleet.miners[-1]
        fleet.cut_power(self._free)
        self.struck: Counter[str] = Counter()
        self._kinds = (self._hang, self._cut_power, self._reboot, self._talk_nonsense, self._move)

    def next(self) -> None:
        """Have one trouble begin, and the oldest end if many are under way."""
        if len(self._under_way) >= LASTS:
            self._under_way.pop(0)[1]()
        busy = {miner for miner, _ in self._under_way} | {self._free}
        strike = self._kinds[self.struck.total() % len(self._kinds)]
        strike(self._chance.choice([each for each in self._fleet.miners if each not in busy]))
        self.struck[strike.__name__.lstrip("_")] += 1

    def _hang(self, miner: MinerId) -> None:
        api = self._chance.random() < 0.7
        self._fleet.hang(miner, api=api, web=not api or self._chance.random() < 0.5)
        self._under_way.append((miner, lambda: self._fleet.hang(miner, api=False, web=False)))

    def _cut_power(self, miner: MinerId) -> None:
        self._fleet.cut_power(miner)
        self._under_way.append((miner, lambda: self._fleet.return_power(miner)))

    def _reboot(self, miner: MinerId) -> None:
        self._fleet.tamper(miner, lambda device: device.miner.reboot())

    def _talk_nonsense(self, miner: MinerId) -> None:
        said = self._chance.choice(NONSENSE)
        self._fleet.answer_instead(miner, api=said, web=said)
        self._under_way.append((miner, lambda: self._fleet.answer_instead(miner)))

    def _move(self, old: MinerId) -> None:
        """Have the machine of one address answer at the one that nobody has."""
        fleet, new = self._fleet, self._free
        index, spare = (fleet.tamper(each, lambda device: device.index) for each in (old, new))
        fleet.cut_power(old)
        fleet.tamper(new, lambda device: setattr(device, "index", index))
        fleet.tamper(old, lambda device: setattr(device, "index", spare))
        fleet.return_power(new)
        self._free = old


def say(figures: Mapping[str, int]) -> None:
    """Tell whoever started this process."""
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


def follow(ended: threading.Event) -> None:
    """Wait for the end of the standard input."""
    sys.stdin.read()
    ended.set()


def main() -> None:
    count, first, speed, seed = int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
    ended = threading.Event()
    threading.Thread(target=follow, args=(ended,), daemon=True).start()
    with SimulatedFleet(count, first_address=first, speed=speed, asleep=True) as fleet:
        say({"api_port": fleet.api_port, "http_port": fleet.http_port})
        troubles, due = Troubles(fleet, seed), time.monotonic()
        while not ended.wait(max(0.0, due - time.monotonic())):
            troubles.next()
            due = max(due, time.monotonic()) + EVERY
        say(troubles.struck)


if __name__ == "__main__":
    main()
