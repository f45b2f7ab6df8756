"""Simulated miners in a process of their own, which also tells how late they were polled.

It answers a line on its standard input with the gaps between polls of the last so many seconds, and ends with
that input.
"""

import json
import sys

from benchmarks.scale.lean import LeanFleet
from netstab.server.process import allow_descriptors


def main() -> None:
    first, count, before, api_port, http_port = sys.argv[1], *map(int, sys.argv[2:6])
    allow_descriptors()
    fleet = LeanFleet(count, first_address=first, api_port=api_port, http_port=http_port, before=before)
    with fleet:
        print(fleet.miners[-1], flush=True)
        for line in sys.stdin:
            print(json.dumps(fleet.gaps(fleet.now() - float(line))), flush=True)


if __name__ == "__main__":
    main()
