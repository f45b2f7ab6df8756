"""Finding, adding and listing miners."""

from typing import Annotated, Literal

from msgspec import Meta

from api.schemas.base import Address, Answer, Body, HostNetwork, Moment
from netstab.devices.port import Firmware

__all__ = [
    "AddMiner",
    "AddedMiner",
    "AddedMinerAnswer",
    "DiscoveredMiner",
    "DiscoveredMiners",
    "DoubleView",
    "FoundMinerView",
    "RemovedMiner",
    "ScanAnswer",
    "ScanBody",
    "ScanProgressView",
]

Kind = Literal["asic"]


class ScanBody(Body):
    """A block of the configured or the allowed networks, a /16 at most; without one, the configured."""

    network_cidr: HostNetwork | None = None


class FoundMinerView(Answer):
    """A miner that answered."""

    id: Address
    ip: Address
    model: str
    type: Kind
    is_online: bool
    is_mining: bool


class ScanAnswer(Answer):
    """The end of a scan; what became of the other addresses stands in its progress."""

    success: bool
    miners_found: int
    network_scanned: str
    miners: list[FoundMinerView]


class DoubleView(Answer):
    """A second address of a machine that is registered under another."""

    address: Address
    miner_id: Address


class ScanProgressView(Answer):
    """The newest scan, running or ended; `network` is null if there was none.

    At its end, `addresses_silent` counts those that took no connection in time, as an address without a host
    does; `addresses_unanswered` those that took one and did not tell what they are, asked again when it was
    quiet. `unrecorded` are miners that tell of themselves what cannot be recorded, `doubles` second addresses
    of machines, which are not registered.
    """

    running: bool
    network: str | None
    addresses_scanned: int
    addresses_total: int
    progress_percent: float
    miners_found: int
    started_at: Moment | None
    addresses_silent: int
    addresses_unanswered: int
    unrecorded: list[Address]
    doubles: list[DoubleView]


class AddMiner(Body):
    """A miner by its address, which lies in the configured or the allowed networks.

    The model's rating is taken where none is given. A port below 1024 is refused unless it is the usual one.
    """

    ip: Address
    port: Annotated[int, Meta(ge=1, le=65535)] | None = None
    rated_power_watts: Annotated[float, Meta(ge=1, le=100_000)] | None = None


class AddedMiner(Answer):
    """A miner as it was registered."""

    id: Address
    ip: Address
    model: str
    type: Kind
    is_online: bool
    rated_power_watts: float


class AddedMinerAnswer(Answer):
    """The miner belongs to the fleet, whether it answers now or not."""

    success: bool
    miner: AddedMiner


class RemovedMiner(Answer):
    """The miner belongs to the fleet no more."""

    success: bool
    miner_id: Address


class DiscoveredMiner(Answer):
    """Everything that is known of one miner; figures are null where the miner gave none."""

    id: Address
    ip: Address
    port: int
    model: str
    type: Kind
    firmware_type: Firmware
    firmware_version: str
    is_online: bool
    is_mining: bool
    hashrate_ghs: float
    power_watts: float
    power_kw: float
    rated_power_watts: float
    rated_power_kw: float
    temperature_c: int | None
    fan_speed_pct: int | None
    power_mode: Literal["normal", "sleep"]
    pool_url: str | None
    uptime_seconds: int | None
    last_seen: Moment | None
    consecutive_failures: int


class DiscoveredMiners(Answer):
    """All registered miners."""

    miners: list[DiscoveredMiner]
    total: int
    online: int
    mining: int
