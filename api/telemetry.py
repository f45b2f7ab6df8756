"""Charts of the last hours, at a resolution that the client asks for."""

from datetime import datetime

import falcon

from actors.port import DispatchPort
from api.errors import unknown_miner
from api.operation import operation
from api.schemas.telemetry import FleetChart, FleetPointView, MinerChart, MinerPointView, TelemetryQuery
from events.history import HistoryReader
from events.telemetry import FleetPoint, MinerSample, TelemetryReader
from events.whereabouts import stays
from netstab.clock import WallClock
from netstab.errors import CommandRejected, ErrorCode
from netstab.units import MinerId, Seconds, WallTime, Watts, kilowatts, rfc3339

__all__ = ["FleetTelemetryResource", "MinerTelemetryResource", "stretch"]

_DAY = Seconds(86_400.0)


class FleetTelemetryResource:
    def __init__(self, telemetry: TelemetryReader, wall: WallClock) -> None:
        self._telemetry = telemetry
        self._wall = wall

    @operation("The fleet over time", FleetChart, query=TelemetryQuery, refusals=(ErrorCode.LOG_UNAVAILABLE,))
    def on_get(self, _request: falcon.Request, query: TelemetryQuery) -> FleetChart:
        since, until = stretch(query.since, query.until, self._wall(), _DAY)
        return FleetChart([_fleet(point) for point in self._telemetry.fleet(since, until, query.points)])


class MinerTelemetryResource:
    def __init__(
        self, telemetry: TelemetryReader, history: HistoryReader, fleet: DispatchPort, wall: WallClock
    ) -> None:
        self._telemetry = telemetry
        self._history = history
        self._fleet = fleet
        self._wall = wall

    @operation(
        "One miner over time",
        MinerChart,
        query=TelemetryQuery,
        refusals=(ErrorCode.UNKNOWN_MINER, ErrorCode.LOG_UNAVAILABLE),
    )
    def on_get(self, _request: falcon.Request, miner_id: str, query: TelemetryQuery) -> MinerChart:
        known = MinerId(miner_id)
        if known not in self._fleet.snapshot.state.miners:
            raise unknown_miner(miner_id)
        since, until = stretch(query.since, query.until, self._wall(), _DAY)
        samples = [
            sample
            for place, begin, end in stays(known, self._history.formerly(known), since, until)
            for sample in self._telemetry.miner(
                place, begin, end, _share(query.points, end - begin, until - since)
            )
        ]
        return MinerChart(known, [_miner(sample) for sample in samples])


def _share(points: int, length: float, whole: float) -> int:
    return max(1, round(points * length / whole))


def stretch(
    begin: datetime | None, end: datetime | None, now: WallTime, usual: Seconds
) -> tuple[WallTime, WallTime]:
    """Return the time that is asked for: up to now, of the `usual` length, unless asked for another."""
    until = end.timestamp() if end else now
    since = begin.timestamp() if begin else until - usual
    if since >= until:
        raise CommandRejected(
            ErrorCode.INVALID_INPUT, f"since must be before until ({end or 'now'}), got {begin}."
        )
    return WallTime(since), WallTime(until)


def _fleet(point: FleetPoint) -> FleetPointView:
    return FleetPointView(
        at=rfc3339(point.at),
        target_power_kw=_kilowatts(point.target),
        power_kw=_kilowatts(point.power),
        lowest_power_kw=_kilowatts(point.lowest_power),
        highest_power_kw=_kilowatts(point.highest_power),
        rated_power_kw=kilowatts(point.rated),
        hashrate_ths=round(point.hashrate / 1000, 3),
        total_miners=point.registered,
        online_miners=point.reachable,
        mining_miners=point.hashing,
    )


def _miner(sample: MinerSample) -> MinerPointView:
    return MinerPointView(
        at=rfc3339(sample.at),
        condition=sample.condition,
        power_watts=_rounded(sample.power),
        hashrate_ghs=_rounded(sample.hashrate),
        frequency_mhz=sample.frequency,
        temperature_c=_rounded(sample.temperature),
    )


def _kilowatts(power: Watts | None) -> float | None:
    return None if power is None else kilowatts(power)


def _rounded(figure: float | None) -> int | None:
    return None if figure is None else round(figure)
