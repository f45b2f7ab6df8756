"""How many addresses are knocked at together, by the host's routes and limits."""

import resource
from ipaddress import ip_network
from pathlib import Path

import pytest

from netstab.devices import breadth
from netstab.devices.breadth import MOST_AT_ONCE, knocks_at_once, on_link
from netstab.units import MinerId

ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
eth1\t0000000A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
"""  # by 192.168.1.1; 192.168.1.0/24 and 10.0.0.0/16 on links


def block(network: str) -> list[MinerId]:
    return [MinerId(str(address)) for address in ip_network(network).hosts()]


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return a folder with a host's `routes`, and a table of 1,024 `neighbours`."""
    (tmp_path / "routes").write_text(ROUTES)
    (tmp_path / "neighbours").write_text("1024\n")
    monkeypatch.setattr(breadth, "_ROUTES", tmp_path / "routes")
    monkeypatch.setattr(breadth, "_NEIGHBOURS", tmp_path / "neighbours")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (20_000, 20_000))
    return tmp_path


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        ("192.168.1.0/26", True),
        ("192.168.0.0/23", True),  # its second half
        ("10.0.0.0/16", True),
        ("10.1.0.0/24", False),
        ("192.168.7.0/24", False),
        ("127.1.0.0/24", False),
    ],
)
def test_a_block_is_on_the_link_where_a_route_without_a_gateway_covers_an_end_of_it(
    network: str, expected: bool
) -> None:
    assert on_link(block(network), ROUTES) is expected


def test_a_block_behind_a_gateway_is_looked_at_as_broadly_as_can_be(host: Path) -> None:
    assert knocks_at_once(block("10.1.0.0/20")) == MOST_AT_ONCE


def test_on_a_link_no_more_than_three_quarters_of_the_table_of_neighbours_are_taken(host: Path) -> None:
    there = block("10.0.0.0/20")
    assert knocks_at_once(there) == 384
    (host / "neighbours").write_text("16384\n")
    assert knocks_at_once(there) == MOST_AT_ONCE
    (host / "neighbours").unlink()
    assert knocks_at_once(there) == 384


def test_half_of_the_descriptors_are_left_to_others(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 1024))
    assert 2 * knocks_at_once(block("10.1.0.0/24")) == 512


def test_a_system_that_lists_no_routes_is_taken_for_one_without_links(host: Path) -> None:
    (host / "routes").unlink()
    assert knocks_at_once(block("10.0.0.0/24")) == MOST_AT_ONCE
    assert knocks_at_once([]) == MOST_AT_ONCE
