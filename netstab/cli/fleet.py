"""`netstab status`, `miners` and `history`: what a running server shows."""

import argparse
import time
from collections.abc import Mapping
from typing import Any

from events.state import Source
from netstab.cli.printing import print_json, print_table
from netstab.cli.remote import add_call, seconds
from netstab.client.calls import Client

__all__ = ["add_parser"]

_API = "/dashboard/api"


def add_parser(subparsers: Any) -> None:
    status = add_call(subparsers, "status", "show the state of the fleet that a server steers", _status)
    status.add_argument(
        "--watch", type=seconds, metavar="S", help="show it again every so many seconds, until Ctrl-C"
    )
    miners = add_call(subparsers, "miners", "list the miners", _miners)
    miners.add_argument(
        "--faulty", action="store_true", help="only those that are offline or report an error"
    )
    history = add_call(subparsers, "history", "list the newest commands, the newest first", _history)
    history.add_argument("--limit", type=int, default=20, metavar="N", help="how many (20)")
    history.add_argument("--source", choices=[*Source], help="only of this source")
    history.add_argument("--command", dest="kind", help="only these, such as activate")
    history.add_argument("--miner", help="only those that concern this miner")
    history.add_argument("--since", metavar="TIME", help="from this time on, in RFC 3339")
    history.add_argument("--until", metavar="TIME", help="before this time")
    history.add_argument("--refused", action="store_true", help="only those that were refused")


def _status(client: Client, options: argparse.Namespace) -> None:
    while True:
        answer = client.call("GET", f"{_API}/status")
        print_json(answer) if options.json else _print_status(answer)
        if options.watch is None:
            return
        time.sleep(options.watch)


def _print_status(answer: Mapping[str, Any]) -> None:
    get = answer.get
    override = "none"
    if get("manual_override_active"):
        target = get("override_target_power_kw")
        override = "all miners stopped" if target is None else f"{target} kW"
    target = get("target_power_kw")
    rows = [
        ("state", get("state")),
        ("takes the EMS's orders", "yes" if get("is_available_for_dispatch") else "no"),
        ("target", "none" if target is None else f"{target} kW"),
        ("active power", f"{get('active_power_kw')} of {get('rated_power_kw')} kW"),
        (
            "miners",
            f"{get('mining_miners')} mining, {get('online_miners')} online, {get('total_miners')} registered",
        ),
        ("override", override),
        ("power mode", get("power_control_mode")),
        ("last EMS command", get("last_ems_command")),
        ("as of", get("last_update")),
    ]
    print_table(("", ""), [*rows, *(("error", each) for each in get("errors", ()))])


def _miners(client: Client, options: argparse.Namespace) -> None:
    found = client.read_list(f"{_API}/miners")
    if options.faulty:
        found = [miner for miner in found if miner.get("error") or not miner.get("is_online")]
    if options.json:
        print_json(found)
        return
    titles = ("miner", "name", "condition", "kW", "rated kW", "target kW", "error")
    names = ("power_kw", "rated_power_kw", "target_power_kw", "error")
    print_table(
        titles,
        (
            (miner.get("miner_id"), miner.get("name"), _condition(miner), *map(miner.get, names))
            for miner in found
        ),
    )


def _condition(miner: Mapping[str, Any]) -> str:
    if not miner.get("is_online"):
        return "offline"
    return "mining" if miner.get("is_mining") else "online"


def _history(client: Client, options: argparse.Namespace) -> None:
    asked = {
        "limit": options.limit,
        "source": options.source,
        "command": options.kind,
        "miner_id": options.miner,
        "since": options.since,
        "until": options.until,
        "success": "false" if options.refused else None,
    }
    answer = client.call("GET", f"{_API}/history", query=asked)
    if options.json:
        print_json(answer)
        return
    print_table(("time", "source", "command", "done", "what"), map(_told, answer.get("commands", ())))


def _told(command: Mapping[str, Any]) -> tuple[object, ...]:
    done = "yes" if command.get("success") else "refused"
    return (*map(command.get, ("timestamp", "source", "command")), done, command.get("message"))
