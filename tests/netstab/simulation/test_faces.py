"""How simulated devices with faces are served: their ports, their troubles, their time."""

import errno
import json
import socket
import struct
from collections.abc import Iterator

import pytest
import requests
from faces import faced
from own_address import own_address
from plain_face import PLAIN
from waiting import PATIENCE, wait_until

from netstab.simulation.faces.build import build_faces
from netstab.simulation.faces.fleet import FaceFleet
from netstab.simulation.faces.machine import Agent, Port, Trouble
from netstab.units import MinerId

FIRST = own_address()


@pytest.fixture
def fleet() -> Iterator[FaceFleet]:
    """Two hashing devices; their time is what a test skips."""
    with FaceFleet(build_faces([(PLAIN, 2)], FIRST), clock=lambda: 0.0) as fleet:
        yield fleet


def connected(at: str, port: int) -> socket.socket:
    return socket.create_connection((at, port), PATIENCE)


def until_closed(connection: socket.socket) -> bytes:
    said = b""
    while more := connection.recv(65536):
        said += more
    return said


def api(fleet: FaceFleet, at: MinerId, request: bytes = b"{}") -> bytes:
    with connected(at, fleet.api_port) as connection:
        connection.sendall(request)
        return until_closed(connection)


def exactly(connection: socket.socket, count: int) -> bytes:
    said = b""
    while len(said) < count and (more := connection.recv(count - len(said))):
        said += more
    return said


def framed(connection: socket.socket, request: bytes) -> bytes:
    connection.sendall(struct.pack("<I", len(request)) + request)
    (length,) = struct.unpack("<I", exactly(connection, 4))
    return exactly(connection, length)


def web(fleet: FaceFleet, at: MinerId, body: object = None) -> requests.Response:
    return requests.post(f"http://{at}:{fleet.http_port}/", json=body, timeout=PATIENCE)


def test_each_device_answers_on_its_own_address_over_each_of_its_ports(fleet: FaceFleet) -> None:
    first, second = fleet.miners
    assert json.loads(api(fleet, first, b'{"watts": 2000}'))["power"] == 2850
    fleet.skip(30)
    assert json.loads(api(fleet, first))["power"] == 1900
    assert web(fleet, second).json()["power"] == 2850
    assert requests.get(f"http://{second}:6060/miner_power", timeout=PATIENCE).text == "6060:3000"
    with connected(first, fleet.framed_port) as connection:
        for _ in range(2):  # one connection, many frames
            assert json.loads(framed(connection, b"{}"))["power"] == 1900
        assert framed(connection, b"") == b""
    assert fleet.true_power() == pytest.approx(5000)


def test_a_frame_is_read_however_it_was_cut(fleet: FaceFleet) -> None:
    with connected(fleet.miners[0], fleet.framed_port) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in struct.pack("<I", 2) + b"{}":
            connection.sendall(bytes([byte]))
        (length,) = struct.unpack("<I", exactly(connection, 4))
        assert json.loads(exactly(connection, length))["asked"] == {}


def test_what_was_asked_is_kept_with_its_moment_and_what_is_forbidden_is_named(fleet: FaceFleet) -> None:
    at = fleet.miners[0]
    fleet.skip(5)
    api(fleet, at)
    web(fleet, at, {"watts": 1500})
    fleet.skip(5)
    api(fleet, at, b'{"limit": 3}')
    machine = fleet.tamper(at, lambda face: face.machine)
    assert [touch[:4] for touch in machine.reads] == [(5.0, Port.API, "state", False)]
    assert [touch[:3] for touch in machine.writes] == [
        (5.0, Port.WEB, "watts 1500"),
        (10.0, Port.API, "limit 3"),
    ]
    assert [touch.forbidden for touch in machine.forbidden] == ["it restarts the miner"]


def test_each_trouble_is_that_of_one_device_and_of_the_ports_that_have_it(fleet: FaceFleet) -> None:
    at, other = fleet.miners
    fleet.trouble(at, Trouble.REFUSES, Port.API)
    with pytest.raises(ConnectionRefusedError):
        connected(at, fleet.api_port)
    assert web(fleet, at).status_code == 200
    fleet.trouble(at, Trouble.GARBAGE)
    assert api(fleet, at) == b"SSH-2.0-dropbear\r\n"
    with pytest.raises(requests.ConnectionError):
        web(fleet, at)
    fleet.trouble(at, Trouble.CLOSES_EARLY)
    whole = api(fleet, other)
    assert whole.startswith(cut := api(fleet, at))
    assert len(cut) < len(whole)
    with connected(at, fleet.framed_port) as connection:
        connection.sendall(struct.pack("<I", 2) + b"{}")
        assert len(until_closed(connection)) == 4
    fleet.trouble(at, None)
    assert api(fleet, at) == whole


@pytest.mark.parametrize("dead", [False, True])
def test_who_is_silent_accepts_and_keeps_the_connection_and_acts_on_nothing(
    fleet: FaceFleet, dead: bool
) -> None:
    at, other = fleet.miners
    if dead:
        fleet.tamper(at, lambda face: face.machine.cut_power())
    else:
        fleet.trouble(at, Trouble.SILENT)
    with connected(at, fleet.api_port) as connection:
        connection.sendall(b'{"watts": 1000}')
        api(fleet, other)
        assert fleet.tamper(at, lambda face: face.machine.clients[Port.API]) == 1
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    assert not fleet.tamper(at, lambda face: tuple(face.machine.writes))
    wait_until(lambda: fleet.tamper(at, lambda face: face.machine.clients[Port.API]) == 0)


def test_an_agent_moves_a_machine_by_itself_until_it_is_taken_away(fleet: FaceFleet) -> None:
    at = fleet.miners[0]
    less = Agent("dynamic power scaling", 60.0, lambda machine: max(1000.0, machine.target - 200.0))
    fleet.tamper(at, lambda face: face.machine.set_agent(less))
    fleet.skip(59)
    assert fleet.tamper(at, lambda face: face.machine.target) == 3000
    fleet.skip(62)
    assert fleet.tamper(at, lambda face: face.machine.target) == 2600
    fleet.tamper(at, lambda face: face.machine.set_agent(None))
    fleet.skip(600)
    assert fleet.tamper(at, lambda face: face.machine.target) == 2600


def test_the_same_seed_builds_the_same_site_and_no_two_devices_share_a_mac() -> None:
    sites = [build_faces([(PLAIN, 3)], FIRST, seed, asleep=True) for seed in (1, 1, 2)]
    chance = [[face.machine.random.random() for face in site.values()] for site in sites]
    assert chance[0] == chance[1] != chance[2]
    assert len({face.machine.build.mac for face in sites[0].values()}) == 3
    assert all(face.machine.asleep for face in sites[0].values())


def test_a_taken_port_is_said_and_nothing_is_left_open() -> None:
    with socket.create_server((FIRST, 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(OSError, match="in use"),
            FaceFleet(build_faces([(PLAIN, 1)], FIRST), api_port=port),
        ):
            pass
    with FaceFleet(build_faces([(PLAIN, 1)], FIRST), api_port=port) as fleet:
        assert api(fleet, fleet.miners[0])


def test_only_loopback_is_served() -> None:
    face = build_faces([(PLAIN, 1)], FIRST)[MinerId(FIRST)]
    with pytest.raises(ValueError, match="no loopback address"):
        FaceFleet({MinerId("192.0.2.1"): face})


def test_the_row_of_a_kind_for_the_contract_of_families_shows_the_truth_and_what_was_changed() -> None:
    with faced(PLAIN, "Plain 1", lambda face: face.machine.tune(2000.0, exact=True)) as row:
        assert (row.power(), row.changes()) == (3000.0, 0)
        row.skip(60)
        assert row.power() == pytest.approx(2000.0)
        with connected(row.endpoint.miner_id, row.framed_port) as connection:
            framed(connection, b'{"watts": 1000}')
        assert row.changes() == 1


def test_who_finds_no_descriptor_free_lets_clients_in_again_once_there_is(
    fleet: FaceFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = list[int]()

    def without_descriptors(listening: socket.socket) -> tuple[socket.socket, object]:
        tried.append(listening.fileno())
        if len(tried) == 1:
            raise OSError(errno.EMFILE, "Too many open files")
        return accept(listening)

    accept = socket.socket.accept
    monkeypatch.setattr(socket.socket, "accept", without_descriptors)
    with connected(fleet.miners[0], fleet.api_port) as client:
        client.sendall(b'{"command": "version"}')
        assert until_closed(client)
    assert len(tried) == 2, "not asked again and again meanwhile"
