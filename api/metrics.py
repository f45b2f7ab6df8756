"""What Prometheus scrapes: this server and its fleet in figures, of what is counted and published anyway."""

from collections.abc import Callable, Iterator

import falcon
from prometheus_client import CollectorRegistry, Metric, generate_latest

from api.operation import Stream, operation
from api.serving.environment import waited
from netstab.metrics import Metrics

__all__ = ["METRICS", "Counting", "MetricsResource", "Shown", "refused_unread"]

METRICS = "/metrics"

_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class MetricsResource:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._shown = Shown(registry)

    @operation("Metrics in Prometheus' text format", str, media_types=(_TEXT,))
    def on_get(self, _request: falcon.Request) -> Stream:
        return Stream(_TEXT, None, [generate_latest(self._shown)])


class Shown:
    """A registry without the moments at which counters began: they would be half of all samples."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric


class Counting:
    """Falcon's middleware: counts every answer. Of a request only its method and its route are told."""

    def __init__(self, metrics: Metrics, is_ems: Callable[[str], bool]) -> None:
        self._metrics = metrics
        self._is_ems = is_ems

    def process_response(
        self, request: falcon.Request, response: falcon.Response, _resource: object, _succeeded: bool
    ) -> None:
        route = request.uri_template or "none"
        method = request.method if request.method in _METHODS else "other"
        self._metrics.http_requests.labels(
            method, route, falcon.code_to_http_status(response.status)[:3]
        ).inc()
        surface = "ems" if self._is_ems(route) else "dashboard"
        self._metrics.http_seconds.labels(surface).observe(waited(request.env))


def refused_unread(metrics: Metrics) -> Callable[[int], None]:
    """Return what counts requests that never reached a route, by their status."""

    def count(code: int) -> None:
        metrics.http_requests.labels("other", "none", str(code)).inc()

    return count
