"""The answers of an Antminer's web server to values. Pure.

The scripts behind it answer 200 whatever happened, so only the body counts.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from netstab.devices.antminer import reading as figures
from netstab.devices.antminer.loose_json import has_missing_value, parse, plausible
from netstab.devices.antminer.naming import model_name
from netstab.devices.models import model_named
from netstab.devices.port import Reading
from netstab.errors import MalformedAnswer, NotAMiner, ProcessStopped, Unauthorized

__all__ = [
    "content",
    "has_chip_rates",
    "parse_miner_status",
    "parse_system_info",
    "printed_nothing",
    "process_boots",
    "process_runs",
    "sleep_was_refused",
    "status_reading",
    "stopped_reading",
]

_REALM = re.compile(r'\brealm="antMiner Configuration"')
_HTML = re.compile(rb"\s*<(?:!doctype|html|\?xml)", re.IGNORECASE)
_REFUSAL = re.compile(rb"STATUS=[EF],")


def content(status: int, challenge: str, body: bytes) -> bytes:
    """Return the body of a miner's answer. `challenge` is the `WWW-Authenticate` header, "" if none."""
    if status == 401 and _REALM.search(challenge):
        raise Unauthorized("The miner refuses our user name and password: they were changed on it.")
    if status >= 500:
        raise MalformedAnswer(f"The miner's web server failed with status {status}.")
    if status != 200 or _HTML.match(body):
        raise NotAMiner(f"The web server there (status {status}) is not an Antminer's.")
    return body


def printed_nothing(status: int, body: bytes) -> bool:
    """Tell whether a script ran and printed nothing, which this web server answers with a bare 500."""
    return status == 500 and not body


def parse_system_info(body: bytes) -> dict[str, Any]:
    """Read `get_system_info.cgi`; its `minertype` may hold a newline and says little of the firmware."""
    system = parse(body)
    if not isinstance(system.get("minertype"), str):
        raise NotAMiner("What answers there has no miner type.")
    return system


def process_runs(system: Mapping[str, Any]) -> bool:
    """Tell by the system information whether the mining process runs: the scripts ask it for its version."""
    refused = str(system.get("ant_hwv", "")).startswith("Socket connect failed")
    return process_boots(system) or (bool(system.get("bmminer_version")) and not refused)


def process_boots(system: Mapping[str, Any]) -> bool:
    """Tell whether the mining process took the scripts' question and gave no answer, as at its start."""
    return system.get("ant_hwv") == system.get("bmminer_version") == ""


def parse_miner_status(body: bytes) -> dict[str, Any]:
    """Read `get_miner_status.cgi`.

    Without a mining process the script leaves values out (`"summary": ,`): that is `ProcessStopped`.
    """
    try:
        return parse(body)
    except MalformedAnswer:
        if has_missing_value(body):
            raise ProcessStopped("The miner's status page is empty: no mining process runs.") from None
        raise


def status_reading(status: Mapping[str, Any], type_name: str) -> Reading:
    """Make a reading of a status page. It always lists three boards; absent ones have no chips."""
    summary = status.get("summary")
    totals = summary if isinstance(summary, dict) else {}
    devices = status.get("devs")
    chains = [chain for chain in devices if isinstance(chain, dict)] if isinstance(devices, list) else []
    first = chains[0] if chains else {}
    return figures.reading(
        [(int(plausible(chain.get("index"), 0, 255) or 0), chain) for chain in chains],
        total_now=totals.get("ghs5s"),
        frequency=_common_frequency(chains),
        elapsed=totals.get("elapsed"),
        fans=figures.fan_speeds(first),
        model=model_named(model_name(type_name)),
    )


def _common_frequency(chains: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the machine's frequency: the page has one for each board, and they need not be the same."""
    found = (plausible(chain.get("freq"), 50, 1500) for chain in chains)
    frequencies = {frequency for frequency in found if frequency}
    return frequencies.pop() if len(frequencies) == 1 else None


def stopped_reading(type_name: str) -> Reading:
    """Make the reading of a miner whose web server says that no mining process runs."""
    return figures.stopped(model_named(model_name(type_name)))


def has_chip_rates(body: bytes) -> bool:
    """Tell whether a page is the file of chips' rates that only Vnish writes."""
    return "chiphr" in parse(body)


def sleep_was_refused(body: bytes) -> bool:
    """Tell whether the API refused `dosleep`: the script prints `OK` after whatever the API said."""
    return bool(_REFUSAL.search(body))
