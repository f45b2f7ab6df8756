"""What this host has for a server: clock, room on the disk, ports, descriptors, a way to the miners."""

import ctypes
import errno
import json
import os
import resource
import socket
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

from netstab.check.finding import Finding, fail, good, warn
from netstab.errors import NetstabError
from netstab.reach import Network
from netstab.settings import Settings
from netstab.urls import authority
from netstab.wire.bounds import after
from netstab.wire.failure import Failure
from netstab.wire.http import Call, HttpSession

__all__ = ["clock", "descriptors", "networks", "ports", "space"]

_UNSYNCHRONISED = 5  # what adjtimex answers then
_AHEAD = 1.0  # seconds
_MIB = 1024 * 1024
_ENOUGH = 1024 * _MIB
_TOO_LITTLE = 100 * _MIB
_FEWEST, _MOST_USED = 1_024, 16_384
_EACH = 4
"""Descriptors for each miner: a poll and a command, and as much again for clients and scans."""
_ANSWER_WITHIN = 3.0
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # nosec B104  # it binds nothing: whom to ask


def clock(now: float, latest: float | None) -> Iterator[Finding]:
    """Look whether the host's clock is kept right, and stands after the log's latest time, both in s."""
    if latest is not None and latest > now + _AHEAD:
        yield fail(
            "clock",
            f"The log has an event {latest - now:.0f} s ahead of this host's clock: one of both is wrong."
            " Set the clock right, by NTP.",
        )
    state = _adjtimex()
    if state == _UNSYNCHRONISED:
        yield warn("clock", "It is not synchronised; run chrony or systemd-timesyncd.")
    elif state is None:
        yield warn("clock", "Whether it is synchronised cannot be told here; see to it that NTP runs.")
    else:
        yield good("clock", "It is synchronised.")


def _adjtimex() -> int | None:
    """Return what the kernel says of its clock, None where it says nothing; it is only asked."""
    try:
        state = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state


def space(folder: Path) -> Iterator[Finding]:
    """Look how much room is left where the log grows."""
    room = os.statvfs(folder)
    free = room.f_bavail * room.f_frsize
    said = f"{free // _MIB} MiB are free in {folder}"
    if free < _TOO_LITTLE:
        yield fail("space", f"{said}; a full disk keeps commands from being recorded: make room.")
    elif free < _ENOUGH:
        yield warn("space", f"{said}; 1 GiB or more is better.")
    else:
        yield good("space", f"{said}.")


def descriptors(miners: int) -> Iterator[Finding]:
    """Look whether so many miners can be talked to at once."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(_MOST_USED, max(_FEWEST, _EACH * miners))
    if hard < wanted:
        yield warn(
            "descriptors",
            f"{hard} may be open, {miners} miners want {wanted}: raise LimitNOFILE or `ulimit -Hn`.",
        )
    else:
        yield good("descriptors", f"{hard} may be open; {miners} miners want {wanted}.")


def networks(settings: Settings) -> Iterator[Finding]:
    """Look whether this host has a way to each network. Nothing is sent."""
    yield _way_to(settings.network, "MINER_NETWORK_CIDR")
    for network in settings.allowed_networks:
        yield _way_to(network, "MINER_ALLOWED_NETWORKS")


def _way_to(network: Network, setting: str) -> Finding:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            way.connect((str(network[min(1, network.num_addresses - 1)]), 9))  # of UDP, which sends nothing
        except OSError as error:
            return fail("network", f"There is no way to {network}: {error.strerror}. Set {setting} right.")
        own = way.getsockname()[0]
    if Network(own).subnet_of(network):
        return good("network", f"{network} is a network of this host, which has {own} in it.")
    if network.is_loopback:
        return good("network", f"{network} is loopback.")
    return warn(
        "network",
        f"This host has no address in {network} and asks it by a router, from {own}; if the miners are in"
        f" this host's own network, set {setting} to that.",
    )


def ports(settings: Settings) -> Iterator[Finding]:
    """Look whether each port can be listened on, or this product does so already."""
    for port, setting in ((settings.port, "NETSTAB_PORT"), (settings.ems_port, "EMS_PORT")):
        if port is not None:
            yield _port(settings.host, port, setting)


def _port(host: str, port: int, setting: str) -> Finding:
    where = authority(host, port)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE and (role := _role(host, port)):
            return good("ports", f"At {where} this product listens already, as {role}.")
        remedy = f"Set {setting}, or end what has it." if error.errno == errno.EADDRINUSE else _REMEDY
        return fail("ports", f"{where} cannot be listened on: {error.strerror}. {remedy}")
    return good("ports", f"{where} can be listened on.")


_REFUSING: dict[int, str] = {
    HTTPStatus.SERVICE_UNAVAILABLE: "one that does not lead",
    HTTPStatus.FORBIDDEN: "one that does not serve this host",
}

_REMEDY = "Set NETSTAB_HOST to an address of this host, and a port from 1024 on."


def _role(host: str, port: int) -> str:
    """Return what a server of this product that listens there is, "" for anything else."""
    peer = authority(_ANY.get(host, host), port)
    call = Call(peer, dict.fromkeys(Failure, NetstabError), after(_ANSWER_WITHIN), _ANSWER_WITHIN)
    try:
        answer = HttpSession().exchange(f"http://{peer}/healthz", call)
        told = json.loads(answer.body)
    except (NetstabError, ValueError, RecursionError):
        return ""
    if not isinstance(told, dict):
        return ""
    if told.get("role") == "leader":
        return "the leader"
    return _REFUSING.get(answer.status, "") if told.get("accepted") is False else ""
