"""What a running server counts and times, for whoever scrapes `/metrics`. It knows no room and asks nobody.

Every set of labels is closed: of what clients or devices send, nothing becomes a label, and no miner is one.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

__all__ = ["Metrics"]

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_LATE = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SLOW = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)


class _Children(dict[str, Counter]):
    """Those of one label, kept: to look one up takes longer than to count."""

    def __init__(self, parent: Counter) -> None:
        super().__init__()
        self._parent = parent

    def __missing__(self, label: str) -> Counter:
        child = self[label] = self._parent.labels(label)
        return child


class Metrics:
    """The instruments of one server, in a registry of their own; safe for many threads."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.polls = Histogram(
            "netstab_poll_seconds",
            "How long a miner took to answer a poll, or until it was given up.",
            ("outcome",),
            registry=registry,
            buckets=_FAST,
        )
        self.poll_failures = Counter(
            "netstab_poll_failures",
            "Polls without a reading, by what went wrong.",
            ("kind",),
            registry=registry,
        )
        self.poll_lateness = Histogram(
            "netstab_poll_lateness_seconds",
            "How much later than due a miner's actor took up its poll.",
            registry=registry,
            buckets=_LATE,
        )
        self.ticker_lag = Gauge(
            "netstab_ticker_lag_seconds", "How far polls lag behind their time.", registry=registry
        )
        self.ticker_skipped = Counter(
            "netstab_ticker_skipped_messages",
            "Polls, beats and ticks left out because an inbox was full.",
            registry=registry,
        )
        self.commands = Histogram(
            "netstab_command_seconds",
            "From a command's arrival to its answer.",
            ("command", "outcome"),
            registry=registry,
            buckets=_FAST,
        )
        self.orders_taken = Histogram(
            "netstab_order_taken_seconds",
            "From when a miner's actor is told its setpoint until the device has taken a step for it.",
            ("step",),
            registry=registry,
            buckets=_SLOW,
        )
        self.device_calls = Counter(
            "netstab_device_calls",
            "Steps sent to devices, by what came of it.",
            ("step", "outcome"),
            registry=registry,
        )
        self.log_writes = Histogram(
            "netstab_log_write_seconds",
            "How long it took until what was to be recorded was durable, with the wait for the log's thread.",
            registry=registry,
            buckets=_FAST,
        )
        self.log_pending = Gauge(
            "netstab_log_pending",
            "What miners did and what came of orders, not yet in the log.",
            ("kind",),
            registry=registry,
        )
        self.actor_restarts = Counter(
            "netstab_actor_restarts",
            "Actors that died and were started again.",
            ("actor",),
            registry=registry,
        )
        self._answered, self._failed = self.polls.labels("answered"), self.polls.labels("failed")
        self._failures = _Children(self.poll_failures)
        self.http_requests = Counter(
            "netstab_http_requests",
            "Requests answered, by the route's template; none where no route was found or reached.",
            ("method", "route", "code"),
            registry=registry,
        )
        self.http_seconds = Histogram(
            "netstab_http_request_seconds",
            "From a request's arrival until its answer is ready.",
            ("surface",),
            registry=registry,
            buckets=_FAST,
        )

    def polled(self, seconds: float, failure: str | None) -> None:
        """Count a poll, and what went wrong with it if anything did."""
        if failure is None:
            self._answered.observe(seconds)
        else:
            self._failed.observe(seconds)
            self._failures[failure].inc()

    def called(self, step: str, failure: str | None, seconds: float | None) -> None:
        """Count a step that a device has taken or not; `seconds` since its actor was told what is wanted."""
        self.device_calls.labels(step, failure or "taken").inc()
        if failure is None and seconds is not None:
            self.orders_taken.labels(step).observe(seconds)
