"""Short names of miners."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from stub_fleet import registered

from api.names import miner_names
from netstab.units import MinerId


def names(*ids: str) -> list[str]:
    known = registered("10.0.0.1")
    return list(miner_names({MinerId(each): replace(known, miner_id=MinerId(each)) for each in ids}).values())


def test_a_miner_is_named_by_its_model_and_last_octet() -> None:
    assert names("192.168.1.56", "192.168.1.167") == ["S9-56", "S9-167"]


def test_as_many_octets_are_shown_as_make_the_name_unique() -> None:
    assert names("10.0.1.5", "10.0.2.5", "10.0.1.6") == ["S9-1.5", "S9-2.5", "S9-6"]
    assert names("10.1.0.5", "10.2.0.5") == ["S9-1.0.5", "S9-2.0.5"]
    assert names("10.1.0.5", "11.1.0.5") == ["S9-10.1.0.5", "S9-11.1.0.5"]


def test_one_without_an_address_is_named_by_its_number_at_awesome_miner() -> None:
    assert names("awesome-1000000007", "10.0.0.7") == ["S9-1000000007", "S9-7"]
    assert names("awesome-7", "10.0.0.7") == ["S9-awesome-7", "S9-0.7"]


@given(st.lists(st.ip_addresses(v=4).map(str), unique=True, max_size=40))
def test_names_are_unique(addresses: list[str]) -> None:
    given = names(*addresses)
    assert len(set(given)) == len(given)
