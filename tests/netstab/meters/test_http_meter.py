"""What only an HTTP meter can do wrong, over real sockets."""

from collections.abc import Callable

import pytest

from netstab.errors import MeterFigureUnusable, MeterMalformed, MeterRefused
from netstab.meters.port import Meter
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.instrument import MeterFaults


def response(body: bytes, head: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize("field", ["power", "site.power_kw"])
def test_its_figure_is_found_by_key_or_path(
    site: SimulatedFleet, new_meter: Callable[..., Meter], field: str
) -> None:
    reading = new_meter(url=site.meter_url, field=field).read()
    assert reading.power == pytest.approx(site.true_power(), abs=1.0)


def test_a_figure_in_watts_may_be_text_in_a_list(
    site: SimulatedFleet, new_meter: Callable[..., Meter]
) -> None:
    site.meter.faults = MeterFaults(http=response(b'{"phases": [{"p": "1500.5"}, {"p": 2}]}'))
    assert new_meter(url=site.meter_url, field="phases.0.p", unit="W").read().power == 1500.5


def test_a_login_page_and_a_missing_field_are_told_apart(
    site: SimulatedFleet, new_meter: Callable[..., Meter]
) -> None:
    meter = new_meter(url=site.meter_url)
    site.meter.faults = MeterFaults(http=response(b"<html>Please log in</html>"))
    with pytest.raises(MeterMalformed, match="no JSON; it begins with '<html>Please log in"):
        meter.read()
    site.meter.faults = MeterFaults(http=response(b'{"energy": 4}'))
    with pytest.raises(MeterFigureUnusable, match="no field power"):
        meter.read()


def test_no_redirect_is_followed(site: SimulatedFleet, new_meter: Callable[..., Meter]) -> None:
    elsewhere = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/"
    site.meter.faults = MeterFaults(http=response(b"", elsewhere))
    with pytest.raises(MeterRefused, match="status 302"):
        new_meter(url=site.meter_url).read()


def test_a_password_in_its_address_is_used_and_never_shown(
    site: SimulatedFleet, new_meter: Callable[..., Meter]
) -> None:
    url = site.meter_url.replace("http://", "http://reader:secret@")
    assert new_meter(url=url).read().power > 0
    site.meter.faults = MeterFaults(refusing=True)
    with pytest.raises(MeterRefused) as refused:
        new_meter(url=url).read()
    assert "reader:***@" in str(refused.value)
