"""Which addresses may be reached: the configured network, what was allowed besides it, and nothing else."""

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.addresses import miner_at, reachable_address, reachable_network, reachable_port
from netstab.errors import CommandRejected, ErrorCode
from netstab.reach import Network, Reach

SITE = Reach((Network("192.168.0.0/22"), Network("10.0.0.0/15")), 4028)


@pytest.mark.parametrize("block", ["192.168.1.0/24", "192.168.3.7/32", "10.0.0.0/16", "10.1.0.0/16"])
def test_a_block_of_the_allowed_networks_may_be_scanned(block: str) -> None:
    assert reachable_network(block, SITE) == Network(block)


@pytest.mark.parametrize(
    "block",
    [
        "192.168.4.0/24",
        "192.168.0.0/16",
        "10.2.0.0/24",
        "127.0.0.1/32",
        "169.254.169.254/32",
        "172.16.0.0/24",
        "8.8.8.0/24",
        "0.0.0.0/16",
        "224.0.0.0/24",
    ],
)
def test_no_other_may(block: str) -> None:
    with pytest.raises(CommandRejected, match="network_cidr must lie inside the allowed networks"):
        reachable_network(block, SITE)


def test_an_allowed_network_that_is_larger_is_scanned_in_parts() -> None:
    with pytest.raises(CommandRejected, match="no larger than a /16"):
        reachable_network("10.0.0.0/15", SITE)


def test_loopback_and_link_local_are_reached_where_they_are_configured() -> None:
    here = Reach((Network("127.0.0.0/24"), Network("169.254.7.0/24")), 4028)
    assert reachable_address("127.0.0.5", here) == "127.0.0.5"
    assert reachable_address("169.254.7.5", here) == "169.254.7.5"
    for other in ("127.3.4.5", "169.254.169.254", "192.168.1.9"):
        with pytest.raises(CommandRejected, match="ip must lie inside"):
            reachable_address(other, here)


@given(st.ip_addresses(v=4))
def test_whatever_is_taken_lies_inside_an_allowed_network(address: IPv4Address) -> None:
    allowed = any(address in network for network in SITE.networks)
    try:
        assert reachable_address(str(address), SITE) == str(address)
    except CommandRejected:
        assert not allowed
    else:
        assert allowed


@given(st.sampled_from(SITE.networks).flatmap(lambda block: st.ip_addresses(network=block)))
def test_every_host_of_an_allowed_network_is_taken(address: IPv4Address) -> None:
    assert reachable_address(str(address), SITE) == str(address)


@pytest.mark.parametrize("port", [4028, 1024, 65535])
def test_a_miner_is_looked_for_at_its_usual_port_or_one_that_no_other_service_has(port: int) -> None:
    assert reachable_port(port, SITE) == port


@pytest.mark.parametrize("port", [1, 22, 80, 1023])
def test_the_ports_of_other_services_are_refused(port: int) -> None:
    with pytest.raises(CommandRejected, match=f"port must be 4028, or from 1024 to 65535, got '{port}'"):
        reachable_port(port, SITE)


def test_a_miner_without_an_address_is_named_by_its_number_at_awesome_miner_in_one_way() -> None:
    assert reachable_address("awesome-1000000007", SITE) == "awesome-1000000007"
    assert miner_at("awesome-0") == "awesome-0"
    for text in ("awesome-", "awesome-07", "awesome-1 ", "AWESOME-1", "awesome-1/../2", "awesome-\u0661"):
        with pytest.raises(CommandRejected, match="must be an IPv4 address"):
            reachable_address(text, SITE)
        with pytest.raises(CommandRejected) as caught:
            miner_at(text)
        assert caught.value.code is ErrorCode.UNKNOWN_MINER


@given(st.text(max_size=30))
def test_a_text_that_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(CommandRejected, match="ip must"):
        reachable_address(f"x{text}", SITE)


@pytest.mark.parametrize(
    "text",
    [
        "::ffff:192.168.1.9",
        "[::ffff:192.168.1.9]",
        "::1",
        "0300.0250.1.9",
        "192.168.01.9",
        "0xc0.0xa8.1.9",
        "0xc0a80109",
        "3232235785",
        "192.168.265",
        "192.168.1",
        "192.168.1.9 ",
        " 192.168.1.9",
        "192.168.1.9\n",
        "192.168.1.9/32",
        "192.168.1.9:22",
        "192.168.1.1-9",
        "192.168.1.9@10.9.9.9",
        "192.168.1.9.",
        "\uff11\uff19\uff12.168.1.9",
        "localhost",
        "miner.example",
        "192.168.1.9.nip.io",
        "",
    ],
)
def test_an_address_is_written_in_one_way_only(text: str) -> None:
    with pytest.raises(CommandRejected, match="must be an IPv4 address"):
        reachable_address(text, SITE)


@pytest.mark.parametrize("text", ["::ffff:192.168.1.0/120", "0xc0a80100/24", "192.168.1.1-192.168.1.9", "x"])
def test_a_block_is_written_in_one_way_only(text: str) -> None:
    with pytest.raises(CommandRejected, match="must be an IPv4 block"):
        reachable_network(text, SITE)
