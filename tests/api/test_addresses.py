"""Which addresses may be reached."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.addresses import reachable_address, reachable_network
from netstab.errors import CommandRejected
from netstab.readers import Network

SITE = Network("192.168.1.0/24")
LOOPBACK = Network("127.0.0.0/24")


@pytest.mark.parametrize(
    "block", ["10.0.0.0/16", "172.31.0.0/16", "192.168.0.0/16", "169.254.7.0/24", "127.0.0.1/32"]
)
def test_a_private_block_may_be_scanned(block):
    assert reachable_network(block, SITE) == Network(block)


@pytest.mark.parametrize(
    "block", ["172.32.0.0/24", "100.64.0.0/24", "0.0.0.0/16", "224.0.0.0/24", "10.0.0.0/15"]
)
def test_a_public_or_too_large_block_may_not(block):
    with pytest.raises(CommandRejected, match="network_cidr must"):
        reachable_network(block, SITE)


def test_a_service_on_loopback_stays_there():
    assert reachable_address("127.3.4.5", LOOPBACK) == "127.3.4.5"
    with pytest.raises(CommandRejected, match="inside loopback, as"):
        reachable_address("192.168.1.9", LOOPBACK)


@given(st.ip_addresses(v=4))
def test_whatever_is_taken_is_a_private_address(address):
    try:
        taken = reachable_address(str(address), SITE)
    except CommandRejected:
        return
    assert address.is_private
    assert taken == str(address)


@given(st.text(max_size=30))
def test_a_text_that_is_no_address_is_refused(text):
    with pytest.raises(CommandRejected, match="ip must"):
        reachable_address(f"x{text}", SITE)
