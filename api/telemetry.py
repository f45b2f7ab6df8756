"""Charts of the last hours, at a resolution that the client asks for."""

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
from netstab.units import MinerId, WallTime, Watts, kilowatts, rfc3339

__all__ = ["FleetTelemetryResource", "MinerTelemetryResource"]

_DAY = 86_400.0


class FleetTelemetryResource:
    def __init__(self, telemetry: TelemetryReader, wall: WallClock) -> None:
        self._telemetry = telemetry
        self._wall = wall

    @operation("The fleet over time", FleetChart, query=TelemetryQuery, refusals=(ErrorCode.LOG_UNAVAILABLE,))
    def on_get(self, _request: falcon.Request, query: TelemetryQuery) -> FleetChart:
        since, until = _stretch(query, self._wall())
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
        since, until = _stretch(query, self._wall())
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


def _stretch(query: TelemetryQuery, now: WallTime) -> tuple[WallTime, WallTime]:
    until = query.until.timestamp() if query.until else now
    since = query.since.timestamp() if query.since else until - _DAY
    if since >= until:
        end = query.until or "now"
        raise CommandRejected(
            ErrorCode.INVALID_INPUT, f"since must be before until ({end}), got {query.since}."
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
