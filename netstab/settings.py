"""Settings from the environment, read once at start and validated as a whole.

Names and defaults of the documented variables are the contract's; nothing else reads the environment.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from netstab import readers
from netstab.dispatch.limits import Limits
from netstab.errors import SettingsError
from netstab.power.allocation import PowerMode
from netstab.readers import Network, without_password
from netstab.units import Seconds, Watts

__all__ = [
    "SETTINGS",
    "MeterSettings",
    "MeterUnit",
    "ModbusSettings",
    "ModbusTable",
    "ModbusType",
    "Network",
    "Settings",
    "Variable",
    "WordOrder",
    "read_settings",
    "without_password",
]


class MeterUnit(StrEnum):
    KILOWATTS = "kW"
    WATTS = "W"


class ModbusTable(StrEnum):
    HOLDING = "holding"
    INPUT = "input"


class ModbusType(StrEnum):
    """How a register, or two of them, hold a number."""

    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    UINT32 = "uint32"
    FLOAT32 = "float32"


class WordOrder(StrEnum):
    """Which of two registers has the higher word."""

    BIG = "big"
    LITTLE = "little"


@dataclass(frozen=True, slots=True)
class ModbusSettings:
    """Where a Modbus meter keeps its power; what it holds times `scale` is in the meter's unit."""

    unit_id: int
    table: ModbusTable
    register: int
    kind: ModbusType
    word_order: WordOrder
    scale: float


@dataclass(frozen=True, slots=True)
class MeterSettings:
    """The site meter; `url` is empty without one.

    `field` is a key or dotted path in an HTTP meter's JSON. A reading older than `stale_after` counts for
    nothing. `base_power` is what else the site draws; it is subtracted from each reading.
    """

    url: str
    field: str
    unit: MeterUnit
    interval: Seconds
    stale_after: Seconds
    base_power_kw: float
    modbus: ModbusSettings


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one server. `rated_power` None means: the sum over the registered miners.

    `ems_timeout` 0 s never counts the EMS as silent; `ems_failsafe` is `hold`, `standby`, or a power in W.
    """

    discovery_enabled: bool
    network: Network
    poll_interval: Seconds
    snapshot_interval: Seconds
    snapshot_retention_hours: float
    power_mode: PowerMode
    rated_power: Watts | None
    host: str
    port: int
    database_url: str
    api_port: int
    http_port: int
    username: str
    password: str
    ems_timeout: Seconds
    ems_failsafe: Watts | str
    limits: Limits
    meter: MeterSettings

    def __repr__(self) -> str:
        database = without_password(self.database_url)
        return f"Settings({self.host}:{self.port}, network={self.network}, database={database!r})"


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable and how it is read; `field` is `group.field` for one of a group."""

    name: str
    field: str
    default: str
    read: Callable[[str], Any]
    meaning: str


_DAY = 86_400

SETTINGS = (
    Variable(
        "MINER_DISCOVERY_ENABLED", "discovery_enabled", "true", readers.boolean, "scan the network at start"
    ),
    Variable(
        "MINER_NETWORK_CIDR",
        "network",
        "192.168.1.0/24",
        readers.network,
        "address block to scan, up to a /16",
    ),
    Variable(
        "POLL_INTERVAL_SECONDS",
        "poll_interval",
        "5",
        readers.number(0.1, 3600),
        "seconds between two polls of a miner",
    ),
    Variable(
        "SNAPSHOT_INTERVAL_SECONDS",
        "snapshot_interval",
        "60",
        readers.number(1, _DAY),
        "seconds between two stored snapshots",
    ),
    Variable(
        "SNAPSHOT_RETENTION_HOURS",
        "snapshot_retention_hours",
        "24",
        readers.number(0.01, 87600),
        "hours that stored snapshots are kept",
    ),
    Variable(
        "POWER_CONTROL_MODE",
        "power_mode",
        "on_off",
        readers.choice(PowerMode),
        "power mode until one is set: frequency or on_off",
    ),
    Variable(
        "RATED_POWER_KW",
        "rated_power",
        "auto",
        readers.rated,
        "rated fleet power in kW; auto sums the miners",
    ),
    Variable(
        "DISPATCH_TOLERANCE_PERCENT",
        "limits.tolerance_percent",
        "5",
        readers.number(0, 100),
        "tolerance band around a target, in percent of it",
    ),
    Variable(
        "WAKE_BATCH_SIZE",
        "limits.wake_batch_size",
        "0",
        readers.whole_number(0, 100_000),
        "most miners woken in one wave; 0 wakes all at once",
    ),
    Variable(
        "WAKE_BATCH_INTERVAL_SECONDS",
        "limits.wake_batch_interval",
        "45",
        readers.number(0, 3600),
        "seconds from one wave to the next",
    ),
    Variable(
        "MIN_ON_SECONDS",
        "limits.min_on",
        "0",
        readers.number(0, _DAY),
        "seconds that dispatch leaves a miner on; an order of standby does not wait for them",
    ),
    Variable(
        "MIN_OFF_SECONDS",
        "limits.min_off",
        "0",
        readers.number(0, _DAY),
        "seconds that dispatch leaves a miner off",
    ),
    Variable(
        "FREQUENCY_CHANGES_PER_HOUR",
        "limits.frequency_changes_per_hour",
        "4",
        readers.whole_number(0, 1000),
        "most changes of a miner's frequency in an hour by dispatch",
    ),
    Variable(
        "EMS_TIMEOUT_SECONDS",
        "ems_timeout",
        "0",
        readers.number(0, _DAY),
        "seconds without a command of the EMS until the failsafe; 0 for never",
    ),
    Variable(
        "EMS_FAILSAFE",
        "ems_failsafe",
        "hold",
        readers.fallback,
        "what the failsafe does: hold, standby, or a power in kW",
    ),
    Variable(
        "POWER_METER_URL",
        "meter.url",
        "",
        readers.meter_url,
        "the site meter: http://… or modbus://host:port; empty without one",
    ),
    Variable(
        "POWER_METER_FIELD",
        "meter.field",
        "power",
        readers.text,
        "key or dotted path of the power in an HTTP meter's JSON",
    ),
    Variable(
        "POWER_METER_UNIT", "meter.unit", "kW", readers.choice(MeterUnit), "unit of its figure: kW or W"
    ),
    Variable(
        "POWER_METER_INTERVAL_SECONDS",
        "meter.interval",
        "1",
        readers.number(0.1, 3600),
        "seconds between two readings of the meter",
    ),
    Variable(
        "POWER_METER_STALE_SECONDS",
        "meter.stale_after",
        "10",
        readers.number(1, 3600),
        "seconds after which a reading counts for nothing",
    ),
    Variable(
        "POWER_METER_BASE_KW",
        "meter.base_power_kw",
        "0",
        readers.number(0, 1_000_000),
        "what else the site draws, in kW; subtracted from each reading",
    ),
    Variable(
        "POWER_METER_MODBUS_UNIT",
        "meter.modbus.unit_id",
        "1",
        readers.whole_number(0, 255),
        "unit id of a Modbus meter",
    ),
    Variable(
        "POWER_METER_MODBUS_TABLE",
        "meter.modbus.table",
        "holding",
        readers.choice(ModbusTable),
        "registers that hold the power: holding or input",
    ),
    Variable(
        "POWER_METER_MODBUS_REGISTER",
        "meter.modbus.register",
        "0",
        readers.whole_number(0, 65535),
        "address of the first register, counted from 0",
    ),
    Variable(
        "POWER_METER_MODBUS_TYPE",
        "meter.modbus.kind",
        "float32",
        readers.choice(ModbusType),
        "how it holds the number: int16, uint16, int32, uint32 or float32",
    ),
    Variable(
        "POWER_METER_MODBUS_WORD_ORDER",
        "meter.modbus.word_order",
        "big",
        readers.choice(WordOrder),
        "which of two registers is the higher word: big (the first) or little",
    ),
    Variable(
        "POWER_METER_MODBUS_SCALE",
        "meter.modbus.scale",
        "1",
        readers.number(-1_000_000, 1_000_000),
        "factor from the register's number to the meter's unit",
    ),
    Variable("NETSTAB_HOST", "host", "0.0.0.0", readers.text, "address the server listens on"),  # noqa: S104
    Variable("NETSTAB_PORT", "port", "8000", readers.port, "port the server listens on"),
    Variable(
        "DATABASE_URL",
        "database_url",
        "sqlite:///data/netstab.db",
        readers.database,
        "where the command log is kept",
    ),
    Variable("MINER_API_PORT", "api_port", "4028", readers.port, "port of the miners' mining process"),
    Variable("MINER_HTTP_PORT", "http_port", "80", readers.port, "port of the miners' web server"),
    Variable("MINER_USERNAME", "username", "root", readers.text, "user of the miners' web server"),
    Variable("MINER_PASSWORD", "password", "root", readers.text, "its password"),
)


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
    """Give the fields of one group, under their own names."""
    fields = {
        field.removeprefix(prefix): value for field, value in values.items() if field.startswith(prefix)
    }
    return {field: value for field, value in fields.items() if "." not in field}
