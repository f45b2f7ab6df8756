"""Which addresses and ports the server may talk to."""

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.reach import Network, Reach

WIDE = Reach((Network("0.0.0.0/0"), Network("169.0.0.0/8")), 4028)


@pytest.mark.parametrize(
    "block",
    [
        "127.0.0.1/32",
        "127.0.0.0/16",
        "169.254.169.254/32",
        "0.0.0.0/32",
        "224.0.0.1/32",
        "255.255.255.255/32",
        "126.0.0.0/7",
    ],
)
def test_a_wide_network_allows_neither_this_host_nor_its_link_nor_what_is_no_host(block: str) -> None:
    assert not WIDE.covers(block)
    assert WIDE.covers("169.253.0.1")
    assert WIDE.covers("192.168.1.0/24")


def test_loopback_and_link_local_are_allowed_where_they_are_the_network() -> None:
    here = Reach((Network("127.0.7.0/24"), Network("169.254.7.0/24")), 4028)
    assert here.covers("127.0.7.9")
    assert here.covers("169.254.7.0/25")
    assert not here.covers("127.0.8.9")
    assert not here.covers("169.254.8.9")


@given(st.ip_addresses(v=4))
def test_what_is_covered_lies_in_a_network(address: IPv4Address) -> None:
    site = Reach((Network("10.0.0.0/8"), Network("127.0.0.0/9")), 4028)
    assert site.covers(str(address)) == any(address in network for network in site.networks)


def test_a_miner_is_talked_to_at_its_usual_port_or_at_one_that_is_no_other_services() -> None:
    site = Reach((Network("10.0.0.0/8"),), 80)
    taken = [
        port for port in (0, 22, 80, 443, 1023, 1024, 4028, 65535, 65536) if site.takes("10.1.2.3", port, 80)
    ]
    assert taken == [80, 1024, 4028, 65535]
    assert not site.takes("11.1.2.3", 4028, 80)


def test_a_miners_web_server_is_at_a_port_that_is_usual_for_one_or_that_is_no_other_services() -> None:
    site = Reach((Network("10.0.0.0/8"),), 4028, 81)
    ports = (0, 22, 25, 80, 81, 443, 1023, 1024, 8080, 65535, 65536)
    assert [port for port in ports if site.takes("10.1.2.3", 4028, port)] == [80, 81, 1024, 8080, 65535]
