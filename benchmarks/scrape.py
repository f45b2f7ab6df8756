"""What a scrape of /metrics costs, and what is counted for it, by the size of the fleet: without sockets.

Each figure is CPU time, the best of several, since other work shares the host. Run: make bench-scrape
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from prometheus_client import ProcessCollector, generate_latest

from actors.snapshot import FleetSnapshot
from api.metrics import Shown
from benchmarks.second import Fleet
from netstab.metrics import Metrics
from netstab.server.gauges import FleetGauges
from netstab.units import Timestamp

TRIES, TIMES = 5, 1000
POLL_S = 5.0
"""Seconds between two polls of a miner."""


@dataclass
class Published:
    """A fleet as its last snapshot shows it; each scrape is of a new one, as in a server."""

    snapshot: FleetSnapshot
    leads: bool = True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--miners", type=int, nargs="+", default=[100, 1000, 10_000])
    for count in parser.parse_args().miners:
        metrics = metrics_of(Fleet(count))
        scrape = best(partial(generate_latest, Shown(metrics.registry)))
        size = len(generate_latest(Shown(metrics.registry)))
        poll, step = (best(partial(often, one, metrics)) / TIMES for one in (count_poll, count_step))
        figures = f"{1000 * scrape:6.2f} ms, {size / 1024:.0f} KiB; a poll {1e6 * poll:.2f} us"
        second = f"a second of polls {1000 * poll * count / POLL_S:.2f} ms"
        print(f"{count:6} miners: a scrape {figures}, a step {1e6 * step:.2f} us; {second}", flush=True)


def metrics_of(fleet: Fleet) -> Metrics:
    """Return what a server shows that leads this fleet and was in use for a while."""
    metrics, published = Metrics(), Published(fleet.controller.loop.snapshot())
    gauges = FleetGauges(published, lambda: Timestamp(fleet.now))  # type: ignore[arg-type]
    metrics.registry.register(gauges)
    ProcessCollector(registry=metrics.registry)
    count_some(metrics)
    return metrics


def often(work: Callable[[Metrics], None], metrics: Metrics) -> None:
    for _ in range(TIMES):
        work(metrics)


def best(work: Callable[[], object]) -> float:
    """Return the processor seconds of the fastest of some."""

    def seconds() -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    return min(seconds() for _ in range(TRIES))


def count_poll(metrics: Metrics) -> None:
    """Count what one poll counts."""
    metrics.poll_lateness.observe(0.03)
    metrics.polled(0.02, None)


def count_step(metrics: Metrics) -> None:
    """Count what one step of one miner counts."""
    metrics.called("wake", None, 3.0)


def count_some(metrics: Metrics) -> None:
    """Have as many samples as a server has that was in use for a while."""
    for number in range(60):
        route = f"/dashboard/api/{number}"
        for code in ("200", "400", "503"):
            metrics.http_requests.labels("GET", route, code).inc()
    for command in ("activate", "deactivate", "apply", "override", "control", "set_frequency"):
        for outcome in ("accepted", "refused"):
            metrics.commands.labels(command, outcome).observe(0.01)
    for step in ("wake", "sleep", "set_frequency"):
        metrics.called(step, None, 3.0)


if __name__ == "__main__":
    main()
