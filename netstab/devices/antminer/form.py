"""The positional form that rewrites an S9's configuration on Vnish, and what its script makes of it. Pure.

The device's script ignores field names and answers `ok` to anything: a form that is not whole wipes pools.
What it has no field for it drops, and the API it opens to everybody: that is refused before it is written.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from netstab.devices.antminer.configuration import Configuration, pools_of
from netstab.devices.antminer.tuning import EVEN_CHIPS
from netstab.errors import CommandRefused, ConfigurationUnwritable

__all__ = ["differences", "encode_form", "form_fields", "refuse_loss"]

# Form field, configuration key, and what the device's own web interface sends where the key is absent.
_SETTINGS = (
    ("nobeeper", "bitmain-nobeeper", "false"),
    ("notempoverctrl", "bitmain-notempoverctrl", "false"),
    ("fan_customize_switch", "bitmain-fan-ctrl", "false"),
    ("fan_customize_value", "bitmain-fan-pwm", "100"),
    ("freq", "bitmain-freq", "650"),
    ("freq1", "bitmain-freq1", "0"),
    ("freq2", "bitmain-freq2", "0"),
    ("freq3", "bitmain-freq3", "0"),
    ("voltage", "bitmain-voltage", "0"),
    ("voltage1", "bitmain-voltage1", "0"),
    ("voltage2", "bitmain-voltage2", "0"),
    ("voltage3", "bitmain-voltage3", "0"),
    ("fan_rpm_off", "bitmain-fan-rpm-off", "0"),
    ("chip_freq", "bitmain-chip-freq", EVEN_CHIPS),
    ("autodownscale", "bitmain-autodownscale", "false"),
    ("autodownscale_watch", "bitmain-autodownscale-watch", "false"),
    ("autodownscale_watchtimer", "bitmain-autodownscale-watchtimer", "false"),
    ("autodownscale_timer", "bitmain-autodownscale-timer", "1"),
    ("autodownscale_after", "bitmain-autodownscale-after", "120"),
    ("autodownscale_step", "bitmain-autodownscale-step", "2"),
    ("autodownscale_min", "bitmain-autodownscale-min", "650"),
    ("autodownscale_prec", "bitmain-autodownscale-prec", "75"),
    ("autodownscale_profile", "bitmain-autodownscale-profile", "0"),
    ("minhr", "bitmain-minhr", "0"),
    ("asicboost", "asicboost", "false"),
    ("tempoff", "bitmain-tempoff", "0"),
    ("altdf", "altdf", "true"),
    ("presave", "", "0"),  # no setting but the script's mode: 0 restarts the process, 1 only saves
    ("name", "", "0"),
    ("warn", "bitmain-autodownscale-hw", "0"),
    ("maxx", "bitmain-maxx", "0"),
    ("trigger_reboot", "bitmain-trigger-reboot", "0"),
    ("target_temp", "bitmain-target-temp", "0"),
    ("silentstart", "bitmain-silentstart", "false"),
    ("altdfno", "altdfno", "0"),
    ("autodownscale_reboot", "bitmain-autodownscale-reboot", "false"),
    ("hotel_fee", "hotel-fee", "false"),
    ("lpm_mode", "lpm-mode", "false"),
    ("dchain5", "dchain5", "false"),
    ("dchain6", "dchain6", "false"),
    ("dchain7", "dchain7", "false"),
)
_POOL_FIELDS = (("url", "url"), ("user", "user"), ("pw", "pass"))
_MOST_POOLS = 3
_KEYS = {key: absent for _, key, absent in _SETTINGS if key}
_WRITTEN_ALWAYS = {
    "api-listen": "true",
    "api-network": "true",
    "api-groups": "A:stats:pools:devs:summary:version",
    "api-allow": "W:0/0",
    "bitmain-use-vil": "true",
    "multi-version": "1",
}
_WATCH_TIMER = "bitmain-autodownscale-watchtimer"
_SWITCH = ("true", "false")
_MOST_NAMED, _LONGEST_NAME = 6, 40

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_DECODED = frozenset("#$%&,+:;<=>?@[]^{|}/")  # the only escapes that the device's script undoes
_ESCAPED = re.compile("%[0-9A-Fa-f]{2}")


def form_fields(conf: Configuration, *, restart: bool = True) -> tuple[tuple[str, str], ...]:
    """Return the 50 fields of `set_miner_conf_custom.cgi` in the one order that the script understands.

    `restart` has the script restart the mining process, which also starts one that is stopped.
    Raises `ConfigurationUnwritable` where a value is missing, or is none: it would be written as text.
    """
    values = [(name, _setting(conf, key, absent)) for name, key, absent in _SETTINGS]
    fields = dict([*_pool_fields(conf), *values])
    if not restart:
        fields["presave"] = "1"
    return tuple((f"_ant_{name}", value) for name, value in fields.items())


def encode_form(fields: tuple[tuple[str, str], ...]) -> bytes:
    """Write a form's body. Raises `CommandRefused` for what the device would store otherwise."""
    return "&".join(f"{name}={_encoded(name, value)}" for name, value in fields).encode("ascii")


def differences(meant: Configuration, found: Configuration) -> tuple[str, ...]:
    """Name the fields in which two configurations differ; never their values, for pools have passwords."""
    pairs = zip(form_fields(meant), form_fields(found), strict=True)
    return tuple(wanted[0].removeprefix("_ant_") for wanted, stored in pairs if wanted != stored)


def refuse_loss(conf: Configuration) -> None:
    """Refuse a configuration that the script would not store as it is; keys are named, never values.

    Raises `ConfigurationUnwritable`.
    """
    lost = list(_lost(conf))
    if not lost:
        return
    named = ", ".join(name[:_LONGEST_NAME] for name in lost[:_MOST_NAMED])
    more = f" and {len(lost) - _MOST_NAMED} more" if len(lost) > _MOST_NAMED else ""
    opened = "; its API would be opened to the whole network" if "api-allow" in lost else ""
    raise ConfigurationUnwritable(
        f"The firmware would drop or change what this miner has configured ({named}{more}){opened}: "
        "its configuration is left as it is, and may be changed in its own web page."
    )


def _lost(conf: Configuration) -> Iterator[str]:
    for key, value in conf.items():
        if key == "pools":
            yield from _lost_pools(pools_of(conf))
        elif key in _WRITTEN_ALWAYS:
            if _switch(key, value) != _WRITTEN_ALWAYS[key]:
                yield key
        elif key not in _KEYS and key != "bitmain-fan-pwm":
            yield key
    if _setting(conf, "bitmain-fan-ctrl", "false") != "true" and conf.get("bitmain-fan-pwm", "100") != "100":
        yield "bitmain-fan-pwm"  # written only with a fan under control
    if _WATCH_TIMER in conf and conf[_WATCH_TIMER] not in (True, False, None, *_SWITCH):
        yield _WATCH_TIMER


def _lost_pools(pools: list[Mapping[str, Any]]) -> Iterator[str]:
    if len(pools) > _MOST_POOLS:
        yield f"pool {_MOST_POOLS + 1}"
    known = {key for _, key in _POOL_FIELDS}
    for place, pool in enumerate(pools, start=1):
        yield from (f"pool {place} {key}" for key in pool.keys() - known)


def _pool_fields(conf: Configuration) -> list[tuple[str, str]]:
    stored = conf.get("pools")
    if not isinstance(stored, list) or len(stored) != len(pools_of(conf)):
        raise _missing("pools")
    blank = {key: "" for _, key in _POOL_FIELDS}
    pools = [*pools_of(conf), *[blank] * _MOST_POOLS][:_MOST_POOLS]
    return [
        (f"pool{place}{name}", _text(f"pool {place} {key}", pool.get(key)))
        for place, pool in enumerate(pools, start=1)
        for name, key in _POOL_FIELDS
    ]


def _setting(conf: Configuration, key: str, absent: str) -> str:
    value = conf.get(key, absent)
    if absent not in _SWITCH:
        return _text(key, value)
    text = _switch(key, value)
    if key == _WATCH_TIMER and text not in _SWITCH:
        return "true"  # as the device's own web interface has it
    if text not in _SWITCH:
        raise _missing(key)
    return text


def _switch(key: str, value: object) -> str:
    """Return a switch as the file has it; one without a value is off."""
    return str(bool(value)).lower() if value is None or isinstance(value, bool) else _text(key, value)


def _text(name: str, value: object) -> str:
    """Return a value as the file has it; what is no value at all is never written as text."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    raise _missing(name)


def _missing(name: str) -> ConfigurationUnwritable:
    return ConfigurationUnwritable(
        f"The miner's stored configuration has no usable value for {name[:_LONGEST_NAME]}: "
        "set it anew in the miner's own web page."
    )


def _encoded(name: str, value: str) -> str:
    if _ESCAPED.search(value):
        raise CommandRefused(f"The miner would decode the field {name} twice: it holds a % with two digits.")
    return "".join(_encoded_character(name, character) for character in value)


def _encoded_character(name: str, character: str) -> str:
    if character in _PLAIN:
        return character
    if character == " ":
        return "+"
    if character in _DECODED:
        return f"%{ord(character):02X}"
    raise CommandRefused(f"The miner cannot store the character {character!r} of the field {name}.")
