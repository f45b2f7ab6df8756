"""The mining process's API on port 4028: request bytes to answer bytes, and what commands do to the miner.

Pure but for the device it is handed. Transport, and that nothing answers, are the servers' business.
"""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from netstab.simulation import conf
from netstab.simulation.device import Device
from netstab.simulation.sections import devices, dialect, pool_list, pools, summary, version
from netstab.simulation.stats import stats

__all__ = ["answer", "run_text"]


class Answer(NamedTuple):
    """One answer: STATUS letter, code and message, and the section that follows, as JSON text."""

    status: str
    code: int
    message: str
    section: str = ""
    body: str = ""


def answer(device: Device, request: bytes) -> bytes:
    """Answer one request; a first byte `{` selects JSON. The answer ends with its NUL."""
    text = request.decode("utf-8", "replace").strip("\n\0 ")
    if text.startswith("{"):
        return _answer_json(device, text).encode() + b"\0"
    _note(device, *text.partition("|")[::2])
    return run_text(device, text).encode() + b"\0"


def run_text(device: Device, text: str) -> str:
    """Run a command in its text form, `name|parameter`, and give the text answer."""
    name, _, parameter = text.partition("|")
    return _in_text(device, _run(device, name, parameter))


def _answer_json(device: Device, text: str) -> str:
    try:
        wanted = json.loads(text)
    except ValueError:
        return _in_json(device, Answer("E", 23, "Invalid JSON"))
    if not isinstance(wanted.get("command"), str):
        return _in_json(device, Answer("E", 24, "Missing JSON 'command'"))
    names = wanted["command"].split("+")
    parameter = str(wanted.get("parameter", ""))
    _note(device, wanted["command"], parameter)
    if len(names) == 1:
        return _in_json(device, _run(device, names[0], parameter))
    parts = (f'"{name}":[{_in_json(device, _run_joined(device, name))}]' for name in names)
    return "{" + ",".join(parts) + ',"id":1}'


def _note(device: Device, name: str, parameter: str) -> None:
    device.note("api", f"{name}|{parameter}" if parameter else name, command=name in _CHANGING)


def _run(device: Device, name: str, parameter: str) -> Answer:
    commands = _STOCK if device.unit.stock else _VNISH
    if name not in commands:
        return Answer("E", 14, "Invalid command")
    if not _allowed(device, name):
        return Answer("E", 45, f"Access denied to '{name}' command")
    return commands[name](device, parameter)


def _run_joined(device: Device, name: str) -> Answer:
    if name in _CHANGING:
        return Answer("E", 45, f"Access denied to '{name}' command")
    return _run(device, name, "")


def _allowed(device: Device, name: str) -> bool:
    """Whether `api-allow` opens a command: the first entry for all addresses decides; `*` is none."""
    if name not in _PRIVILEGED:
        return True
    entries = str(device.parsed_conf.get("api-allow", "")).split(",")
    group = next((entry[0] for entry in entries if entry.endswith(":0/0")), "R")
    return group == "W"


def _in_json(device: Device, result: Answer) -> str:
    program = dialect(device)["program"]
    section = f',"{result.section}":[{result.body}]' if result.section else ""
    return (
        f'{{"STATUS":[{{"STATUS":"{result.status}","When":{device.wall_clock},"Code":{result.code},'
        f'"Msg":"{result.message}","Description":"{program}"}}]{section},"id":1}}'
    )


def _in_text(device: Device, result: Answer) -> str:
    program = dialect(device)["program"]
    head = (
        f"STATUS={result.status},When={device.wall_clock},Code={result.code},"
        f"Msg={result.message},Description={program}|"
    )
    listed = json.loads(f"[{result.body.replace('}{', '},{')}]", strict=False)
    return head + "".join(_text_object(result.section, item) for item in listed)


def _text_object(section: str, item: dict[str, Any]) -> str:
    title = "" if section in item or section in ("POOLS", "STATS", "DEVS") else f"{section},"
    return title + ",".join(f"{key}={value}" for key, value in item.items()) + "|"


def _version(device: Device, _parameter: str) -> Answer:
    return Answer("S", 22, f"{dialect(device)['title']} versions", "VERSION", version(device))


def _summary(device: Device, _parameter: str) -> Answer:
    return Answer("S", 11, "Summary", "SUMMARY", summary(device))


def _pools(device: Device, _parameter: str) -> Answer:
    count = len(pool_list(device)) + (0 if device.unit.stock else 2)  # Vnish counts more than it lists
    return Answer("S", 7, f"{count} Pool(s)", "POOLS", pools(device))


def _devs(device: Device, _parameter: str) -> Answer:
    return Answer("S", 9, f"{sum(map(bool, device.unit.chips))} ASC(s)", "DEVS", devices(device))


def _stats(device: Device, _parameter: str) -> Answer:
    return Answer("S", 70, f"{dialect(device)['title']} stats", "STATS", stats(device))


def _config(device: Device, _parameter: str) -> Answer:
    count = len(conf.pools(device.parsed_conf))
    body = f'{{"ASC Count":3,"Pool Count":{count},"Strategy":"Failover","Log Interval":5,"OS":"Linux"}}'
    return Answer("S", 33, f"{dialect(device)['title']} config", "CONFIG", body)


def _privileged(_device: Device, _parameter: str) -> Answer:
    return Answer("S", 46, "Privileged access OK")


def _switchpool(device: Device, parameter: str) -> Answer:
    listed = conf.pools(device.parsed_conf)
    if not parameter.isdigit():
        return Answer("E", 25, "Missing pool id parameter")
    if int(parameter) >= len(listed):
        return Answer("E", 26, f"Invalid pool id {parameter} - range is 0 - {len(listed) - 1}")
    device.active_pool = int(parameter)
    return Answer("S", 27, f"Switching to pool {parameter}:'{listed[int(parameter)]['url']}'")


def _dosleep(device: Device, parameter: str) -> Answer:
    if parameter == "1" and not device.unit.defects.deaf_to_sleep:
        device.miner.sleep()
    return Answer("S", 0, "Sleep mode")  # the real wording was never recorded


def _volt(device: Device, parameter: str) -> Answer:
    if parameter.isdigit() and 790 <= int(parameter) <= 950:
        device.miner.set_voltage(int(parameter) / 100)
    return Answer("S", 0, "Set new voltage")  # likewise


def _end(device: Device, _parameter: str) -> Answer:
    device.miner.kill()  # a watchdog starts it again
    return Answer("S", 0, "BYE")


_STOCK: dict[str, Callable[[Device, str], Answer]] = {
    "version": _version,
    "summary": _summary,
    "pools": _pools,
    "devs": _devs,
    "stats": _stats,
    "config": _config,
    "privileged": _privileged,
    "switchpool": _switchpool,
    "quit": _end,
    "restart": _end,
}
_VNISH = _STOCK | {"dosleep": _dosleep, "volt": _volt}
_CHANGING = frozenset({"switchpool", "quit", "restart", "dosleep", "volt"})
_PRIVILEGED = _CHANGING | {"config", "privileged"}
