"""A simulated site of several makes: who stands where, one meter over all, one time."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from own_address import own_address
from plain_face import PLAIN
from waiting import PATIENCE

from netstab.errors import SettingsError
from netstab.simulation.faces.kinds import FACES
from netstab.simulation.mix import Mix, read_mix
from netstab.simulation.mixed import MixedSite
from netstab.simulation.physics import Stage
from netstab.units import MinerId

FIRST = own_address()


@pytest.fixture(autouse=True)
def a_kind_that_is_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in ("mix", "mixed"):
        monkeypatch.setattr(f"netstab.simulation.{room}.FACES", {**FACES, PLAIN.name: PLAIN})


@pytest.fixture
def site() -> Iterator[MixedSite]:
    with MixedSite(
        read_mix("plain=2,s9=3"), first_address=FIRST, asleep=True, meter=True, clock=lambda: 0.0
    ) as site:
        yield site


def test_each_kind_stands_in_its_place_and_all_speak_on_the_same_ports(site: MixedSite) -> None:
    block = FIRST.rpartition(".")[0]
    assert site.miners == tuple(MinerId(f"{block}.{last}") for last in range(1, 6))
    assert site.at("plain") == site.miners[:2] == site.faces.miners
    assert site.s9 is not None
    assert site.at("s9") == site.miners[2:] == site.s9.miners
    assert {site.faces.api_port, site.s9.api_port} == {site.api_port}
    assert {site.faces.http_port, site.s9.http_port} == {site.http_port}
    for miner_id in site.miners:
        said = requests.post(f"http://{miner_id}:{site.http_port}/", data="{}", timeout=PATIENCE)
        assert said.status_code == (200 if miner_id in site.at("plain") else 401)


def test_the_meter_shows_what_all_of_them_draw_and_their_time_passes_together(site: MixedSite) -> None:
    def shown() -> float:
        return float(requests.get(site.meter_url, timeout=PATIENCE).json()["power"])

    asleep = site.true_power()
    assert shown() == pytest.approx(asleep / 1000, abs=0.01)
    assert site.s9 is not None
    site.faces.tamper(site.miners[0], lambda face: face.machine.wake())
    site.s9.tamper(site.miners[2], lambda device: device.miner.wake())
    site.skip(300)
    assert site.s9.inspect(site.miners[2]).stage is Stage.HASHING
    assert shown() == pytest.approx((asleep + 3000 - 15 + 1400) / 1000, rel=0.05)


def test_the_same_seed_is_the_same_site() -> None:
    def drawn(seed: int) -> float:
        with MixedSite(read_mix("s9=3,plain=1"), first_address=FIRST, seed=seed, clock=lambda: 0.0) as site:
            return site.true_power()

    assert drawn(1) == drawn(1) != drawn(2)


@pytest.mark.parametrize("text", ["s9=2", "plain=1"])
def test_a_site_may_be_of_one_kind(text: str) -> None:
    with MixedSite(read_mix(text), first_address=FIRST) as site:
        assert len(site.miners) == site.mix.total
        assert site.true_power() > 0
        with pytest.raises(RuntimeError, match="without a meter"):
            _ = site.meter_url


def test_a_mix_says_what_it_is_made_of() -> None:
    assert read_mix("s9=20, plain=1") == Mix({"s9": 20, "plain": 1})
    assert read_mix("s9=20,plain=1").words == "20 Antminer S9, 1 Plain 1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "--mix: '' is not NAME=COUNT."),
        ("s9=2,", "--mix: '' is not NAME=COUNT."),
        ("s9=2,toaster=1", "--mix: there is no simulated device 'toaster'; there are s9, "),
        ("s9", "--mix: 's9' is not NAME=COUNT."),
        ("s9=0", "--mix: the number of s9 is '0'; it must be from 1 to 10000."),
        ("s9=10001", "it must be from 1 to 10000."),
        ("s9=" + "9" * 5000, "it must be from 1 to 10000."),
        ("s9=-1", "--mix: the number of s9 is '-1'; it must be from 1 to 10000."),
        ("s9=1,s9=2", "--mix: s9 is given twice."),
    ],
)
def test_an_impossible_mix_is_refused_with_its_field_and_bound(text: str, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_mix(text)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 400


def test_a_taken_port_is_said_and_nothing_is_left_open() -> None:
    mix = read_mix("s9=1,plain=1")
    with MixedSite(mix, first_address=FIRST, meter=True) as site:
        taken: dict[str, Any] = {
            "api_port": site.api_port,
            "http_port": site.http_port,
            "framed_port": site.framed_port,
        }
        for name, port in taken.items():
            with pytest.raises(OSError, match="in use"):
                MixedSite(mix, first_address=FIRST, **{name: port}).start()
        other = MixedSite(Mix({"s9": 1}), first_address=own_address(9), meter=True,
                          meter_http_port=site.meter.http_port)  # fmt: skip
        with pytest.raises(OSError, match="in use"):
            other.start()
    with MixedSite(mix, first_address=FIRST, api_port=taken["api_port"]) as again:
        assert again.true_power() > 0
