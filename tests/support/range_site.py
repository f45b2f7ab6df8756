"""A site of made-up units that take any power of a range, with a server of its own on loopback."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from harness import Controller
from made_up import MadeUpDevice, family, made_up_device
from over_web import server_over_web

from netstab.devices import families
from netstab.devices.antminer.family import UNKNOWN
from netstab.devices.port import Firmware

__all__ = ["range_site"]


@contextmanager
def range_site(
    block: str, units: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Controller, list[MadeUpDevice]]]:
    """Run so many units in an address block such as 127.99.15., on one port; a wake takes a second."""
    # Under a key that the log knows, in the place of a family that the site has none of.
    table = {Firmware.STOCK: family(Firmware.STOCK), Firmware.UNKNOWN: UNKNOWN}
    monkeypatch.setattr(families, "FAMILIES", table)
    with ExitStack() as stack:
        port, devices = 0, []
        for number in range(1, units + 1):
            endpoint, device = stack.enter_context(made_up_device(f"{block}{number}", port, speed=60.0))
            port = endpoint.http_port
            devices.append(device)
        changes = {"POLL_INTERVAL_SECONDS": "0.2"}
        yield stack.enter_context(server_over_web(block, port, folder, changes)), devices
