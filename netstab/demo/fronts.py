"""What the fronts of a demonstration talk to, on loopback: a broker where one is installed, and a VTN."""

import shutil
import subprocess  # nosec B404  # the broker is a program
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from netstab.simulation.servers import bound_everywhere
from netstab.simulation.vtn import SimulatedVtn

__all__ = ["Counterparts", "counterparts"]

_PLACES = "/usr/sbin:/usr/local/sbin"
"""Where Debian has the broker, beside the path."""

_EVENT_IN, _EVENT_FOR = timedelta(minutes=2), "PT1M"
_ENDS_WITHIN = 5.0


@dataclass(frozen=True, slots=True)
class Counterparts:
    """What the server is told of them, and whoever watches."""

    settings: dict[str, str]
    words: tuple[str, ...]


@contextmanager
def counterparts(folder: Path) -> Iterator[Counterparts]:
    """Run them."""
    with ExitStack() as stack:
        modbus, vtn = _port(stack), stack.enter_context(SimulatedVtn())
        _fill(vtn)
        settings = {
            "MODBUS_LISTEN": f"127.0.0.1:{modbus}",
            "OPENADR_VTN_URL": vtn.url,
            "OPENADR_POLL_SECONDS": "5",
        }
        words = [
            f"Modbus TCP and SunSpec: 127.0.0.1:{modbus}, any unit id.",
            f"OpenADR 3.1: the VTN {vtn.url} leaves half of rated power for a minute, in two minutes.",
        ]
        if (program := _mosquitto()) is None:
            words.append("MQTT: no mosquitto is installed, so that there is no broker.")
        else:
            port = _port(stack)
            stack.enter_context(_broker(program, port, folder))
            settings["MQTT_URL"] = f"mqtt://127.0.0.1:{port}"
            words += [
                f"MQTT: mosquitto_sub -p {port} -t '#' -v",
                f"      mosquitto_pub -p {port} -q 1 -t netstab/site1/run/set -m ON",
                f"      mosquitto_pub -p {port} -q 1 -t netstab/site1/target/set -m 1.5",
            ]
        yield Counterparts(settings, tuple(words))


def _port(stack: ExitStack) -> int:
    """Keep a port that is free for whoever will listen on it."""
    return int(stack.enter_context(bound_everywhere(0)).getsockname()[1])


def _mosquitto() -> str | None:
    return shutil.which("mosquitto") or shutil.which("mosquitto", path=_PLACES)


@contextmanager
def _broker(program: str, port: int, folder: Path) -> Iterator[None]:
    """Run a broker that keeps nothing and takes everybody of this host."""
    configuration = folder / "mosquitto.conf"
    lines = (f"listener {port} 127.0.0.1", "allow_anonymous true", "persistence false", "log_type error")
    configuration.write_text("\n".join(lines) + "\n")
    command = [program, "-c", str(configuration)]
    # in a session of its own: Ctrl-C is to end the server first
    process = subprocess.Popen(command, start_new_session=True)  # noqa: S603  # nosec B603  # of this host
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _fill(vtn: SimulatedVtn) -> None:
    """Announce one event, as an aggregator would."""
    program = vtn.make("programs", {"programName": "demonstration"})
    start = (datetime.now(UTC) + _EVENT_IN).isoformat(timespec="seconds").replace("+00:00", "Z")
    payload: dict[str, Any] = {"type": "SIMPLE", "values": [2]}
    vtn.make(
        "events",
        {
            "programID": program["id"],
            "eventName": "moderate shed",
            "intervalPeriod": {"start": start, "duration": _EVENT_FOR},
            "intervals": [{"id": 0, "payloads": [payload]}],
        },
    )
