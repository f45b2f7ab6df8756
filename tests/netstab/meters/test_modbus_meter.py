"""A Modbus meter's registers of every form, over real sockets."""

from collections.abc import Callable

import pytest

from netstab.errors import MeterRefused, MeterUnreachable
from netstab.meters.port import Meter
from netstab.simulation.fleet import SimulatedFleet

FORMS = {
    "float32": {"register": "0"},
    "float32, words the lower first": {"register": "2", "word_order": "little"},
    "int32": {"register": "4", "type": "int32", "unit": "W"},
    "uint32, words the lower first": {
        "register": "6",
        "type": "uint32",
        "word_order": "little",
        "unit": "W",
    },
    "uint16, scaled": {"register": "8", "type": "uint16", "scale": "0.1"},
    "int16, scaled": {"register": "9", "type": "int16", "scale": "0.1"},
    "input registers of another unit": {"table": "input", "unit_id": "17"},
}


@pytest.mark.parametrize("form", FORMS)
def test_the_true_power_is_read_whatever_form_it_has(
    site: SimulatedFleet, new_meter: Callable[..., Meter], form: str
) -> None:
    names = {"unit_id": "modbus_unit", "unit": "unit"}
    variables = {names.get(name, f"modbus_{name}"): value for name, value in FORMS[form].items()}
    meter = new_meter(url=f"modbus://127.0.0.1:{site.modbus_port}", **variables)
    assert meter.read().power == pytest.approx(site.true_power(), abs=60.0)


def test_a_register_that_does_not_exist_is_refused(
    site: SimulatedFleet, new_meter: Callable[..., Meter]
) -> None:
    meter = new_meter(url=f"modbus://127.0.0.1:{site.modbus_port}", modbus_register="9")
    with pytest.raises(MeterRefused, match=r"register 9 of unit 1: Modbus exception 2 \(illegal address\)"):
        meter.read()


@pytest.mark.parametrize("host", ["a" * 70, "."])
def test_a_name_that_cannot_be_one_is_a_meter_out_of_reach(
    new_meter: Callable[..., Meter], host: str
) -> None:
    with pytest.raises(MeterUnreachable):
        new_meter(url=f"modbus://{host}:1").read()
