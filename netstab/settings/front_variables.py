"""The variables of the ways in beside HTTP: names, readers, what stands for them, what they mean."""

from typing import Annotated

from pydantic import PlainValidator
from pydantic_settings import BaseSettings

from netstab.schedules.prices import Missing
from netstab.settings import front_readers, readers
from netstab.settings.access import ClientNetwork
from netstab.settings.fields import Filed, filed, or_default
from netstab.settings.fronts import OpenAdrVersion, PriceUnit
from netstab.units import Seconds

__all__ = ["FRONT_SECRETS", "FRONT_URLS", "FrontVariables"]

FRONT_SECRETS = ("OPENADR_CLIENT_SECRET", "S2_TOKEN")
"""Those whose value is never shown; each may be in a file as well."""

FRONT_URLS = ("MQTT_URL",)
"""Those that may hold a password; each may be in a file as well."""


class FrontVariables(BaseSettings):
    """What they say, under their own names."""

    EMS_PRIORITY: Annotated[tuple[str, ...], PlainValidator(front_readers.priority)] = or_default(
        "rest,modbus,mqtt,s2,openadr,schedule", "whose setpoint is in force where several ways in give one"
    )
    MQTT_URL: Annotated[str, PlainValidator(front_readers.url("mqtt", "mqtts", path=False))] = or_default(
        "", "the MQTT broker: mqtt://user:password@host:1883, or mqtts:// over TLS; empty without one"
    )
    MQTT_URL_FILE: Annotated[Filed | None, filed(front_readers.url("mqtt", "mqtts", path=False))] = (
        or_default("", "file that holds MQTT_URL, in its place")
    )
    MQTT_TOPIC: Annotated[str, PlainValidator(front_readers.topic)] = or_default(
        "netstab/site1", "what the topics of this fleet begin with"
    )
    MQTT_DISCOVERY_PREFIX: Annotated[str, PlainValidator(front_readers.topic_or_none)] = or_default(
        "homeassistant", "where Home Assistant looks for devices; empty announces nothing"
    )
    MQTT_CA_FILE: Annotated[str, PlainValidator(readers.file_name)] = or_default(
        "", "file with the authority that vouches for the broker; empty for those that the system knows"
    )
    MODBUS_LISTEN: Annotated[tuple[str, int] | None, PlainValidator(front_readers.listen)] = or_default(
        "", "address and port of the Modbus TCP server, such as 127.0.0.1:502; empty without one"
    )
    MODBUS_ALLOWED_NETWORKS: Annotated[tuple[ClientNetwork, ...], PlainValidator(readers.some_networks)] = (
        or_default(
            "127.0.0.0/8,::1/128", "address blocks whose Modbus clients are served; Modbus has no password"
        )
    )
    OPENADR_VTN_URL: Annotated[str, PlainValidator(front_readers.url("http", "https"))] = or_default(
        "", "the OpenADR 3 VTN: https://host/openadr3/3.1.0; empty without one"
    )
    OPENADR_VERSION: Annotated[OpenAdrVersion, PlainValidator(readers.choice(OpenAdrVersion))] = or_default(
        "3.1.0", "the release of OpenADR that it speaks: 3.0.1 or 3.1.0"
    )
    OPENADR_CLIENT_ID: Annotated[str, PlainValidator(readers.credential)] = or_default(
        "", "the client that this VEN is to it; empty if it asks for no token"
    )
    OPENADR_CLIENT_SECRET: Annotated[str, PlainValidator(readers.credential)] = or_default(
        "", "the secret of that client"
    )
    OPENADR_CLIENT_SECRET_FILE: Annotated[Filed | None, filed(readers.credential)] = or_default(
        "", "file that holds OPENADR_CLIENT_SECRET, in its place"
    )
    OPENADR_TOKEN_URL: Annotated[str, PlainValidator(front_readers.url("http", "https"))] = or_default(
        "", "where tokens are had; empty asks the VTN"
    )
    OPENADR_PROGRAM: Annotated[str, PlainValidator(readers.credential)] = or_default(
        "", "the program whose events count, by its name; empty takes those of all"
    )
    OPENADR_VEN_NAME: Annotated[str, PlainValidator(readers.text)] = or_default(
        "netstab", "the name of this VEN"
    )
    OPENADR_TARGETS: Annotated[tuple[str, ...], PlainValidator(front_readers.words)] = or_default(
        "", "targets that events are asked for by, with commas between them"
    )
    OPENADR_POLL_SECONDS: Annotated[Seconds, PlainValidator(readers.number(1, 3600))] = or_default(
        "30", "seconds between two polls of the VTN"
    )
    OPENADR_SIMPLE_PERCENT: Annotated[
        tuple[float, float, float], PlainValidator(front_readers.falling_percents)
    ] = or_default("75,50,0", "what the SIMPLE levels 1, 2 and 3 leave, in percent of rated power")
    S2_URL: Annotated[str, PlainValidator(front_readers.url("ws", "wss"))] = or_default(
        "", "the S2 energy manager's WebSocket: ws://host:port/path or wss://…; empty without one"
    )
    S2_TOKEN: Annotated[str, PlainValidator(readers.credential)] = or_default(
        "", "token that is shown to it; empty if it asks for none"
    )
    S2_TOKEN_FILE: Annotated[Filed | None, filed(readers.credential)] = or_default(
        "", "file that holds S2_TOKEN, in its place"
    )
    S2_RESOURCE_ID: Annotated[str, PlainValidator(front_readers.resource_id)] = or_default(
        "", "the UUID that the fleet has there; empty makes one of the host's name"
    )
    SCHEDULE_RETURN_SECONDS: Annotated[Seconds, PlainValidator(readers.number(0, 3600))] = or_default(
        "60", "seconds within which a site returns after a scheduled limit, so that not all do together"
    )
    PRICE_UNIT: Annotated[PriceUnit, PlainValidator(readers.choice(PriceUnit))] = or_default(
        "kWh", "what prices are given in: currency per kWh or per MWh, or cents per kWh"
    )
    PRICE_MISSING: Annotated[Missing, PlainValidator(readers.choice(Missing))] = or_default(
        "schedule", "what holds without a price: the schedule alone, hold (what held before), or standby"
    )
    PRICE_GRACE_MINUTES: Annotated[float, PlainValidator(readers.number(0, 1440))] = or_default(
        "15", "minutes that the last price counts on before one counts as missing"
    )
