"""The scripts behind the web server: what each does to the miner and prints, right or wrong.

Pure but for the device it is handed. A script answers `ok` whatever happened.
"""

from collections.abc import Callable
from typing import NamedTuple

from netstab.simulation import api, conf
from netstab.simulation.device import Device
from netstab.simulation.status import chip_hashrates, miner_status, system_info

__all__ = ["CgiAnswer", "answer", "error_page"]


class CgiAnswer(NamedTuple):
    """One answer; `delay` in seconds of physics. `never`: the connection stays open without one."""

    body: str
    status: str = "200 OK"
    content_type: str | None = None
    delay: float = 0.0
    never: bool = False


Script = Callable[[Device, str], CgiAnswer]


def error_page(status: str) -> str:
    """Write lighttpd's page for an error such as `401 Unauthorized`."""
    title = status.replace(" ", " - ", 1)
    return (
        '<?xml version="1.0" encoding="iso-8859-1"?>\n'
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"\n'
        '         "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">\n'
        f" <head>\n  <title>{title}</title>\n </head>\n <body>\n  <h1>{title}</h1>\n </body>\n</html>"
    )


def answer(device: Device, method: str, path: str, body: str) -> CgiAnswer:
    """Run the script at `path`; an unknown one is the web server's 404 page."""
    scripts = _STOCK if device.unit.stock else _VNISH
    script = scripts.get(path.removeprefix("/cgi-bin/"))
    text = f"{method} {path} {body}".rstrip()
    device.note("web", text, command=script is not None and script not in _READS)
    if script is None:
        return CgiAnswer(error_page("404 Not Found"), "404 Not Found", "text/html")
    return _as_served(script(device, body))


def _as_served(printed: CgiAnswer) -> CgiAnswer:
    """Answer 500 for a script that printed nothing, as lighttpd does; what the script did is done."""
    silent = not printed.body and not printed.never
    return printed._replace(status="500 Internal Server Error") if silent else printed


def _get_system_info(device: Device, _form: str) -> CgiAnswer:
    return CgiAnswer(system_info(device))


def _get_miner_status(device: Device, _form: str) -> CgiAnswer:
    return CgiAnswer(miner_status(device))


def _get_miner_conf(device: Device, _form: str) -> CgiAnswer:
    return CgiAnswer(device.conf)


def _check(_device: Device, _form: str) -> CgiAnswer:
    return CgiAnswer("1\n")


def _chip_hr(device: Device, _form: str) -> CgiAnswer:
    return CgiAnswer(chip_hashrates(device), content_type="application/octet-stream")


def _set_miner_conf_custom(device: Device, form: str) -> CgiAnswer:
    presave = conf.fields(form)["presave"]
    if presave != "2":  # 2 writes a file for deployment elsewhere
        device.store(conf.custom_conf(form))
    if presave not in ("1", "2"):
        device.miner.restart()
    return CgiAnswer("ok\n", delay=device.miner.profile.script)


def _set_miner_conf(device: Device, form: str) -> CgiAnswer:
    device.store(conf.sed_pools(device.conf, form))
    device.miner.restart()
    return CgiAnswer("ok\n", delay=device.miner.profile.script)


def _set_miner_confstok(device: Device, form: str) -> CgiAnswer:
    device.store(conf.rewritten_stock_conf(form))
    device.miner.restart()
    return CgiAnswer("ok\n", delay=device.miner.profile.script)


def _do_sleep_mode(device: Device, form: str) -> CgiAnswer:
    mode = form.partition("&")[0]
    said = ""
    if mode == "mode=1" and device.miner.api_answers:
        said = api.run_text(device, "dosleep|1") + "\0"
    if mode == "mode=0":
        device.miner.wake()
    return CgiAnswer(said + "OK\n")


def _stop_bmminer(device: Device, _form: str) -> CgiAnswer:
    device.miner.stop()
    return CgiAnswer("ok")


def _kill_bmminer(device: Device, _form: str) -> CgiAnswer:
    device.miner.kill()
    return CgiAnswer("ok")


def _reboot_cgminer(device: Device, _form: str) -> CgiAnswer:
    device.miner.restart()
    return CgiAnswer("", never=True)  # the new process inherits the script's pipe and keeps it open


def _reboot(device: Device, _form: str) -> CgiAnswer:
    device.miner.reboot()
    return CgiAnswer("Reboot\n")


def _reset_conf(device: Device, _form: str) -> CgiAnswer:
    device.store(conf.factory(device.unit))
    device.miner.factory_reset()
    return CgiAnswer("")


def _find_mode(device: Device, form: str) -> CgiAnswer:
    device.find_mode = form.partition("&")[0] == "mode=1"
    return CgiAnswer("Enabled\n" if device.find_mode else "Disabled\n")


def _switch(device: Device, form: str) -> CgiAnswer:
    pool = form.removeprefix("topool=")
    if device.miner.api_answers:
        api.run_text(device, f"switchpool|{pool}")
    return CgiAnswer(f"Switch to pool {pool}\n")


def _volt(device: Device, form: str) -> CgiAnswer:
    if device.miner.api_answers:
        api.run_text(device, f"volt|{form.removeprefix('voltage=')}")
    return CgiAnswer("Set new voltage \n")


_COMMON: dict[str, Script] = {
    "get_system_info.cgi": _get_system_info,
    "get_miner_status.cgi": _get_miner_status,
    "get_miner_conf.cgi": _get_miner_conf,
    "kill_bmminer.cgi": _kill_bmminer,
    "reboot.cgi": _reboot,
    "reset_conf.cgi": _reset_conf,
}
_STOCK = _COMMON | {"set_miner_conf.cgi": _set_miner_confstok}
_VNISH = _COMMON | {
    "check.cgi": _check,
    "chip_hr.json": _chip_hr,
    "do_sleep_mode.cgi": _do_sleep_mode,
    "find_mode.cgi": _find_mode,
    "reboot_cgminer.cgi": _reboot_cgminer,
    "set_miner_conf.cgi": _set_miner_conf,
    "set_miner_conf_custom.cgi": _set_miner_conf_custom,
    "set_miner_confstok.cgi": _set_miner_confstok,
    "stop_bmminer.cgi": _stop_bmminer,
    "switch.cgi": _switch,
    "volt.cgi": _volt,
}
_READS = frozenset({_get_system_info, _get_miner_status, _get_miner_conf, _check, _chip_hr})
