"""One contract for every driver, over real sockets, against the simulated site's true power."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest
from waiting import running_time, wait_until

from netstab.errors import MeterFigureUnusable, MeterMalformed, MeterRefused, MeterTimedOut, MeterUnreachable
from netstab.meters.drivers import meter_for
from netstab.meters.port import Meter
from netstab.settings import read_settings
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.instrument import MeterFaults
from netstab.units import Timestamp

NAN = {
    "http": b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"power": NaN}',
    "modbus": bytes.fromhex("000100000007010304 7fc00000"),
}
NEGATIVE = {
    "http": b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"power": -4}',
    "modbus": bytes.fromhex("000100000007010304 c0800000"),
}


@pytest.fixture(params=["http", "modbus"])
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def url(protocol: str, http_port: int, modbus_port: int) -> str:
    return f"http://127.0.0.1:{http_port}/" if protocol == "http" else f"modbus://127.0.0.1:{modbus_port}"


@pytest.fixture
def meter(protocol: str, site: SimulatedFleet, new_meter: Callable[..., Meter]) -> Meter:
    return new_meter(url=url(protocol, site.meter.http_port, site.modbus_port))


def test_it_shows_the_true_power_at_the_moment_it_was_asked(meter: Meter, site: SimulatedFleet) -> None:
    reading = meter.read()
    assert reading.power == pytest.approx(site.true_power(), abs=1.0)
    assert reading.at == 1_768_921_500.0


def test_each_reading_is_a_new_one(meter: Meter, site: SimulatedFleet) -> None:
    before = meter.read().power
    miner = site.miners[0]
    site.cut_power(miner)
    assert meter.read().power < before - 1000
    site.return_power(miner)
    site.skip(600)
    assert meter.read().power == pytest.approx(before, rel=0.05)


def test_what_else_the_site_draws_is_not_the_fleets(
    protocol: str, site: SimulatedFleet, new_meter: Callable[..., Meter]
) -> None:
    where = url(protocol, site.meter.http_port, site.modbus_port)
    assert new_meter(url=where, base_kw="1.5").read().power == pytest.approx(
        site.true_power() - 1500, abs=1.0
    )


def test_a_closed_port_refuses_connections(protocol: str, new_meter: Callable[..., Meter]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # nobody else gets it meanwhile
        port = closed.getsockname()[1]
        with pytest.raises(MeterUnreachable, match="refuses connections"):
            new_meter(url=url(protocol, port, port)).read()


def reads(meter: Meter) -> float:
    """Return its power, 0 while this host is too late for an answer."""
    try:
        return meter.read().power
    except MeterTimedOut:
        return 0.0


@pytest.mark.usefixtures("impatience")
def test_a_silent_meter_is_given_up_in_time(meter: Meter, site: SimulatedFleet) -> None:
    site.meter.faults = MeterFaults(silent=True)
    begun, ran = time.monotonic(), running_time()
    with pytest.raises(MeterTimedOut, match="no answer in time"):
        meter.read()
    assert time.monotonic() - begun > 0.5
    assert running_time() - ran < 10
    site.meter.faults = MeterFaults()
    assert wait_until(lambda: reads(meter)) > 4000


def test_a_meter_that_says_no_is_quoted(meter: Meter, site: SimulatedFleet) -> None:
    site.meter.faults = MeterFaults(refusing=True)
    with pytest.raises(MeterRefused, match=r"status 503|exception 6 \(device busy\)"):
        meter.read()


def test_a_connection_that_breaks_is_no_answer(protocol: str, new_meter: Callable[..., Meter]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        broken = new_meter(url=url(protocol, port, port))
        listener.settimeout(60)

        def hang_up() -> None:
            connection, _peer = listener.accept()
            with connection:
                connection.recv(4096)

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(MeterUnreachable, match="broke the connection"):
            broken.read()
        thread.join(60)


@pytest.mark.parametrize("garbage", [b"<html><body>Welcome</body></html>", b"\0" * 300, b"\xff" * 64])
def test_garbage_is_named_as_such(meter: Meter, site: SimulatedFleet, garbage: bytes) -> None:
    site.meter.faults = MeterFaults(http=garbage, modbus=garbage)
    with pytest.raises(MeterMalformed, match=r"protocol|Modbus"):
        meter.read()


@pytest.mark.parametrize(("answers", "words"), [(NAN, "shows nan"), (NEGATIVE, "shows -4 kW")])
def test_a_figure_that_cannot_be_is_not_taken(
    meter: Meter, site: SimulatedFleet, answers: dict[str, bytes], words: str
) -> None:
    site.meter.faults = MeterFaults(http=answers["http"], modbus=answers["modbus"])
    with pytest.raises(MeterFigureUnusable, match=words):
        meter.read()


def test_a_site_without_a_meter_has_none() -> None:
    assert meter_for(read_settings({}).meter, lambda: Timestamp(0.0)) is None


def test_the_modbus_library_is_loaded_for_a_modbus_meter_only() -> None:
    program = (
        "import sys, netstab.server.wiring, netstab.simulation.fleet;"
        "from netstab.meters.drivers import meter_for;"
        "from netstab.settings import read_settings;"
        "meter_for(read_settings({'POWER_METER_URL': 'http://127.0.0.1:1/'}).meter, lambda: 0.0);"
        "sys.exit('pymodbus' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
