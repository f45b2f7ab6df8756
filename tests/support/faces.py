"""A face of each family of devices, for the contract that all of them keep: a new family adds one here."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from tempfile import TemporaryDirectory
from unittest.mock import patch

from canned_miner import BITAXE_PAGES, MAKERS, CannedMiner, recorded, recorded_rest
from made_up import MADE_UP, made_up_device
from own_address import own_address
from waiting import wait_until

from events.history import HistoryReader
from events.index import Asked
from events.state import Source
from netstab.devices.port import Endpoint, Firmware
from netstab.server.wiring import running
from netstab.settings import Settings, read_settings
from netstab.simulation.faces.antminer import S21
from netstab.simulation.faces.braiins import BRAIINS
from netstab.simulation.faces.build import build_faces
from netstab.simulation.faces.face import Face as SimulatedFace
from netstab.simulation.faces.face import Kind
from netstab.simulation.faces.fleet import FaceFleet
from netstab.simulation.faces.luxos import LUXOS
from netstab.simulation.faces.vnish import VNISH_1_3
from netstab.simulation.faces.whatsminer_2 import WHATSMINER_2
from netstab.simulation.faces.whatsminer_3 import WHATSMINER_3
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.profiles import DOCUMENT, Profile
from netstab.units import MinerId, Volts, Watts

__all__ = ["FACES", "Face", "faced"]

SPEED = 100.0


@dataclass(frozen=True)
class Face:
    """A hashing device, and the truth about it. `told` gives what it was told that was no read, in order.

    `voltage` is what its boards run at, for a family that an operator may choose it of.
    """

    endpoint: Endpoint
    model: str
    power: Callable[[], Watts]
    told: Callable[[], Sequence[str]]
    skip: Callable[[float], None]
    voltage: Callable[[], Volts] | None = None
    tells_hashrate: bool = True
    framed_port: int = 0

    def changes(self) -> int:
        """Count what it was told that was no read."""
        return len(self.told())


@contextmanager
def _simulated(first_address: str, profile: Profile) -> Iterator[Face]:
    with SimulatedFleet(1, first_address=first_address, profile=profile, speed=SPEED) as fleet:
        (miner_id,) = fleet.miners
        yield Face(
            Endpoint(miner_id, fleet.api_port, fleet.http_port),
            "Antminer S9",
            fleet.true_power,
            lambda: [command.text for command in fleet.commands(miner_id)],
            fleet.skip,
            lambda: fleet.tamper(miner_id, lambda device: Volts(device.miner.running.voltage)),
        )


@contextmanager
def _recorded(machine: CannedMiner, model: str, power: float) -> Iterator[Face]:
    """A machine that is only read, by its recorded answers."""

    def told() -> list[str]:
        return [str(asked) for asked in machine.asked if asked.method != "GET"]

    with machine:
        yield Face(machine.endpoint, model, lambda: Watts(power), told, lambda _seconds: None)


def _whatsminer() -> AbstractContextManager[Face]:
    machine = CannedMiner(api=recorded("whatsminer_v1"), realm="none of ours")
    return _recorded(machine, "Whatsminer", 3417.0)


@contextmanager
def _auradine() -> Iterator[Face]:
    """One whose power supply, at a port of its own, tells another figure than the idle one recorded."""
    supply = (MAKERS / "auradine/psu.json").read_bytes().replace(b"58.94W", b"3120.00W")
    with (
        CannedMiner({"/psu": supply}, password="") as told,
        patch("netstab.devices.others.auradine.CONTROL_PORT", told.endpoint.http_port),
        _recorded(CannedMiner(api=recorded("auradine")), "Auradine AT1500", 3120.0) as face,
    ):
        yield face


def _avalon() -> AbstractContextManager[Face]:
    """The one recorded awake is a 1246, of which the answer to `version` is not recorded."""
    awake = (MAKERS / "avalon/avalon_a_stats.json").read_bytes()
    return _recorded(CannedMiner(api={**recorded("avalon"), b"stats": awake}), "Avalon Q", 3504.0)


def _epic() -> AbstractContextManager[Face]:
    pages = recorded_rest("epic_umc", "/")
    return _recorded(CannedMiner(pages, password="", web_at_api_port=True), "ePIC AntMiner S19 XP", 2166.6)


@contextmanager
def _site() -> Iterator[Face]:
    """A server of the product with a fleet of two; its time is real, that of its miners runs fast."""
    fleet = SimulatedFleet(2, first_address="127.21.7.1", speed=SPEED)
    with TemporaryDirectory() as folder, fleet, running(_site_settings(fleet, folder)) as system:
        board = system.fleet
        wait_until(lambda: board.snapshot.hashing == 2 and board.snapshot.available_for_dispatch)

        def skip(seconds: float) -> None:
            before = board.snapshot.at
            fleet.skip(seconds)
            wait_until(lambda: board.snapshot.at > before)

        at = Endpoint(MinerId("127.0.0.1"), 0, system.port)
        yield Face(at, "Site", fleet.true_power, lambda: _told_by_ems(folder), skip, tells_hashrate=False)


def _site_settings(fleet: SimulatedFleet, folder: str) -> Settings:
    return read_settings(
        {
            "NETSTAB_HOST": "127.0.0.1",
            "NETSTAB_PORT": "0",
            "MINER_NETWORK_CIDR": "127.21.7.0/28",
            "MINER_API_PORT": str(fleet.api_port),
            "MINER_HTTP_PORT": str(fleet.http_port),
            "POLL_INTERVAL_SECONDS": "0.2",
            "DATABASE_URL": f"sqlite:///{folder}/log.db",
        }
    )


def _told_by_ems(folder: str) -> list[str]:
    with closing(HistoryReader(f"sqlite:///{folder}/log.db")) as history:
        found = history.recent(1000, Asked(source=Source.EMS))
    return [f"{record.command} {record.parameters}" for record in reversed(found)]


@contextmanager
def _made_up() -> Iterator[Face]:
    with made_up_device() as (endpoint, device):
        yield Face(endpoint, "MU-3", lambda: device.power, lambda: list(map(str, device.told)), device.skip)


@contextmanager
def faced(kind: Kind, model: str, tamper: Callable[[SimulatedFace], object] = bool) -> Iterator[Face]:
    """Serve one hashing device of a kind of simulated ones, `tamper`ed with; its time is what is skipped."""
    site = build_faces([(kind, 1)], own_address())
    for device in site.values():
        tamper(device)
    with FaceFleet(site, clock=lambda: 0.0) as fleet:
        (miner_id,) = fleet.miners
        yield Face(
            Endpoint(miner_id, fleet.api_port, fleet.http_port),
            model,
            fleet.true_power,
            lambda: fleet.tamper(miner_id, lambda device: [touch.text for touch in device.machine.writes]),
            fleet.skip,
            framed_port=fleet.framed_port,
        )


FACES: Mapping[str, Callable[[], AbstractContextManager[Face]]] = {
    Firmware.VNISH: lambda: _simulated("127.21.5.1", DOCUMENT),
    Firmware.STOCK: lambda: _simulated("127.21.6.1", replace(DOCUMENT, stock_share=1.0)),
    Firmware.UNKNOWN: _whatsminer,
    "antminer": lambda: faced(S21, "Antminer S21"),
    "luxos": lambda: faced(LUXOS, "Antminer S19k Pro"),
    "vnish_rest": lambda: faced(VNISH_1_3, "Antminer S21 Pro"),
    "braiins": lambda: faced(BRAIINS, "Antminer S21"),
    Firmware.NETSTAB: _site,
    "avalon": _avalon,
    "auradine": _auradine,
    "sealminer": lambda: _recorded(CannedMiner(api=recorded("sealminer")), "SealMiner A2", 3504.0),
    "epic": _epic,
    "bitaxe": lambda: _recorded(CannedMiner(BITAXE_PAGES, password=""), "Bitaxe 401 (BM1368)", 2.65),
    "whatsminer_3": lambda: faced(WHATSMINER_3, "Whatsminer M50S"),
    "whatsminer_2": lambda: faced(WHATSMINER_2, "Whatsminer M50"),
    MADE_UP: _made_up,
}
