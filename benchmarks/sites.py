"""A tree of sites in virtual time: the product's loops at both levels, and the driver of sites between them.

Run: make bench-sites (20 sites of 1,000 units: some minutes)
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from actors.discovery.registration import registration
from actors.discovery.scan import Sighting
from actors.ems import running_status
from actors.fence import WakeFence
from actors.fleet.view import DecisionRules
from actors.messages import Finished, PollDue, Polled, Probed, ReleaseControl
from actors.miner.machine import Message, handle
from actors.miner.report import report
from actors.miner.state import Announce, Effect, MinerFacts, MinerState, Poll, Probe, Send
from actors.miner.steps import carry_out
from events.commands import Activate, ChangeConfiguration, Command, Deactivate, RegisterMiners
from events.state import Configuration, Source
from netstab.devices.port import Endpoint, Reading, always
from netstab.devices.site import driver
from netstab.devices.site.documents import Capacity, Dispatch, Status
from netstab.devices.site.family import NETSTAB
from netstab.devices.web import Web
from netstab.dispatch.capacity import capacity
from netstab.dispatch.constraints import Constraints
from netstab.dispatch.ramp import ramps
from netstab.errors import CommandRejected, DeviceError, TimedOut
from netstab.power.allocation import PowerMode
from netstab.simulation.profiles import PROFILES
from netstab.simulation.virtual.closed_loop import ClosedLoop
from netstab.simulation.virtual.controller import Told, VirtualController
from netstab.simulation.virtual.log import FoldedLog
from netstab.simulation.virtual.plant import Plant
from netstab.simulation.virtual.site import Composition, Site
from netstab.units import MinerId, Seconds, Timestamp, WallTime, Watts, kilowatts, watts
from netstab.wire.http import Answer, Content
from netstab.wire.login import Login

__all__ = ["Tree", "Trial", "trial"]

RAMP = 1e6  # kW/s: none at either level
POLL = 1  # seconds between two looks at a site
SILENT = 2  # seconds that a look at a site lasts that is gone
KNOWN_AFTER = 20  # seconds until the sites' units were seen


class LowerSite:
    """One site: its plant, its control loop, and the documents of its server."""

    def __init__(self, number: int, units: int, profile: str, composition: Composition) -> None:
        self.fleet_id = f"02:00:00:00:00:{number:02x}"
        self.lost = False
        fleet = Site(PROFILES[profile], units, PowerMode.ON_OFF, seed=number, composition=composition)
        self.plant = Plant(fleet, asleep=True)
        self._loop = ClosedLoop(self.plant, Constraints(), RAMP, self.plant.fence, self._tell)
        self._rated = Watts(sum(one.rated_power for one in self.plant.registered.values()))
        self.power = Watts(0.0)

    def second(self, now: Timestamp) -> None:
        self.plant.run_until(now)
        self.power = Watts(self.plant.measure()[0])
        self._loop.look(now, self.power)
        self._loop.controller.tick(now)

    def is_lost(self) -> None:
        """Its power and its server are gone."""
        self.lost = True
        for miner in self.plant.miners.values():
            miner.device.cut_power()
            self.plant.disturb(miner)

    def _tell(self, miner_id: MinerId, message: Told) -> None:
        setpoint = None if isinstance(message, ReleaseControl) else message.setpoint
        self.plant.tell(miner_id, setpoint, message.version)

    @property
    def target(self) -> Watts:
        order = self._loop.controller.state.order
        return Watts(order.target or 0.0) if order else Watts(0.0)

    def take(self, command: Command) -> int:
        """Take an order of its EMS; gives the status of the answer."""
        return 409 if isinstance(self._loop.controller.take(command), CommandRejected) else 200

    def document(self, path: str) -> object:
        shown = self._loop.controller.loop.snapshot()
        if path == driver.STATUS:
            running = int(running_status(shown))
            return Status(
                shown.available_for_dispatch, running, kilowatts(self._rated), kilowatts(shown.active_power)
            )
        if path == driver.DISPATCH:
            return Dispatch("ems" if shown.state.order else "nobody", kilowatts(self.target), [])
        view = shown.view
        found = capacity(
            view.units,
            view.state.power_mode,
            view.record,
            Constraints(),
            ramps(Constraints(), RAMP),
            self._rated,
        )
        powers = (found.reachable, found.minimum, found.lowest, found.step)
        return Capacity(self.fleet_id, [], kilowatts(self._rated), *map(kilowatts, powers))


class SiteWeb(Web):
    """The way to the sites' servers, without a wire."""

    def __init__(self, sites: dict[MinerId, LowerSite]) -> None:
        super().__init__()
        self._sites = sites

    def logged_in(self, login: Login | None, credentials: Mapping[str, str] | None = None) -> "SiteWeb":
        return self

    def ask(self, endpoint: Endpoint, path: str, content: Content | None = None, **_bounds: Any) -> Answer:
        site = self._sites[endpoint.miner_id]
        if site.lost:
            raise TimedOut("no answer")
        if content is None:
            return Answer(200, "", msgspec.json.encode(site.document(path)))
        power = json.loads(content.data).get("activationPowerInKw")
        return Answer(site.take(Deactivate() if power is None else Activate(watts(power))), "", b"{}")


@dataclass
class _Unit:
    """A site as the server above sees it."""

    endpoint: Endpoint
    facts: MinerFacts
    state: MinerState


class Tree:
    """Call `second` for each second; `order` is the EMS of the server above."""

    def __init__(self, sites: int, units: int, profile: str, composition: Composition) -> None:
        self.now = 0
        ids = [MinerId(f"127.9.1.{number}") for number in range(1, sites + 1)]
        self.sites = {
            site_id: LowerSite(number, units, profile, composition) for number, site_id in enumerate(ids, 1)
        }
        self._driver = driver.SiteDriver(SiteWeb(self.sites))
        self._owed: dict[int, list[Callable[[], None]]] = defaultdict(list)
        log = FoldedLog(lambda: WallTime(self.now), PowerMode.ON_OFF)
        rules = DecisionRules(poll_interval=Seconds(POLL))
        self._controller = VirtualController(log, rules, WakeFence(), self._tell, Timestamp(0.0))
        self._units: dict[MinerId, _Unit] = {}
        for _ in range(KNOWN_AFTER):
            self._pass()
        self._register()
        self.second()

    @property
    def power(self) -> Watts:
        return Watts(sum(site.power for site in self.sites.values()))

    @property
    def rated(self) -> Watts:
        return Watts(sum(miner.rated_power for miner in self._controller.state.miners.values()))

    def order(self, power: Watts) -> None:
        answer = self._controller.take(Activate(Watts(float(round(power)))))
        if isinstance(answer, CommandRejected):
            raise answer

    def second(self) -> None:
        self._pass()
        for act in self._owed.pop(self.now, ()):
            act()
        for unit in self._units.values():
            self._give(unit, PollDue())
        self._controller.tick(Timestamp(self.now))

    def _pass(self) -> None:
        self.now += 1
        for site in self.sites.values():
            site.second(Timestamp(self.now))

    def _register(self) -> None:
        found = []
        for site_id in self.sites:
            at = Endpoint(site_id, 0, 8000)
            sighting = Sighting(at, self._driver.identify(at), None)
            miner = registration(sighting, None, None, WallTime(self.now))
            facts = MinerFacts(site_id, miner.points, NETSTAB.timings, None, Seconds(POLL))
            self._units[site_id] = _Unit(at, facts, MinerState(phase_since=Timestamp(self.now)))
            found.append(miner)
        self._controller.now = Timestamp(self.now)
        self._controller.take(RegisterMiners(tuple(found), "scan"), Source.DASHBOARD)
        ramp = Configuration(max_power_change_rate_kw_per_sec=RAMP)
        self._controller.take(ChangeConfiguration(ramp, ()), Source.DASHBOARD)

    def _tell(self, miner_id: MinerId, message: Told) -> None:
        self._give(self._units[miner_id], message)

    def _give(self, unit: _Unit, message: Message) -> None:
        now = Timestamp(self.now)
        unit.state, effects = handle(unit.state, message, now, unit.facts, 0)
        self._controller.report([report(unit.state, unit.facts, now)])
        self._carry_out(unit, effects)

    def _carry_out(self, unit: _Unit, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Poll(token) | Probe(token):
                    self._look(unit, token, asked_again=isinstance(effect, Probe))
                case Send():
                    self._send(unit, effect)
                case Announce(news):
                    self._controller.ended([news])

    def _look(self, unit: _Unit, token: int, *, asked_again: bool) -> None:
        outcome: Reading | DeviceError
        try:
            outcome = self._driver.probe(unit.endpoint)
        except DeviceError as error:
            outcome = error
        seen = Probed(token, outcome) if asked_again else Polled(token, outcome, Seconds(0.0))
        if isinstance(outcome, TimedOut):
            self._owed[self.now + SILENT].append(partial(self._give, unit, seen))
        else:
            self._give(unit, seen)

    def _send(self, unit: _Unit, send: Send) -> None:
        outcome: bool | DeviceError | None
        try:
            outcome = carry_out(send, self._driver, unit.endpoint, always)
        except DeviceError as error:
            outcome = error
        self._give(unit, Finished(send.token, outcome))


@dataclass(frozen=True)
class Trial:
    """What came of it: shares of seconds in steady state within 1 %, and seconds after the loss of a site.

    `told_after` until the others were told its share, `drawn_after` until they drew it, within 1 %, if ever;
    a site that nothing is asked of counts with what it draws idle.
    """

    steady: float
    worst: float
    told_after: int | None
    drawn_after: int | None


def trial(tree: Tree, shares: Iterable[float], settle: int, steady: int) -> Trial:
    """Order shares of the rating, each for so many seconds to settle and to be judged; then lose a site."""
    errors: list[float] = []
    target = Watts(0.0)
    for share in shares:
        target = Watts(share * tree.rated)
        tree.order(target)
        for second in range(settle + steady):
            tree.second()
            if second >= settle:
                errors.append(abs(tree.power - target) / target)
    [lost, *others] = tree.sites.values()
    lost.is_lost()
    told = drawn = None
    for second in range(1, settle + 1):
        tree.second()
        if told is None and sum(site.target or site.power for site in others) >= 0.99 * target:
            told = second
        if drawn is None and told is not None and abs(tree.power - target) <= 0.01 * target:
            drawn = second
    within = sum(error <= 0.01 for error in errors) / len(errors)
    return Trial(within, max(errors), told, drawn)


def _told(tree: Tree, shares: Iterable[float]) -> Iterator[float]:
    """Say on the way how far it has come: 20 sites of 1,000 take eight minutes of processor time."""
    for share in shares:
        print(f"second {tree.now}: {100 * share:.0f} % is ordered", flush=True)
        yield share
    print(f"second {tree.now}: a site is lost", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=20)
    parser.add_argument("--units", type=int, default=1000)
    parser.add_argument("--profile", choices=sorted(PROFILES), default="document")
    parser.add_argument("--units-of", type=Composition, choices=list(Composition), default=Composition.S9)
    parser.add_argument("--settle", type=int, default=90, help="seconds after an order that are not judged")
    parser.add_argument("--steady", type=int, default=60, help="seconds that are")
    asked = parser.parse_args()
    tree = Tree(asked.sites, asked.units, asked.profile, asked.units_of)
    found = trial(tree, _told(tree, (0.5, 0.8, 0.6)), asked.settle, asked.steady)
    steady = (
        f"within 1 % in {100 * found.steady:.1f} % of steady seconds, at worst {100 * found.worst:.2f} % off"
    )
    lost = f"a lost site's share is told after {found.told_after} s and drawn after {found.drawn_after} s"
    print(f"{asked.sites} sites of {asked.units} {asked.units_of}, {asked.profile}: {steady}; {lost}")


if __name__ == "__main__":
    main()
