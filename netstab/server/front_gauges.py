"""How the ways in beside HTTP stand, and the energy counter, at each scrape of `/metrics`."""

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from actors.energy_board import EnergyBoard
from actors.front_board import FrontBoard

__all__ = ["FrontGauges"]


class FrontGauges(Collector):
    """Of the fronts that are set, while this server leads."""

    def __init__(self, board: FrontBoard, energy: EnergyBoard) -> None:
        self._board = board
        self._energy = energy

    def collect(self) -> Iterator[Metric]:
        connected = GaugeMetricFamily(
            "netstab_front_connected", "Whether a front has its counterpart.", labels=("front",)
        )
        restarts = CounterMetricFamily(
            "netstab_front_restarts", "How often a front was begun again.", labels=("front",)
        )
        for status in self._board.statuses:
            connected.add_metric((status.front,), float(status.connected))
            restarts.add_metric((status.front,), status.restarts)
        yield connected
        yield restarts
        if self._energy.joules is not None:
            meaning = "What the fleet has drawn since it was first counted."
            yield CounterMetricFamily("netstab_energy_joules", meaning, self._energy.joules)
