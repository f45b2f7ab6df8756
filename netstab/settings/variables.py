"""The environment variables: names and defaults of the documented ones are the contract's. It reads none."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from netstab.power.allocation import PowerMode
from netstab.settings import readers
from netstab.settings.meter import MeterUnit, ModbusTable, ModbusType, WordOrder

__all__ = ["SETTINGS", "Variable"]


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
        "address block to scan, up to a /16; loopback, link-local or private",
    ),
    Variable(
        "MINER_ALLOWED_NETWORKS",
        "allowed_networks",
        "",
        readers.networks,
        "further address blocks that miners may be looked for and added in, with commas between them",
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
        "ALLOWED_HOSTS",
        "allowed_hosts",
        "",
        readers.hosts,
        "further names or addresses that the server answers to, with commas between them",
    ),
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
