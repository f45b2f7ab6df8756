"""The variables: names and defaults of the documented ones are the contract's; beside each how it is read.

Those that devices' credentials are set by are not listed here: each family names its own.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, PlainValidator, ValidationInfo, create_model
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from netstab.devices.families import credentials
from netstab.devices.family import Credential
from netstab.devices.web import WHATSMINER_API_PORT
from netstab.dispatch.constraints import Preset
from netstab.power.allocation import PowerMode
from netstab.reach import Network
from netstab.settings import readers
from netstab.settings.access import PRIVATE, ClientNetwork
from netstab.settings.fields import FILE, Filed
from netstab.settings.fields import filed as _filed
from netstab.settings.fields import or_default as _or
from netstab.settings.front_variables import FRONT_SECRETS, FRONT_URLS, FrontVariables
from netstab.settings.log_format import LogFormat
from netstab.settings.meter import MeterUnit, ModbusTable, ModbusType, WordOrder
from netstab.settings.tokens import Tokens, from_file, from_text, of_its_own
from netstab.units import Seconds, Watts

__all__ = [
    "CREDENTIALS",
    "FILE",
    "FILED",
    "SECRETS",
    "TOKENS",
    "AllVariables",
    "Filed",
    "OwnVariables",
    "Variables",
    "variables_of",
]

SECRETS = ("AWESOME_MINER_KEY", *FRONT_SECRETS)
"""Others whose value is never shown; each may be in a file as well."""

TOKENS = ("EMS_TOKEN", "DASHBOARD_TOKEN", "VIEWER_TOKEN")
"""Variables whose value is never shown; each may be in a file, named by the same with `_FILE`."""

_DAY = 86_400


def _another_port(given: int | None, info: ValidationInfo) -> int | None:
    """Refuse the port that all share; 0 takes any free one."""
    if given and given == info.data.get("NETSTAB_PORT"):
        raise ValueError("must be another port than NETSTAB_PORT")
    return given


def _tokens(read: Callable[[str, str], Tokens], name: str) -> PlainValidator:
    return PlainValidator(lambda given: read(given, name))


def _beside_commands(given: Tokens, info: ValidationInfo) -> Tokens:
    """Refuse tokens for reading alone where commanding takes none."""
    commanding = ("DASHBOARD_TOKEN", "DASHBOARD_TOKEN_FILE")
    if given and not any(info.data.get(name, True) for name in commanding):
        raise ValueError("needs DASHBOARD_TOKEN as well: without it everybody may command")
    return given


class OwnVariables(BaseSettings):
    """What the variables say, under their own names. What is handed in goes before what a file holds.

    The environment of the process is handed in as well, never fetched: who sets up a server in a test or a
    demo gets that one.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", case_sensitive=True, enable_decoding=False, env_file_encoding="utf-8"
    )

    MINER_DISCOVERY_ENABLED: Annotated[bool, PlainValidator(readers.boolean)] = _or(
        "true", "scan the network at start"
    )
    MINER_NETWORK_CIDR: Annotated[Network, PlainValidator(readers.network)] = _or(
        "192.168.1.0/24", "address block to scan, up to a /16; loopback, link-local or private"
    )
    MINER_ALLOWED_NETWORKS: Annotated[tuple[Network, ...], PlainValidator(readers.networks)] = _or(
        "", "further address blocks that miners may be looked for and added in, with commas between them"
    )
    POLL_INTERVAL_SECONDS: Annotated[Seconds, PlainValidator(readers.number(0.1, 3600))] = _or(
        "5", "seconds between two polls of a miner"
    )
    SNAPSHOT_INTERVAL_SECONDS: Annotated[Seconds, PlainValidator(readers.number(1, _DAY))] = _or(
        "60", "seconds between two stored snapshots"
    )
    SNAPSHOT_RETENTION_HOURS: Annotated[float, PlainValidator(readers.number(0.01, 87600))] = _or(
        "24", "hours that stored snapshots are kept"
    )
    POWER_CONTROL_MODE: Annotated[PowerMode, PlainValidator(readers.choice(PowerMode))] = _or(
        "on_off", "power mode until one is set: frequency or on_off"
    )
    RATED_POWER_KW: Annotated[Watts | None, PlainValidator(readers.rated)] = _or(
        "auto", "rated fleet power in kW; auto sums the miners"
    )
    DISPATCH_TOLERANCE_PERCENT: Annotated[float, PlainValidator(readers.number(0, 100))] = _or(
        "5", "tolerance band around a target, in percent of it"
    )
    DISPATCH_PRESET: Annotated[Preset, PlainValidator(readers.choice(Preset))] = _or(
        "s9", "what auto means below: s9 for real S9, document for miners that wake within seconds"
    )
    WAKE_BATCH_SIZE: Annotated[
        int | None, PlainValidator(readers.or_auto(readers.whole_number(0, 100_000)))
    ] = _or(
        "auto",
        "most miners woken in one wave; 0 wakes all at once; auto: for s9 80 or half of the fleet, else 0",
    )
    WAKE_BATCH_INTERVAL_SECONDS: Annotated[Seconds, PlainValidator(readers.number(0, 3600))] = _or(
        "45", "seconds from one wave to the next"
    )
    MIN_ON_SECONDS: Annotated[Seconds | None, PlainValidator(readers.or_auto(readers.number(0, _DAY)))] = _or(
        "auto",
        "seconds that dispatch leaves a miner on; an order of standby does not wait for them; auto: 0",
    )
    MIN_OFF_SECONDS: Annotated[Seconds | None, PlainValidator(readers.or_auto(readers.number(0, _DAY)))] = (
        _or("auto", "seconds that dispatch leaves a miner off; auto: 0")
    )
    FREQUENCY_CHANGES_PER_HOUR: Annotated[int, PlainValidator(readers.whole_number(0, 1000))] = _or(
        "4", "most changes of a miner's frequency in an hour by dispatch"
    )
    RAMP_UP_KW_PER_SECOND: Annotated[Watts | None, PlainValidator(readers.power_or_none)] = _or(
        "", "fastest rise of power in kW a second; empty for what the configuration allows both ways"
    )
    RAMP_DOWN_KW_PER_SECOND: Annotated[Watts | None, PlainValidator(readers.power_or_none)] = _or(
        "", "fastest fall of power in kW a second, an order of standby and a limit too; empty as for the rise"
    )
    EMS_TIMEOUT_SECONDS: Annotated[Seconds, PlainValidator(readers.number(0, _DAY))] = _or(
        "0", "seconds without a command of the EMS until the failsafe; 0 for never"
    )
    EMS_FAILSAFE: Annotated[Watts | str, PlainValidator(readers.fallback)] = _or(
        "hold", "what the failsafe does: hold, standby, or a power in kW"
    )
    POWER_METER_URL: Annotated[str, PlainValidator(readers.meter_url)] = _or(
        "", "the site meter: http://… or modbus://host:port; empty without one"
    )
    POWER_METER_FIELD: Annotated[str, PlainValidator(readers.text)] = _or(
        "power", "key or dotted path of the power in an HTTP meter's JSON"
    )
    POWER_METER_UNIT: Annotated[MeterUnit, PlainValidator(readers.choice(MeterUnit))] = _or(
        "kW", "unit of its figure: kW or W"
    )
    POWER_METER_INTERVAL_SECONDS: Annotated[Seconds, PlainValidator(readers.number(0.1, 3600))] = _or(
        "1", "seconds between two readings of the meter"
    )
    POWER_METER_STALE_SECONDS: Annotated[Seconds, PlainValidator(readers.number(1, 3600))] = _or(
        "10", "seconds after which a reading counts for nothing"
    )
    POWER_METER_BASE_KW: Annotated[float, PlainValidator(readers.number(0, 1_000_000))] = _or(
        "0", "what else the site draws, in kW; subtracted from each reading"
    )
    POWER_METER_MODBUS_UNIT: Annotated[int, PlainValidator(readers.whole_number(0, 255))] = _or(
        "1", "unit id of a Modbus meter"
    )
    POWER_METER_MODBUS_TABLE: Annotated[ModbusTable, PlainValidator(readers.choice(ModbusTable))] = _or(
        "holding", "registers that hold the power: holding or input"
    )
    POWER_METER_MODBUS_REGISTER: Annotated[int, PlainValidator(readers.whole_number(0, 65535))] = _or(
        "0", "address of the first register, counted from 0"
    )
    POWER_METER_MODBUS_TYPE: Annotated[ModbusType, PlainValidator(readers.choice(ModbusType))] = _or(
        "float32", "how it holds the number: int16, uint16, int32, uint32 or float32"
    )
    POWER_METER_MODBUS_WORD_ORDER: Annotated[WordOrder, PlainValidator(readers.choice(WordOrder))] = _or(
        "big", "which of two registers is the higher word: big (the first) or little"
    )
    POWER_METER_MODBUS_SCALE: Annotated[float, PlainValidator(readers.number(-1_000_000, 1_000_000))] = _or(
        "1", "factor from the register's number to the meter's unit"
    )
    NETSTAB_HOST: Annotated[str, PlainValidator(readers.text)] = _or(
        "0.0.0.0",  # noqa: S104  # nosec B104  # who may ask is checked
        "address the server listens on",
    )
    NETSTAB_PORT: Annotated[int, PlainValidator(readers.port)] = _or("8000", "port the server listens on")
    EMS_PORT: Annotated[int | None, PlainValidator(readers.port_or_none), AfterValidator(_another_port)] = (
        _or("", "a port for the EMS's calls alone, beside the other one; empty without one")
    )
    ALLOWED_HOSTS: Annotated[tuple[str, ...], PlainValidator(readers.hosts)] = _or(
        "", "further names or addresses that the server answers to, with commas between them"
    )
    EMS_ALLOWED_NETWORKS: Annotated[tuple[ClientNetwork, ...], PlainValidator(readers.some_networks)] = _or(
        PRIVATE, "address blocks whose clients are served the three calls of the EMS"
    )
    DASHBOARD_ALLOWED_NETWORKS: Annotated[
        tuple[ClientNetwork, ...], PlainValidator(readers.some_networks)
    ] = _or(PRIVATE, "address blocks whose clients are served all else: page, dashboard API, documents")
    EMS_TOKEN: Annotated[Tokens, _tokens(from_text, "ems"), AfterValidator(of_its_own)] = _or(
        "", "token that the calls of the EMS take, or several as name:token with commas between them"
    )
    EMS_TOKEN_FILE: Annotated[Tokens, _tokens(from_file, "ems"), AfterValidator(of_its_own)] = _or(
        "", "file that holds EMS_TOKEN, in its place"
    )
    DASHBOARD_TOKEN: Annotated[Tokens, _tokens(from_text, "dashboard"), AfterValidator(of_its_own)] = _or(
        "", "token that all else takes, the dashboard's commands too; or several, as for EMS_TOKEN"
    )
    DASHBOARD_TOKEN_FILE: Annotated[Tokens, _tokens(from_file, "dashboard"), AfterValidator(of_its_own)] = (
        _or("", "file that holds DASHBOARD_TOKEN, in its place")
    )
    VIEWER_TOKEN: Annotated[
        Tokens, _tokens(from_text, "viewer"), AfterValidator(of_its_own), AfterValidator(_beside_commands)
    ] = _or("", "token that all else takes for reading alone, or several; needs DASHBOARD_TOKEN")
    VIEWER_TOKEN_FILE: Annotated[
        Tokens, _tokens(from_file, "viewer"), AfterValidator(of_its_own), AfterValidator(_beside_commands)
    ] = _or("", "file that holds VIEWER_TOKEN, in its place")
    TRUSTED_PROXIES: Annotated[tuple[ClientNetwork, ...], PlainValidator(readers.client_networks)] = _or(
        "", "addresses or blocks of reverse proxies whose X-Forwarded-For, -Proto and -Host are believed"
    )
    LOG_FORMAT: Annotated[LogFormat, PlainValidator(readers.choice(LogFormat))] = _or(
        "auto",
        "lines of the server's log: text, json, or auto: text for a terminal and systemd's journal",
    )
    DATABASE_URL: Annotated[str, PlainValidator(readers.database)] = _or(
        "sqlite:///data/netstab.db", "where the command log is kept"
    )
    DATABASE_URL_FILE: Annotated[Filed | None, _filed(readers.database)] = _or(
        "", "file that holds DATABASE_URL, in its place"
    )
    RESERVE_FILE: Annotated[str, PlainValidator(readers.file_name)] = _or(
        "", "what sheds while the log cannot be written is kept there; empty for a file beside the database"
    )
    MINER_API_PORT: Annotated[int, PlainValidator(readers.device_port)] = _or(
        "4028", "port of the miners' mining process"
    )
    MINER_HTTP_PORT: Annotated[int, PlainValidator(readers.device_port)] = _or(
        "80", "port of the miners' web server"
    )
    WHATSMINER_API_PORT: Annotated[int, PlainValidator(readers.device_port)] = _or(
        str(WHATSMINER_API_PORT), "port of the API 3 of Whatsminers"
    )
    AWESOME_MINER_URL: Annotated[str, PlainValidator(readers.server_url)] = _or(
        "", "Awesome Miner, whose miners are to be units as well: http://host:17790; empty without one"
    )
    AWESOME_MINER_KEY: Annotated[str, PlainValidator(readers.credential)] = _or(
        "", "key of its API; empty if it asks for none"
    )
    AWESOME_MINER_KEY_FILE: Annotated[Filed | None, _filed(readers.credential)] = _or(
        "", "file that holds AWESOME_MINER_KEY, in its place"
    )
    AWESOME_MINER_CONTROL: Annotated[bool, PlainValidator(readers.boolean)] = _or(
        "false", "have it stop and start those of its miners that are not known directly"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, dotenv_settings


def _fields(asked: Credential) -> dict[str, Any]:
    def read(given: str) -> str:
        return readers.credential(readers.text(given) if asked.default else given)

    fields: dict[str, Any] = {
        asked.name: (Annotated[str, PlainValidator(read)], _or(asked.default, asked.meaning))
    }
    if asked.secret:
        meaning = f"file that holds {asked.name}, in its place"
        fields[asked.name + FILE] = (Annotated[Filed | None, _filed(read)], _or("", meaning))
    return fields


class AllVariables(FrontVariables, OwnVariables):
    """All but those of credentials; this order of bases has the fronts' stand last."""


def variables_of(asked_for: Mapping[str, Credential]) -> type[AllVariables]:
    """Return the variables with those of credentials besides; a secret may be in a file."""
    fields = {name: one for asked in asked_for.values() for name, one in _fields(asked).items()}
    return create_model("Variables", __base__=AllVariables, **fields)


CREDENTIALS = credentials()

Variables = variables_of(CREDENTIALS)
"""All of them."""

FILED = (
    "DATABASE_URL",
    *FRONT_URLS,
    *SECRETS,
    *(name for name, asked in CREDENTIALS.items() if asked.secret),
)
"""Variables of one text that may be in a file, named by the same with `_FILE`."""
