"""Whether the service can do its work: in full, always with 200, and in a status that a balancer goes by."""

import falcon

from actors.port import FleetPort
from actors.snapshot import FleetPhase
from api.operation import operation
from api.schemas.fleet import Health, Role, Services
from netstab.clock import Clock, WallClock
from netstab.errors import CommandRejected, ErrorCode
from netstab.reach import Network
from netstab.units import Seconds, rfc3339

__all__ = ["HEALTHZ", "BalancerResource", "HealthResource"]

HEALTHZ = "/healthz"

STALE = Seconds(10.0)
"""The fleet publishes every second; one that has not for so long does not work."""


class HealthResource:
    def __init__(self, fleet: FleetPort, network: Network, clock: Clock, wall: WallClock) -> None:
        self._fleet = fleet
        self._network = network
        self._clock = clock
        self._wall = wall

    @operation("Health of all services", Health)
    def on_get(self, _request: falcon.Request) -> Health:
        return self.read()

    def why_not(self) -> str:
        """Say why a server that does not lead stands by: the log's fault, where nobody may be leading."""
        fault = self._fleet.snapshot.log_fault
        return f"This server is a standby: {fault or 'another server leads the fleet'}."

    def read(self) -> Health:
        snapshot, now = self._fleet.snapshot, self._clock()
        services = Services(
            miner_discovery=self._fleet.discovers,
            fleet_manager=self._fleet.leads and now - snapshot.at <= STALE,
            awesome_miner="disabled"
            if self._fleet.awesome_miner_works is None
            else self._fleet.awesome_miner_works,
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


class BalancerResource:
    """Where a balancer asks whom to send the EMS to: to the leader, also while its fleet is in fault."""

    def __init__(self, health: HealthResource) -> None:
        self._health = health

    @operation(
        "Whether this server serves the EMS", Health, refusals=(ErrorCode.STANDBY, ErrorCode.INTERNAL_ERROR)
    )
    def on_get(self, _request: falcon.Request) -> Health:
        health = self._health.read()
        if health.role is Role.STANDBY:
            raise CommandRejected(ErrorCode.STANDBY, self._health.why_not())
        if not health.services.fleet_manager:
            raise CommandRejected(ErrorCode.INTERNAL_ERROR, f"The fleet has told nothing for {STALE:.0f} s.")
        return health
