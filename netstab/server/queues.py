"""How much waits where: lengths that are there to be read, at each scrape."""

import threading
from collections.abc import Iterator, Mapping

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from actors.directory import Directory
from actors.multiplexed import MultiplexedActor, inbox_length
from api.serving.server import Server
from netstab.devices.runner import DeviceRunner

__all__ = ["QueueGauges", "ServerGauges"]


class QueueGauges(Collector):
    """Of actors and of calls to miners. Miners' actors are not looked at one by one."""

    def __init__(self, directory: Directory, runner: DeviceRunner) -> None:
        self._directory = directory
        self._runner = runner

    def collect(self) -> Iterator[Metric]:
        given = self._directory
        named = {"fleet": given.fleet, "discovery": given.discovery, "supervisor": given.supervisor}
        inboxes = {name: inbox_length(ref) for name, ref in named.items() if ref is not None}
        yield _lengths("netstab_inbox_messages", "Messages that wait for an actor.", "actor", inboxes)
        yield GaugeMetricFamily(
            "netstab_miner_actors_waiting",
            "Miners' actors with messages that wait for a thread.",
            MultiplexedActor.pool.waiting,
        )
        owed = self._runner.owed()
        yield _lengths("netstab_device_calls_owed", "Calls to miners that wait or run.", "lane", owed)
        yield GaugeMetricFamily("netstab_threads", "Threads of the process.", threading.active_count())


class ServerGauges(Collector):
    """Of the ports that are served, by the names of their servers."""

    def __init__(self, servers: Mapping[str, Server]) -> None:
        self._servers = servers

    def collect(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily(
            "netstab_http_requests_waiting", "Requests that wait for a thread.", labels=("server", "lane")
        )
        connections = GaugeMetricFamily("netstab_http_connections", "Connections held.", labels=("server",))
        for name, server in self._servers.items():
            connections.add_metric((name,), server.held)
            for lane, length in server.waiting().items():
                waiting.add_metric((name, lane), length)
        yield waiting
        yield connections


def _lengths(name: str, meaning: str, label: str, lengths: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=(label,))
    for each, length in lengths.items():
        family.add_metric((each,), length)
    return family
