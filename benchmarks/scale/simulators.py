"""Simulated miners in a process of their own, which also tells how late they were polled.

It answers a line on its standard input with the gaps between polls of the last so many seconds, and ends with
that input.
"""

import json
import sys
from collections.abc import Iterator
from itertools import pairwise

from netstab.simulation.fleet import SimulatedFleet
from netstab.units import MinerId

SAMPLED = 250
"""Miners of a process that are looked at: each look is a turn of the loop that serves all."""


def main() -> None:
    first, count, before, api_port, http_port = sys.argv[1], *map(int, sys.argv[2:6])
    fleet = SimulatedFleet(
        count, first_address=first, api_port=api_port, http_port=http_port, asleep=True, beside=before
    )
    with fleet:
        print(fleet.miners[-1], flush=True)
        for line in sys.stdin:
            print(json.dumps(list(_gaps(fleet, fleet.now() - float(line)))), flush=True)


def _gaps(fleet: SimulatedFleet, since: float) -> Iterator[float]:
    """Yield the seconds between polls one after the other of a miner that hashes."""
    for miner_id in fleet.miners[:: max(1, len(fleet.miners) // SAMPLED)]:
        for before, after in pairwise(_polls(fleet, miner_id)):
            if before >= since:
                yield after - before


def _polls(fleet: SimulatedFleet, miner_id: MinerId) -> list[float]:
    return [asked.at for asked in fleet.requests(miner_id) if "stats" in asked.text]


if __name__ == "__main__":
    main()
