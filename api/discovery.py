"""Finding miners, adding and removing them, and everything known of each."""

import falcon
from msgspec import structs

from actors.discovery.scan import ScanResult, Sighting
from actors.port import FleetPort
from actors.snapshot import FleetSnapshot
from api.addresses import miner_at, reachable_address, reachable_network, reachable_port
from api.arrival import sender
from api.encoded import Encoded, encoded_rows
from api.miner_views import discovered_miners
from api.operation import operation
from api.renewed import Renewed
from api.schemas.discovery import (
    AddedMiner,
    AddedMinerAnswer,
    AddMiner,
    DiscoveredMiners,
    DoubleView,
    FoundMinerView,
    RemovedMiner,
    ScanAnswer,
    ScanBody,
    ScanProgressView,
)
from api.slots import Slots
from events.commands import RemoveMiner
from events.state import Source
from netstab.errors import ErrorCode
from netstab.settings import Settings
from netstab.units import MinerId, Seconds, Watts, rfc3339

__all__ = ["AddMinerResource", "DiscoveredMinersResource", "RegisteredMinerResource", "ScanResource"]

SCAN_WAIT = Seconds(30.0)
"""How long an answer waits for its scan; larger blocks take longer and are followed by their progress."""


class ScanResource:
    def __init__(self, fleet: FleetPort, settings: Settings, slots: Slots) -> None:
        self._fleet = fleet
        self._settings = settings
        self._slots = slots

    @operation("How far the newest scan has come", ScanProgressView)
    def on_get(self, _request: falcon.Request) -> ScanProgressView:
        progress = self._fleet.scan_progress
        share = progress.scanned / progress.total if progress.total else 0.0
        return ScanProgressView(
            running=progress.running,
            network=None if progress.network is None else str(progress.network),
            addresses_scanned=progress.scanned,
            addresses_total=progress.total,
            progress_percent=round(100 * share, 1),
            miners_found=progress.found,
            started_at=None if progress.started_at is None else rfc3339(progress.started_at),
            addresses_silent=progress.silent,
            addresses_unanswered=progress.unanswered,
            unrecorded=list(progress.unrecorded),
            doubles=[DoubleView(address, home) for address, home in progress.doubles.items()],
        )

    @operation(
        "Scan a network for miners and register what is found",
        ScanAnswer,
        body=ScanBody,
        refusals=(ErrorCode.SCAN_RUNNING, ErrorCode.FAULT_STATE, ErrorCode.SCAN_TIMEOUT, ErrorCode.BUSY),
    )
    def on_post(self, request: falcon.Request, body: ScanBody) -> ScanAnswer:
        settings, asked = self._settings, body.network_cidr
        network = settings.network if asked is None else reachable_network(asked, settings.reach)
        with self._slots.one():
            result = self._fleet.scan(network, sender(request), SCAN_WAIT)
        return _scan_answer(result)


class AddMinerResource:
    def __init__(self, fleet: FleetPort, settings: Settings, slots: Slots) -> None:
        self._fleet = fleet
        self._settings = settings
        self._slots = slots

    @operation(
        "Add a miner by its address",
        AddedMinerAnswer,
        body=AddMiner,
        refusals=(
            ErrorCode.TOO_MANY_MINERS,
            ErrorCode.FAULT_STATE,
            ErrorCode.MINER_TIMEOUT,
            ErrorCode.BUSY,
        ),
    )
    def on_post(self, request: falcon.Request, body: AddMiner) -> AddedMinerAnswer:
        reach = self._settings.reach
        address = MinerId(reachable_address(body.ip, reach))
        port = reachable_port(reach.api_port if body.port is None else body.port, reach)
        rated = None if body.rated_power_watts is None else Watts(body.rated_power_watts)
        with self._slots.one():
            added = self._fleet.add_miner(address, port, rated, sender(request))
        miner = added.miner
        return AddedMinerAnswer(
            success=True,
            miner=AddedMiner(
                id=miner.miner_id,
                ip=miner.miner_id,
                model=miner.model,
                type="asic",
                is_online=added.answered,
                rated_power_watts=miner.rated_power,
            ),
        )


class RegisteredMinerResource:
    def __init__(self, fleet: FleetPort) -> None:
        self._fleet = fleet

    @operation(
        "Remove a miner from the registry",
        RemovedMiner,
        refusals=(ErrorCode.UNKNOWN_MINER, ErrorCode.FAULT_STATE),
    )
    def on_delete(self, request: falcon.Request, miner_id: str) -> RemovedMiner:
        self._fleet.submit(RemoveMiner(miner_at(miner_id)), Source.DASHBOARD, sender(request))
        return RemovedMiner(success=True, miner_id=miner_id)


class DiscoveredMinersResource:
    def __init__(self, fleet: FleetPort) -> None:
        self._encoded = Renewed(fleet, _show)

    @operation("All registered miners in detail", DiscoveredMiners)
    def on_get(self, _request: falcon.Request) -> Encoded:
        return self._encoded()


def _show(snapshot: FleetSnapshot) -> Encoded:
    shown = discovered_miners(snapshot)
    return encoded_rows(shown.miners, within=structs.replace(shown, miners=[]))


def _scan_answer(result: ScanResult) -> ScanAnswer:
    return ScanAnswer(
        success=True,
        miners_found=len(result.found),
        network_scanned=str(result.network),
        miners=[_found(sighting) for sighting in result.found],
    )


def _found(sighting: Sighting) -> FoundMinerView:
    address = sighting.endpoint.miner_id
    return FoundMinerView(
        id=address,
        ip=address,
        model=sighting.identity.model if sighting.identity else "unknown",
        type="asic",
        is_online=True,
        is_mining=sighting.hashing,
    )
