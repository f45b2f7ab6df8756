"""Which resource answers at which path. The OpenAPI document is made of this table."""

from dataclasses import dataclass

from api.calculation import CalculateResource
from api.capacity import CapacityResource
from api.configuration import ConfigurationResource
from api.control import FindModeResource, MinerControlResource, OverrideResource, PowerModeResource
from api.dependencies import Dependencies
from api.discovery import AddMinerResource, DiscoveredMinersResource, RegisteredMinerResource, ScanResource
from api.dispatch import DispatchResource
from api.ems import (
    ACTIVATE,
    DEACTIVATE,
    STATUS,
    ActivateResource,
    DeactivateResource,
    EmsStatusResource,
)
from api.export import ExportResource
from api.fleet_status import FleetStatusResource
from api.fleet_table import FleetTableResource
from api.health import HEALTHZ, BalancerResource, HealthResource
from api.history import CommandResource, HeadResource, HistoryResource, PastStateResource
from api.limits import LimitResource, LimitsResource
from api.methods import READING
from api.metrics import METRICS, MetricsResource
from api.miner_views import MinerViews
from api.miners import MinerActorResource, MinerDetailsResource, MinerResource, MinersResource
from api.power import (
    ApplyResource,
    CurveResource,
    FrequenciesResource,
    MinerPowerResource,
    SetFrequencyResource,
)
from api.power_record import PowerRecordResource
from api.readiness import READYZ, ReadinessResource
from api.schedule import OutlookResource, PricesResource, ScheduleResource
from api.slots import Slots
from api.telemetry import FleetTelemetryResource, MinerTelemetryResource

__all__ = ["Route", "may_wait", "routes"]

WAITING_REQUESTS = 8
"""How many requests may wait for miners at once: two of the threads for what may wait stay free."""


@dataclass(frozen=True, slots=True)
class Route:
    """`tag` groups the route's operations in the document."""

    path: str
    resource: object
    tag: str


def may_wait(method: str, path: str) -> bool:
    """Whether a request may wait for the fleet or for a miner; all others only read what is there."""
    return method not in READING or path.endswith("/details")


def routes(given: Dependencies) -> tuple[Route, ...]:
    """Build every resource of the contract."""
    slots = Slots(WAITING_REQUESTS)
    return (
        *_ems(given),
        *_fleet(given),
        *_planned(given),
        *_history(given),
        *_miners(given, slots),
        *_power(given, slots),
        *_discovery(given, slots),
    )


def _ems(given: Dependencies) -> tuple[Route, ...]:
    fleet, tag = given.fleet, "EMS protocol"
    return (
        Route(STATUS, EmsStatusResource(fleet), tag),
        Route(ACTIVATE, ActivateResource(fleet), tag),
        Route(DEACTIVATE, DeactivateResource(fleet), tag),
    )


def _fleet(given: Dependencies) -> tuple[Route, ...]:
    fleet, tag = given.fleet, "Fleet"
    health = HealthResource(fleet, given.settings.network, given.clock, given.wall)
    dispatch = DispatchResource(fleet, given.settings, given.clock, given.fronts)
    return (
        Route("/dashboard/api/status", FleetStatusResource(fleet), tag),
        Route("/dashboard/api/fleet/table", FleetTableResource(fleet), tag),
        Route("/dashboard/api/override", OverrideResource(fleet), tag),
        Route("/dashboard/api/power-mode", PowerModeResource(fleet), tag),
        Route("/dashboard/api/config", ConfigurationResource(fleet), tag),
        Route("/dashboard/api/health", health, tag),
        Route(HEALTHZ, BalancerResource(health), tag),
        Route(READYZ, ReadinessResource(fleet, given.clock), tag),
        Route(METRICS, MetricsResource(given.metrics.registry), tag),
        Route("/dashboard/api/dispatch", dispatch, tag),
        Route("/dashboard/api/limits", LimitsResource(fleet), tag),
        Route("/dashboard/api/limits/{source}", LimitResource(fleet), tag),
        Route("/dashboard/api/capacity", CapacityResource(fleet, given.settings.constraints), tag),
    )


def _planned(given: Dependencies) -> tuple[Route, ...]:
    fleet, tag = given.fleet, "Schedule and prices"
    prices = PricesResource(fleet, given.settings.fronts.schedule.price_unit, given.wall)
    return (
        Route("/dashboard/api/schedule", ScheduleResource(fleet), tag),
        Route("/dashboard/api/prices", prices, tag),
        Route("/dashboard/api/outlook", OutlookResource(fleet, given.fronts), tag),
    )


def _history(given: Dependencies) -> tuple[Route, ...]:
    history, telemetry, tag = given.history, given.telemetry, "History"
    miner = MinerTelemetryResource(telemetry, given.history, given.fleet, given.wall)
    return (
        Route("/dashboard/api/history", HistoryResource(history), tag),
        Route("/dashboard/api/history/export", ExportResource(history), tag),
        Route("/dashboard/api/history/head", HeadResource(history), tag),
        Route("/dashboard/api/history/state", PastStateResource(history), tag),
        Route("/dashboard/api/history/{command_id}", CommandResource(history), tag),
        Route("/dashboard/api/telemetry/fleet", FleetTelemetryResource(telemetry, given.wall), tag),
        Route("/dashboard/api/telemetry/miners/{miner_id}", miner, tag),
        Route("/dashboard/api/telemetry/power", PowerRecordResource(telemetry, given.wall), tag),
    )


def _miners(given: Dependencies, slots: Slots) -> tuple[Route, ...]:
    fleet, views, tag = given.fleet, MinerViews(), "Miners"
    return (
        Route("/dashboard/api/miners", MinersResource(fleet, views), tag),
        Route("/dashboard/api/miners/{miner_id}", MinerResource(fleet, views), tag),
        Route("/dashboard/api/miners/{miner_id}/actor", MinerActorResource(fleet, given.clock), tag),
        Route("/dashboard/api/miners/{miner_id}/control", MinerControlResource(fleet, slots), tag),
        Route("/dashboard/api/miner/{miner_ip}/details", MinerDetailsResource(fleet, slots), tag),
        Route("/dashboard/api/miner/{miner_ip}/blink", FindModeResource(fleet, slots), tag),
    )


def _power(given: Dependencies, slots: Slots) -> tuple[Route, ...]:
    fleet, tag = given.fleet, "Power"
    calculate = CalculateResource(fleet)
    return (
        Route("/dashboard/api/power/frequencies", FrequenciesResource(), tag),
        Route("/dashboard/api/power/curve", CurveResource(), tag),
        Route("/dashboard/api/power/calculate", calculate, tag),
        Route("/dashboard/api/power/apply", ApplyResource(fleet), tag),
        Route("/dashboard/api/power/set-frequency", SetFrequencyResource(fleet, slots), tag),
        Route("/dashboard/api/power/miner/{miner_ip}", MinerPowerResource(fleet), tag),
    )


def _discovery(given: Dependencies, slots: Slots) -> tuple[Route, ...]:
    fleet, settings, tag = given.fleet, given.settings, "Discovery"
    return (
        Route("/dashboard/api/discovery/scan", ScanResource(fleet, settings, slots), tag),
        Route("/dashboard/api/discovery/add", AddMinerResource(fleet, settings, slots), tag),
        Route("/dashboard/api/discovery/miners", DiscoveredMinersResource(fleet), tag),
        Route("/dashboard/api/discovery/miners/{miner_id}", RegisteredMinerResource(fleet), tag),
    )
