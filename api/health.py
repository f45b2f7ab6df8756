"""Whether the service can do its work. Always answers 200."""

import falcon

from actors.client import FleetClient
from actors.snapshot import FleetPhase
from api.operation import operation
from api.schemas.fleet import Health, Role, Services
from netstab.clock import Clock, WallClock
from netstab.readers import Network
from netstab.units import Seconds, rfc3339

__all__ = ["HealthResource"]

STALE = Seconds(10.0)
"""The fleet publishes every second; one that has not for so long does not work."""


class HealthResource:
    def __init__(self, fleet: FleetClient, network: Network, clock: Clock, wall: WallClock) -> None:
        self._fleet = fleet
        self._network = network
        self._clock = clock
        self._wall = wall

    @operation("Health of all services", Health)
    def on_get(self, _request: falcon.Request) -> Health:
        snapshot, now, directory = self._fleet.snapshot, self._clock(), self._fleet.directory
        services = Services(
            miner_discovery=directory.discovery is not None,
            fleet_manager=self._fleet.leads and now - snapshot.at <= STALE,
            awesome_miner="disabled",
        )
        alive = services.miner_discovery and services.fleet_manager
        return Health(
            healthy=alive and snapshot.phase is not FleetPhase.FAULT,
            role=Role.LEADER if self._fleet.leads else Role.STANDBY,
            mode="direct",
            network_cidr=str(self._network),
            services=services,
            miners_registered=len(snapshot.state.miners),
            miners_online=snapshot.reachable,
            fleet_state=snapshot.phase,
            clock_errors=list(snapshot.clock_errors),
            timestamp=rfc3339(self._wall()),
        )
