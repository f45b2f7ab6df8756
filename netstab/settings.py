"""Settings from the environment, read once at start and validated as a whole.

Names and defaults of the documented variables are the contract's; nothing else reads the environment.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from netstab.errors import SettingsError
from netstab.power.allocation import PowerMode
from netstab.units import Seconds, Watts, watts

__all__ = ["SETTINGS", "Settings", "Variable", "read_settings", "without_password"]

Network = ipaddress.IPv4Network


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one server. `rated_power` None means: the sum over the registered miners."""

    discovery_enabled: bool
    network: Network
    poll_interval: Seconds
    snapshot_interval: Seconds
    snapshot_retention_hours: float
    power_mode: PowerMode
    rated_power: Watts | None
    dispatch_tolerance_percent: float
    host: str
    port: int
    database_url: str
    api_port: int
    http_port: int
    username: str
    password: str

    def __repr__(self) -> str:
        database = without_password(self.database_url)
        return f"Settings({self.host}:{self.port}, network={self.network}, database={database!r})"


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: its name, the field it fills, default text, reader, and meaning."""

    name: str
    field: str
    default: str
    read: Callable[[str], Any]
    meaning: str


def _boolean(text: str) -> bool:
    words = {
        "true": True,
        "1": True,
        "yes": True,
        "on": True,
        "false": False,
        "0": False,
        "no": False,
        "off": False,
    }
    try:
        return words[text.strip().lower()]
    except KeyError:
        raise ValueError("must be true or false") from None


def _network(text: str) -> Network:
    try:
        network = ipaddress.IPv4Network(text.strip(), strict=False)
    except ValueError:
        raise ValueError("must be an IPv4 block such as 192.168.1.0/24") from None
    if network.prefixlen < 16:
        raise ValueError("must be no larger than a /16")
    if not network.is_private and not network.is_loopback:
        raise ValueError("must lie inside loopback, link-local or private ranges")
    return network


def _number(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise ValueError(f"must be a number from {low:g} to {high:g}") from None
        if not low <= value <= high:
            raise ValueError(f"must be a number from {low:g} to {high:g}")
        return value

    return read


def _port(text: str) -> int:
    if not text.strip().isdecimal() or not 0 <= int(text) <= 65535:
        raise ValueError("must be a port from 0 to 65535")
    return int(text)


def _mode(text: str) -> PowerMode:
    try:
        return PowerMode(text.strip().lower())
    except ValueError:
        raise ValueError("must be frequency or on_off") from None


def _rated(text: str) -> Watts | None:
    if text.strip().lower() in ("", "auto"):
        return None
    return watts(_number(0.001, 1_000_000)(text))


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text.strip()


def _database(text: str) -> str:
    if not text.startswith(("sqlite:///", "postgresql://")):
        raise ValueError("must be sqlite:///path or postgresql://…")
    return text


SETTINGS = (
    Variable("MINER_DISCOVERY_ENABLED", "discovery_enabled", "true", _boolean, "scan the network at start"),
    Variable(
        "MINER_NETWORK_CIDR", "network", "192.168.1.0/24", _network, "address block to scan, up to a /16"
    ),
    Variable(
        "POLL_INTERVAL_SECONDS",
        "poll_interval",
        "5",
        _number(0.1, 3600),
        "seconds between two polls of a miner",
    ),
    Variable(
        "SNAPSHOT_INTERVAL_SECONDS",
        "snapshot_interval",
        "60",
        _number(1, 86400),
        "seconds between two stored snapshots",
    ),
    Variable(
        "SNAPSHOT_RETENTION_HOURS",
        "snapshot_retention_hours",
        "24",
        _number(0.01, 87600),
        "hours that stored snapshots are kept",
    ),
    Variable(
        "POWER_CONTROL_MODE",
        "power_mode",
        "on_off",
        _mode,
        "power mode until one is set: frequency or on_off",
    ),
    Variable(
        "RATED_POWER_KW", "rated_power", "auto", _rated, "rated fleet power in kW; auto sums the miners"
    ),
    Variable(
        "DISPATCH_TOLERANCE_PERCENT",
        "dispatch_tolerance_percent",
        "5",
        _number(0, 100),
        "tolerance band around a target, in percent of it",
    ),
    Variable("NETSTAB_HOST", "host", "0.0.0.0", _text, "address the server listens on"),  # noqa: S104
    Variable("NETSTAB_PORT", "port", "8000", _port, "port the server listens on"),
    Variable(
        "DATABASE_URL",
        "database_url",
        "sqlite:///data/netstab.db",
        _database,
        "where the command log is kept",
    ),
    Variable("MINER_API_PORT", "api_port", "4028", _port, "port of the miners' mining process"),
    Variable("MINER_HTTP_PORT", "http_port", "80", _port, "port of the miners' web server"),
    Variable("MINER_USERNAME", "username", "root", _text, "user of the miners' web server"),
    Variable("MINER_PASSWORD", "password", "root", _text, "its password"),
)


def without_password(url: str) -> str:
    """Give a database's URL as it may be shown."""
    return re.sub(r"(://[^/@:]*):[^/@]*@|(\bpassword)=[^&]*", _hidden, url)


def _hidden(found: re.Match[str]) -> str:
    return f"{found[1]}:***@" if found[1] else f"{found[2]}=***"


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
    return Settings(**values)
