"""`netstab activate`, `deactivate`, `override` and `limits`: orders to a running server. None asks back."""

import argparse
from math import isfinite
from typing import Any
from urllib.parse import quote

from netstab.cli.printing import print_json, print_table
from netstab.cli.remote import add_call, tell
from netstab.client.calls import Client

__all__ = ["add_parser"]

_LIMITS = "/dashboard/api/limits"


def add_parser(subparsers: Any) -> None:
    activate = add_call(subparsers, "activate", "order a power, as the EMS does", _activate)
    activate.add_argument("power", type=_kilowatts, metavar="KW", help="target in kW")
    add_call(subparsers, "deactivate", "send all miners to sleep, as the EMS does", _deactivate)
    override = add_call(subparsers, "override", "take command from the EMS, or give it back", _override)
    override.add_argument(
        "target",
        type=_override_target,
        metavar="KW|off|stop",
        help="target in kW, or stop all miners, or off",
    )
    _add_limits(subparsers)


def _add_limits(subparsers: Any) -> None:
    limits = subparsers.add_parser("limits", help="show, set and clear limits of what may be drawn")
    actions = limits.add_subparsers(required=True, metavar="action")
    add_call(actions, "list", "show the limits in force", _list)
    setting = add_call(actions, "set", "say what may be drawn at most", _set)
    setting.add_argument("source", help="who says so: a name of up to 64 letters, digits, . - _")
    setting.add_argument("power", type=_kilowatts, metavar="KW", help="the limit in kW")
    setting.add_argument("--until", metavar="TIME", help="when it ends by itself, in RFC 3339")
    clearing = add_call(actions, "clear", "lift a source's limit", _clear)
    clearing.add_argument("source", help="whose limit")


def _kilowatts(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError
    return value


_kilowatts.__name__ = "power in kW"


def _override_target(text: str) -> dict[str, Any]:
    """Return what is posted: `off` gives command back, `stop` has no target."""
    if text == "off":
        return {"enabled": False}
    return {"enabled": True, "target_power_kw": None if text == "stop" else _kilowatts(text)}


_override_target.__name__ = "power in kW, off or stop"


def _activate(client: Client, options: argparse.Namespace) -> None:
    tell(client, options, "POST", "/api/activate", {"activationPowerInKw": options.power})


def _deactivate(client: Client, options: argparse.Namespace) -> None:
    tell(client, options, "POST", "/api/deactivate", {})


def _override(client: Client, options: argparse.Namespace) -> None:
    tell(client, options, "POST", "/dashboard/api/override", options.target)


def _list(client: Client, options: argparse.Namespace) -> None:
    answer = client.call("GET", _LIMITS)
    if options.json:
        print_json(answer)
        return
    names = ("source", "power_kw", "until", "since")
    print_table(
        ("source", "kW", "until", "since"),
        ([each.get(name) for name in names] for each in answer.get("limits", ())),
    )


def _set(client: Client, options: argparse.Namespace) -> None:
    body = {"power_kw": options.power} | ({"until": options.until} if options.until else {})
    tell(client, options, "PUT", _path(options.source), body)


def _clear(client: Client, options: argparse.Namespace) -> None:
    tell(client, options, "DELETE", _path(options.source))


def _path(source: str) -> str:
    return f"{_LIMITS}/{quote(source, safe='')}"
