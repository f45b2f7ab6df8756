"""A simulated Awesome Miner and the back end that reads it, over real sockets, with one time for both."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from netstab.devices.awesome_miner.access import AwesomeMinerSettings
from netstab.devices.awesome_miner.back_end import AwesomeMiner
from netstab.devices.awesome_miner.driver import AwesomeMinerDriver
from netstab.devices.awesome_miner.proof import STOPS_WITHIN
from netstab.devices.port import Activity
from netstab.devices.web import Web
from netstab.reach import Reach
from netstab.simulation.awesome_miner import SimulatedAwesomeMiner, Watched, rig
from netstab.simulation.awesome_miner.documents import Locale
from netstab.units import MinerId, Timestamp, WallTime, Watts

__all__ = ["KEY", "NAMED", "ONE", "REACH", "TWO", "Site", "settles", "site", "watched"]

KEY = "0123456789abcdef0123456789abcdef"
REACH = Reach((IPv4Network("127.0.7.0/24"),), 4028)
ONE, TWO, NAMED = MinerId("127.0.7.1"), MinerId("127.0.7.2"), MinerId("awesome-1000000003")


@dataclass
class Site:
    """Both ends, with the time of both in one hand."""

    server: SimulatedAwesomeMiner
    back_end: AwesomeMiner
    now: list[float]
    rated: dict[MinerId, Watts] = field(default_factory=dict)

    def pass_time(self, seconds: float) -> None:
        """Let time pass at both ends, and poll."""
        self.now[0] += seconds
        self.back_end.poll()

    def driver(self) -> AwesomeMinerDriver:
        return AwesomeMinerDriver(Web(awesome_miner=self.back_end))

    def activity(self, miner_id: MinerId) -> Activity:
        return self.back_end.reading(miner_id).activity

    def why_left_alone(self, miner_id: MinerId) -> str:
        return self.back_end.reading(miner_id).takes_no_orders

    def told(self, place: int) -> list[str]:
        return self.server.watched[place].told


def watched(count: int = 3) -> list[Watched]:
    hosts = ["127.0.7.1:4028", "127.0.7.2", "s9-03"]
    return [
        Watched(1_000_000_001 + place, f"S9-{place + 1:02}", hosts[place], rig(place))
        for place in range(count)
    ]


@contextmanager
def site(
    miners: list[Watched] | None = None,
    *,
    control: bool = True,
    key: str = KEY,
    shown: str = KEY,
    locale: Locale = Locale.COMMA,
) -> Iterator[Site]:
    now = [0.0]
    clock = now.__getitem__
    with SimulatedAwesomeMiner(
        watched() if miners is None else miners, key=key, locale=locale, clock=lambda: clock(0)
    ) as server:
        settings = AwesomeMinerSettings(server.url, shown, control)
        began = server.epoch
        back_end = AwesomeMiner(
            settings,
            REACH,
            clock=lambda: Timestamp(1000.0 + now[0]),
            wall=lambda: WallTime(began + now[0]),
            rated=lambda miner_id: one.rated.get(miner_id, Watts(0.0)),
        )
        one = Site(server, back_end, now, dict.fromkeys((ONE, TWO, NAMED), Watts(1460.0)))
        yield one


def settles(both: Site, miner_id: MinerId, activity: Activity) -> bool:
    for _ in range(int(STOPS_WITHIN / 10)):
        both.pass_time(10)
        if both.activity(miner_id) is activity:
            both.pass_time(10)  # a later look says so as well
            return both.activity(miner_id) is activity
    return False
