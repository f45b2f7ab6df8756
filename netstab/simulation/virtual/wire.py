"""What a simulated miner answers when nothing but time lies between it and the product.

The driver asks the same scripts and reads their answers as over sockets; only the poll, which is asked most,
is answered by a short cut that the tests hold against the long way.
"""

import math
from collections.abc import Mapping
from typing import Self

from actors.miner import steps
from actors.miner.state import Send
from netstab.devices.antminer.boards import Chain
from netstab.devices.antminer.reading import reading
from netstab.devices.antminer.s9 import ANTMINER_S9
from netstab.devices.antminer.vnish import VnishDriver
from netstab.devices.families import driver_for
from netstab.devices.port import Endpoint, Firmware, Permit, Reading, always
from netstab.devices.web import Answer, Content, Web
from netstab.errors import DeviceError, PortClosed, TimedOut
from netstab.simulation import cgi as scripts
from netstab.simulation.device import Device, Port
from netstab.simulation.stats import CHAINS, fan_speeds
from netstab.simulation.virtual.device import Order
from netstab.wire.login import Login

__all__ = ["API_POLL", "COMMAND", "FREQUENCY_READS", "WEB_READ", "carry_out", "look", "probe"]

API_POLL, WEB_READ, COMMAND = 3.0, 5.0, 8.0
"""The deadlines of the driver's calls, in seconds."""

FREQUENCY_READS = 3
"""Pages that are read around the writing of a configuration."""


def look(device: Device) -> Reading | PortClosed | None:
    """Ask the API port; None while it accepts and stays silent."""
    if device.api_port is Port.SILENT:
        return None
    if device.api_port is Port.CLOSED:
        return PortClosed(f"{device.miner_id} refuses connections: nothing listens there.")
    return api_reading(device)


def api_reading(device: Device) -> Reading:
    """Return what the driver makes of the answer to `stats`."""
    miner = device.miner
    frequency = round(miner.running.frequency)
    return reading(
        [_chain(device, place) for place in range(ANTMINER_S9.boards) if device.unit.chips[place]],
        total_now=f"{miner.hashrate:.2f}" if miner.hashrate > 0 else "",
        frequency=frequency,
        elapsed=int(miner.elapsed),
        fans=fan_speeds(device),
        model=ANTMINER_S9,
    )


def _chain(device: Device, place: int) -> Chain:
    miner = device.miner
    heat = miner.chip_temperature(place)
    figures = {
        "chain_acn": device.unit.chips[place],
        "freqavg": round(miner.running.frequency, 2),
        "rate": round(miner.board_hashrate(place), 2),
        "temp": max(0, heat - 15),
        "temp2": heat,
    }
    if not device.unit.stock:
        figures["chain_consumption"] = miner.board_power(place)
        figures["chain_vol"] = round(miner.running.voltage * 100)
    return CHAINS[place], figures


class _VirtualWeb(Web):
    """One miner's web server without a wire; `waited` adds up what its scripts took to answer, in seconds."""

    def __init__(self, device: Device) -> None:
        super().__init__()
        self._device = device
        self.waited = 0.0

    def logged_in(self, login: Login | None, credentials: Mapping[str, str] | None = None) -> Self:
        return self

    def ask(
        self,
        endpoint: Endpoint,
        path: str,
        content: Content | None = None,
        *,
        method: str = "",
        expires: float,
        permit: Permit = always,
    ) -> Answer:
        answer = self.deliver(endpoint, path, content, expires=expires, permit=permit)
        if answer is None:
            raise TimedOut(f"{endpoint.miner_id} gave no answer in time.")
        return answer

    def deliver(
        self,
        endpoint: Endpoint,
        path: str,
        content: Content | None = None,
        *,
        expires: float,
        answer_within: float = math.inf,
        permit: Permit = always,
    ) -> Answer | None:
        if self._device.web_port is Port.SILENT:
            raise TimedOut(f"{endpoint.miner_id} gave no answer in time.")
        if self._device.condition.unauthorized:
            return Answer(401, "", b"")
        method, form = ("GET", b"") if content is None else ("POST", content.data)
        told = scripts.answer(self._device, method, path, form.decode())
        self.waited += told.delay
        return None if told.never else Answer(int(told.status.split()[0]), "", told.body.encode())


def probe(device: Device) -> Reading | DeviceError:
    """Ask the web server what the mining process does, as the driver does."""
    try:
        return VnishDriver(_VirtualWeb(device)).probe(_endpoint(device))
    except DeviceError as error:
        return error


def carry_out(device: Device, send: Send) -> Order | DeviceError:
    """Have the miner take a step, as the driver asks for it."""
    web, endpoint = _VirtualWeb(device), _endpoint(device)
    driver = driver_for(Firmware.STOCK if device.unit.stock else Firmware.VNISH, ANTMINER_S9.name, "", web)
    try:
        changed = steps.carry_out(send, driver, endpoint, always) is not False
    except DeviceError as error:
        return error
    return Order(web.waited, changed)


def _endpoint(device: Device) -> Endpoint:
    return Endpoint(device.miner_id, 4028, 80)
