"""What `netstab check` says of the password of a few devices: no more than a read has proved."""

import pytest
from canned_miner import CannedMiner
from values import registered
from vnish_site import vnish_site

from netstab.check.devices import password
from netstab.check.finding import Grade
from netstab.devices.port import Firmware
from netstab.settings import read_settings
from netstab.simulation.faces.vnish import VNISH_1_3


def test_a_device_that_is_read_without_a_password_proves_nothing_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with vnish_site(VNISH_1_3, monkeypatch) as site:
        found = site.driver.identify(site.endpoint)
        miner = registered(
            site.miner_id,
            api_port=site.endpoint.api_port,
            http_port=site.endpoint.http_port,
            model=found.model,
            firmware=Firmware.VNISH,
            firmware_version=found.firmware_version,
            capabilities=found.capabilities,
        )
        told = {
            "MINER_NETWORK_CIDR": f"{site.miner_id}/32",
            "MINER_API_PORT": str(site.endpoint.api_port),
            "MINER_HTTP_PORT": str(site.endpoint.http_port),
        }
        [said] = password(read_settings(told), [miner])
        assert (said.grade, "is not tried" in said.text, site.tries) == (Grade.OK, True, 0)


def test_one_that_refused_our_password_is_asked_among_however_many() -> None:
    with CannedMiner(password="changed") as miner:
        at = {"api_port": miner.endpoint.api_port, "http_port": miner.endpoint.http_port}
        unknown = {"model": "unknown", "firmware": Firmware.UNKNOWN, "controllable": False, "locked": True}
        others = [registered(f"127.0.77.{place}", **at) for place in range(1, 40)]
        locked = registered(miner.endpoint.miner_id, **at, **unknown)
        told = {
            "MINER_NETWORK_CIDR": "127.0.0.0/16",
            "MINER_API_PORT": str(at["api_port"]),
            "MINER_HTTP_PORT": str(at["http_port"]),
        }
        said = list(password(read_settings(told), [*others, locked]))
    [refused] = [each for each in said if each.grade is Grade.FAIL]
    assert "MINER_USERNAME and MINER_PASSWORD" in refused.text
    assert len(said) == 4
