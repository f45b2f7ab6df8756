"""The ways in beside HTTP, as they are set; each is off until its address is."""

from dataclasses import dataclass, field
from enum import StrEnum

from netstab.schedules.price_rule import Absence
from netstab.settings.access import ClientNetwork, is_private
from netstab.units import Seconds

__all__ = [
    "PRIORITY",
    "FrontsSettings",
    "ModbusFrontSettings",
    "MqttSettings",
    "OpenAdrSettings",
    "OpenAdrVersion",
    "PriceUnit",
    "S2Settings",
    "ScheduleSettings",
]


PRIORITY = ("rest", "modbus", "mqtt", "s2", "openadr", "schedule")
"""What the ways in are called in `EMS_PRIORITY`, in the usual order."""


class OpenAdrVersion(StrEnum):
    """The releases of OpenADR 3 that are spoken; no answer of a VTN tells them apart."""

    V3_0_1 = "3.0.1"
    V3_1_0 = "3.1.0"


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """The broker, "" without one: `mqtt://user:password@host:1883`, or `mqtts://` over TLS.

    `ca_file` vouches for a broker that the system knows no authority of. A `discovery_prefix` of "" announces
    nothing to Home Assistant.
    """

    url: str = field(repr=False)
    topic: str
    discovery_prefix: str
    ca_file: str


@dataclass(frozen=True, slots=True)
class ModbusFrontSettings:
    """Where the Modbus server listens, None without one, and whose clients it takes."""

    listen: tuple[str, int] | None
    networks: tuple[ClientNetwork, ...]

    @property
    def advice(self) -> tuple[str, ...]:
        """Return sentences on what may not be meant so."""
        others = ", ".join(str(block) for block in self.networks if not is_private(block))
        if self.listen is None or not others:
            return ()
        text = f"MODBUS_ALLOWED_NETWORKS lets in masters of {others}, which is not private, and Modbus"
        return (f"{text} has no password: whoever is there may command.",)


@dataclass(frozen=True, slots=True)
class OpenAdrSettings:
    """The VTN, "" without one, and what it is told of this VEN.

    `simple_percent` is what the levels 1, 2 and 3 leave of rated power, each 0 to 100.
    """

    vtn_url: str = field(repr=False)
    version: OpenAdrVersion
    client_id: str
    client_secret: str = field(repr=False)
    token_url: str
    program: str
    ven_name: str
    targets: tuple[str, ...]
    poll: Seconds
    simple_percent: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class S2Settings:
    """The customer energy manager's WebSocket, "" without one, and what the fleet is called there."""

    url: str = field(repr=False)
    token: str = field(repr=False)
    resource_id: str


class PriceUnit(StrEnum):
    """What prices are given in: the currency for a kWh or a MWh, or its hundredth for a kWh."""

    KWH = "kWh"
    MWH = "MWh"
    CENTS = "cents"

    @property
    def per_kwh(self) -> float:
        """What one of it is per kWh."""
        return {PriceUnit.KWH: 1.0, PriceUnit.MWH: 0.001, PriceUnit.CENTS: 0.01}[self]


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """In which unit prices are given, what holds without one, and how late a site may return, in s."""

    price_unit: PriceUnit
    absence: Absence
    return_within: Seconds


@dataclass(frozen=True, slots=True)
class FrontsSettings:
    """All of them, and by which priority they command (`events.authority`)."""

    mqtt: MqttSettings
    modbus: ModbusFrontSettings
    openadr: OpenAdrSettings
    s2: S2Settings
    schedule: ScheduleSettings
    priority: tuple[str, ...] = PRIORITY
