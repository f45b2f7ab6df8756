"""Settings from the environment, read once at start and validated as a whole; nothing else reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netstab.dispatch.limits import Limits
from netstab.errors import SettingsError
from netstab.power.allocation import PowerMode
from netstab.reach import Network, Reach
from netstab.settings.meter import MeterSettings, ModbusSettings
from netstab.settings.variables import SETTINGS
from netstab.units import Seconds, Watts
from netstab.urls import authority, without_password

__all__ = ["Settings", "read_settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one server. `rated_power` None means: the sum over the registered miners.

    `ems_timeout` 0 s never counts the EMS as silent; `ems_failsafe` is `hold`, `standby`, or a power in W.
    """

    discovery_enabled: bool
    network: Network
    allowed_networks: tuple[Network, ...]
    poll_interval: Seconds
    snapshot_interval: Seconds
    snapshot_retention_hours: float
    power_mode: PowerMode
    rated_power: Watts | None
    host: str
    port: int
    allowed_hosts: tuple[str, ...]
    database_url: str
    api_port: int
    http_port: int
    username: str
    password: str
    ems_timeout: Seconds
    ems_failsafe: Watts | str
    limits: Limits
    meter: MeterSettings

    @property
    def reach(self) -> Reach:
        """Where miners may be talked to."""
        return Reach((self.network, *self.allowed_networks), self.api_port)

    def __repr__(self) -> str:
        database = without_password(self.database_url)
        return f"Settings({authority(self.host, self.port)}, network={self.network}, database={database!r})"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read all settings, or raise one `SettingsError` that lists every fault."""
    values: dict[str, Any] = {}
    faults = []
    for variable in SETTINGS:
        text = environment.get(variable.name, variable.default)
        try:
            values[variable.field] = variable.read(text)
        except ValueError as fault:
            shown = "***" if "PASSWORD" in variable.name else repr(without_password(text))
            faults.append(f"{variable.name} {fault}, got {shown}.")
    if faults:
        raise SettingsError("The environment cannot be used:\n  " + "\n  ".join(faults))
    meter = MeterSettings(
        **_group(values, "meter."), modbus=ModbusSettings(**_group(values, "meter.modbus."))
    )
    return Settings(**_group(values, ""), limits=Limits(**_group(values, "limits.")), meter=meter)


def _group(values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Return the fields of one group, under their own names."""
    fields = {
        field.removeprefix(prefix): value for field, value in values.items() if field.startswith(prefix)
    }
    return {field: value for field, value in fields.items() if "." not in field}
