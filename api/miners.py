"""All miners and one miner: what is published, and the details that only the device knows."""

import falcon

from actors.port import FleetPort
from actors.snapshot import FleetSnapshot
from api.actor_view import actor_view
from api.addresses import miner_at
from api.details_view import miner_details
from api.encoded import Encoded, encoded_rows
from api.errors import unknown_miner
from api.miner_views import MinerViews
from api.operation import operation
from api.renewed import Renewed
from api.schemas.details import MinerDetails
from api.schemas.miners import ActorView, MinerStatus
from api.slots import Slots
from api.wear_views import miner_wear, minimum_time
from netstab.clock import Clock
from netstab.errors import ErrorCode
from netstab.units import MinerId

__all__ = ["MinerActorResource", "MinerDetailsResource", "MinerResource", "MinersResource"]


class MinersResource:
    def __init__(self, fleet: FleetPort, views: MinerViews) -> None:
        def show(snapshot: FleetSnapshot) -> Encoded:
            return encoded_rows(views.all(snapshot))

        self._encoded = Renewed(fleet, show)

    @operation("The status of all miners", list[MinerStatus])
    def on_get(self, _request: falcon.Request) -> Encoded:
        return self._encoded()


class MinerResource:
    def __init__(self, fleet: FleetPort, views: MinerViews) -> None:
        self._fleet = fleet
        self._views = views

    @operation("The status of one miner", MinerStatus, refusals=(ErrorCode.UNKNOWN_MINER,))
    def on_get(self, _request: falcon.Request, miner_id: str) -> MinerStatus:
        snapshot = self._fleet.snapshot
        if miner_id not in snapshot.state.miners:
            raise unknown_miner(miner_id)
        return self._views.one(snapshot, MinerId(miner_id))


class MinerActorResource:
    """Asks no actor: it answers while the miner's own hangs."""

    def __init__(self, fleet: FleetPort, clock: Clock) -> None:
        self._fleet = fleet
        self._clock = clock

    @operation(
        "One miner's actor, as it last published itself", ActorView, refusals=(ErrorCode.UNKNOWN_MINER,)
    )
    def on_get(self, _request: falcon.Request, miner_id: str) -> ActorView:
        snapshot, known = self._fleet.snapshot, MinerId(miner_id)
        miner = snapshot.state.miners.get(known)
        if miner is None:
            raise unknown_miner(miner_id)
        return actor_view(
            miner,
            snapshot.reports.get(known),
            snapshot.state.holds.get(known),
            self._clock(),
            snapshot.wall,
            self._fleet.inbox_length(known),
            self._fleet.restarts(known),
            miner_wear(snapshot, known),
            minimum_time(snapshot, known),
        )


class MinerDetailsResource:
    def __init__(self, fleet: FleetPort, slots: Slots) -> None:
        self._fleet = fleet
        self._slots = slots

    @operation(
        "Everything a miner tells of itself",
        MinerDetails,
        refusals=(
            ErrorCode.UNKNOWN_MINER,
            ErrorCode.MINER_REFUSED,
            ErrorCode.MINER_UNREACHABLE,
            ErrorCode.MINER_TIMEOUT,
            ErrorCode.BUSY,
        ),
    )
    def on_get(self, _request: falcon.Request, miner_ip: str) -> MinerDetails:
        known = miner_at(miner_ip)
        with self._slots.one():
            details = self._fleet.details(known)
        miner = self._fleet.snapshot.state.miners.get(known)
        if miner is None:
            raise unknown_miner(miner_ip)
        return miner_details(miner, details)
