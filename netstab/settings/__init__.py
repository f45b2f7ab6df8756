"""The settings, read once at start and validated as a whole; nothing else reads the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from netstab.devices.awesome_miner.access import AwesomeMinerSettings
from netstab.dispatch.constraints import PRESETS, Constraints
from netstab.errors import SettingsError
from netstab.power.allocation import PowerMode
from netstab.reach import Network, Reach
from netstab.schedules.price_rule import Absence
from netstab.settings.access import AccessSettings, readable_by_all
from netstab.settings.env_file import values_in
from netstab.settings.fronts import (
    FrontsSettings,
    ModbusFrontSettings,
    MqttSettings,
    OpenAdrSettings,
    S2Settings,
    ScheduleSettings,
)
from netstab.settings.log_format import LogFormat
from netstab.settings.meter import MeterSettings, ModbusSettings
from netstab.settings.variables import (
    CREDENTIALS,
    FILE,
    FILED,
    SECRETS,
    TOKENS,
    AllVariables,
    Filed,
    OwnVariables,
    Variables,
)
from netstab.units import Seconds, Watts
from netstab.urls import authority, without_password

__all__ = ["Settings", "read_settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one server. `rated_power` None means: the sum over the registered miners.

    `credentials` are by the names that families of devices give them; `exposed` names what came from files
    that every user can read. `ems_timeout` 0 s never counts the EMS
    as silent; `ems_failsafe` is `hold`, `standby`, or a power in W. `ems_port` is None without one.
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
    ems_port: int | None
    allowed_hosts: tuple[str, ...]
    access: AccessSettings
    log_format: LogFormat
    database_url: str
    reserve_file: Path
    api_port: int
    http_port: int
    whatsminer_api_port: int
    credentials: Mapping[str, str]
    awesome_miner: AwesomeMinerSettings
    exposed: tuple[str, ...]
    ems_timeout: Seconds
    ems_failsafe: Watts | str
    constraints: Constraints
    meter: MeterSettings
    fronts: FrontsSettings

    @property
    def reach(self) -> Reach:
        """Where miners may be talked to."""
        return Reach((self.network, *self.allowed_networks), self.api_port, self.http_port)

    @property
    def advice(self) -> tuple[str, ...]:
        """Return sentences on what may not be meant so; none shows a secret."""
        return (
            *map(readable_by_all, self.exposed),
            *self.access.advice,
            *self.awesome_miner.advice,
            *self.fronts.modbus.advice,
        )

    def __repr__(self) -> str:
        database = without_password(self.database_url)
        return f"Settings({authority(self.host, self.port)}, network={self.network}, database={database!r})"


def read_settings(environment: Mapping[str, str], env_file: Path | None = None) -> Settings:
    """Read all settings, or raise one `SettingsError` that lists every fault.

    What the environment sets goes before what the file sets.
    """
    if env_file:
        values_in(env_file)
    given: dict[str, Any] = {name: environment[name] for name in Variables.model_fields.keys() & environment}
    given["_env_file"] = env_file
    try:
        variables = Variables(**given)
    except ValidationError as error:
        faults = "\n  ".join(_fault(**fault) for fault in error.errors(include_url=False))
        raise SettingsError(f"The environment cannot be used:\n  {faults}") from None
    if twice := [name for name in FILED if _is_set(variables, name) and getattr(variables, name + FILE)]:
        faults = "\n  ".join(f"{name}{FILE} must not be set beside {name}." for name in twice)
        raise SettingsError(f"The environment cannot be used:\n  {faults}")
    return _settings(variables)


def _is_set(given: OwnVariables, name: str) -> bool:
    """Whether a variable says something, and not its default."""
    return name in given.model_fields_set and bool(getattr(given, name))


def _fault(loc: tuple[int | str, ...], ctx: Mapping[str, Any], input: str, **_: Any) -> str:  # noqa: A002
    """Say which rule a variable breaks. The names are pydantic's."""
    name = str(loc[0])
    asked = CREDENTIALS.get(name)
    of_file = name in [secret + FILE for secret in (*TOKENS, *FILED)]
    secret = (asked is not None and asked.secret) or name in (*TOKENS, *SECRETS) or of_file
    shown = "***" if secret else repr(without_password(input))
    return f"{name} {ctx['error']}, got {shown}."


def _settings(given: AllVariables) -> Settings:
    return Settings(
        discovery_enabled=given.MINER_DISCOVERY_ENABLED,
        network=given.MINER_NETWORK_CIDR,
        allowed_networks=given.MINER_ALLOWED_NETWORKS,
        poll_interval=given.POLL_INTERVAL_SECONDS,
        snapshot_interval=given.SNAPSHOT_INTERVAL_SECONDS,
        snapshot_retention_hours=given.SNAPSHOT_RETENTION_HOURS,
        power_mode=given.POWER_CONTROL_MODE,
        rated_power=given.RATED_POWER_KW,
        host=given.NETSTAB_HOST,
        port=given.NETSTAB_PORT,
        ems_port=given.EMS_PORT,
        allowed_hosts=given.ALLOWED_HOSTS,
        access=_access(given),
        log_format=given.LOG_FORMAT,
        database_url=_value(given, "DATABASE_URL"),
        reserve_file=_reserve_file(given),
        api_port=given.MINER_API_PORT,
        http_port=given.MINER_HTTP_PORT,
        whatsminer_api_port=given.WHATSMINER_API_PORT,
        credentials={name: _value(given, name) for name in CREDENTIALS},
        awesome_miner=AwesomeMinerSettings(
            given.AWESOME_MINER_URL, _value(given, "AWESOME_MINER_KEY"), given.AWESOME_MINER_CONTROL
        ),
        exposed=tuple(name for name in FILED if (file := _file(given, name)) and file.readable_by_all),
        ems_timeout=given.EMS_TIMEOUT_SECONDS,
        ems_failsafe=given.EMS_FAILSAFE,
        constraints=_constraints(given),
        meter=_meter(given),
        fronts=_fronts(given),
    )


def _file(given: OwnVariables, name: str) -> Filed | None:
    """Return what the file in the place of a variable holds."""
    file: Filed | None = getattr(given, name + FILE, None)
    return file


def _value(given: OwnVariables, name: str) -> str:
    file = _file(given, name)
    return file.value if file else str(getattr(given, name))


def _access(given: OwnVariables) -> AccessSettings:
    return AccessSettings(
        ems_networks=given.EMS_ALLOWED_NETWORKS,
        dashboard_networks=given.DASHBOARD_ALLOWED_NETWORKS,
        ems_tokens=given.EMS_TOKEN or given.EMS_TOKEN_FILE,
        dashboard_tokens=given.DASHBOARD_TOKEN or given.DASHBOARD_TOKEN_FILE,
        viewer_tokens=given.VIEWER_TOKEN or given.VIEWER_TOKEN_FILE,
        proxies=given.TRUSTED_PROXIES,
    )


def _reserve_file(given: OwnVariables) -> Path:
    """Return where the reserve file is: beside an SQLite database, or in the folder that one would be in."""
    if given.RESERVE_FILE:
        return Path(given.RESERVE_FILE).resolve()
    url = _value(given, "DATABASE_URL")
    if url.startswith("postgresql://"):
        return Path("data/netstab.reserve").resolve()
    database = Path(url.removeprefix("sqlite:///")).resolve()
    return database.with_name(f"{database.name}.reserve")


def _constraints(given: OwnVariables) -> Constraints:
    preset, size = PRESETS[given.DISPATCH_PRESET], given.WAKE_BATCH_SIZE
    return Constraints(
        tolerance_percent=given.DISPATCH_TOLERANCE_PERCENT,
        wake_batch_size=preset.wake_batch_size if size is None else size,
        wake_batch_share=preset.wake_batch_share if size is None else 0.0,
        wake_batch_interval=given.WAKE_BATCH_INTERVAL_SECONDS,
        min_on=preset.min_on if given.MIN_ON_SECONDS is None else given.MIN_ON_SECONDS,
        min_off=preset.min_off if given.MIN_OFF_SECONDS is None else given.MIN_OFF_SECONDS,
        frequency_changes_per_hour=given.FREQUENCY_CHANGES_PER_HOUR,
        ramp_up=given.RAMP_UP_KW_PER_SECOND,
        ramp_down=given.RAMP_DOWN_KW_PER_SECOND,
    )


def _meter(given: OwnVariables) -> MeterSettings:
    return MeterSettings(
        url=given.POWER_METER_URL,
        field=given.POWER_METER_FIELD,
        unit=given.POWER_METER_UNIT,
        interval=given.POWER_METER_INTERVAL_SECONDS,
        stale_after=given.POWER_METER_STALE_SECONDS,
        base_power_kw=given.POWER_METER_BASE_KW,
        modbus=ModbusSettings(
            unit_id=given.POWER_METER_MODBUS_UNIT,
            table=given.POWER_METER_MODBUS_TABLE,
            register=given.POWER_METER_MODBUS_REGISTER,
            kind=given.POWER_METER_MODBUS_TYPE,
            word_order=given.POWER_METER_MODBUS_WORD_ORDER,
            scale=given.POWER_METER_MODBUS_SCALE,
        ),
    )


def _fronts(given: AllVariables) -> FrontsSettings:
    return FrontsSettings(
        mqtt=MqttSettings(
            _value(given, "MQTT_URL"), given.MQTT_TOPIC, given.MQTT_DISCOVERY_PREFIX, given.MQTT_CA_FILE
        ),
        modbus=ModbusFrontSettings(given.MODBUS_LISTEN, given.MODBUS_ALLOWED_NETWORKS),
        openadr=OpenAdrSettings(
            vtn_url=given.OPENADR_VTN_URL,
            version=given.OPENADR_VERSION,
            client_id=given.OPENADR_CLIENT_ID,
            client_secret=_value(given, "OPENADR_CLIENT_SECRET"),
            token_url=given.OPENADR_TOKEN_URL,
            program=given.OPENADR_PROGRAM,
            ven_name=given.OPENADR_VEN_NAME,
            targets=given.OPENADR_TARGETS,
            poll=given.OPENADR_POLL_SECONDS,
            simple_percent=given.OPENADR_SIMPLE_PERCENT,
        ),
        s2=S2Settings(given.S2_URL, _value(given, "S2_TOKEN"), given.S2_RESOURCE_ID),
        schedule=ScheduleSettings(
            given.PRICE_UNIT,
            Absence(given.PRICE_MISSING, Seconds(60 * given.PRICE_GRACE_MINUTES)),
            given.SCHEDULE_RETURN_SECONDS,
        ),
        priority=given.EMS_PRIORITY,
    )
