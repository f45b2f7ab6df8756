"""What the control loop's second costs by the size of the fleet: in this process, without devices or sockets.

Each figure is CPU time, the best of several, since other work shares the host. Run: make bench-second
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from values import registered, reported

from actors.fence import WakeFence
from actors.fleet.view import DecisionRules
from actors.report import Desired, MinerReport, Phase
from events.commands import (
    Activate,
    ChangeConfiguration,
    Command,
    Deactivate,
    LiftLimit,
    RegisterMiners,
    SetLimit,
    SetOverride,
)
from events.state import Configuration, RegisteredMiner, Source
from netstab.dispatch.setpoint import Setpoint
from netstab.power.unit import PowerMode
from netstab.server.process import collect_seldom
from netstab.simulation.makes import POWER_LIMIT
from netstab.simulation.virtual.controller import Told, VirtualController
from netstab.simulation.virtual.log import FoldedLog
from netstab.simulation.virtual.site import Composition
from netstab.units import MinerId, Seconds, Timestamp, Version, WallTime, Watts

POLL = 5  # seconds between two looks at a miner
TRIES = 5
COMMANDS = 3
RAMP = 1e6  # kW/s: no change waits for another


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--miners", type=int, nargs="+", default=[1000, 5000, 20_000])
    parser.add_argument("--of", type=Composition, nargs="+", default=list(Composition))
    args = parser.parse_args()
    for composition in args.of:
        first: dict[str, float] = {}
        for count in args.miners:
            fleet = Fleet(count, composition)
            for what, seconds in measured(fleet):
                ratio = seconds / first.setdefault(what, seconds)
                figures = f"{1000 * seconds:9.3f} ms  x {ratio:.1f}"
                print(f"{count:6} {composition:5} {what:28} {figures}", flush=True)


class ShownController(VirtualController):
    """Publishes, as the FleetActor does, and looks at what comes of commands."""

    def publish(self) -> None:
        self.writer.watch(self.loop.snapshot())

    def go_on(self) -> None:
        """Tell miners when it is asked for, after the answer: `tell_all`."""

    def tell_all(self) -> None:
        super().go_on()


class Fleet:
    """Units, half of them hashing for an order; each reports as it is told."""

    def __init__(self, count: int, composition: Composition = Composition.S9) -> None:
        self.now, self.turn = 1000.0, 0
        self.told: dict[MinerId, Setpoint | None] = {}
        self.miners: Sequence[RegisteredMiner] = list(units_of(count, composition))
        self.rated = sum(miner.rated_power for miner in self.miners)
        log, rules = (
            FoldedLog(lambda: WallTime(self.now), PowerMode.FREQUENCY),
            DecisionRules(poll_interval=Seconds(POLL)),
        )
        self.controller = ShownController(log, rules, WakeFence(), self._tell, Timestamp(self.now))
        self._take(RegisterMiners(tuple(self.miners), "add"))
        self._take(
            ChangeConfiguration(
                Configuration(max_power_change_rate_kw_per_sec=RAMP), ("max_power_change_rate_kw_per_sec",)
            )
        )
        self.report(range(count))
        self.order(0.5)
        for _ in range(8 * POLL):
            self.second()
            self.report_some()

    def _take(self, command: Command) -> None:
        self.controller.take(command, Source.DASHBOARD)

    def _tell(self, miner_id: MinerId, message: Told) -> None:
        self.told[miner_id] = getattr(message, "setpoint", None)

    def order(self, share: float) -> None:
        self.controller.take(Activate(self.watts(share)))

    def stop(self) -> None:
        self.controller.take(Deactivate())

    def limit(self, share: float | None) -> None:
        """Limit what is drawn, None: no more."""
        self._take(LiftLimit("dso") if share is None else SetLimit("dso", self.watts(share)))

    def override(self, share: float) -> None:
        """Take command from the EMS."""
        self._take(SetOverride(enabled=True, target=self.watts(share)))

    def release(self) -> None:
        """Give command back to the EMS, which orders what it did before."""
        self._take(SetOverride(enabled=False, target=None))
        self.order(0.9)

    def watts(self, share: float) -> Watts:
        return Watts(round(share * self.rated))

    def second(self) -> None:
        """Let a second pass."""
        self.now += 1.0
        self.controller.tell_all()
        self.controller.tick(Timestamp(self.now))
        self.controller.tell_all()

    def report(self, places: range) -> None:
        self.controller.report(self.made(places))

    def made(self, places: range) -> list[MinerReport]:
        """Return what those would report now."""
        return [self._report(self.miners[place]) for place in places]

    def report_some(self) -> None:
        """Have those report whose turn it is in this second."""
        self.turn = (self.turn + 1) % POLL
        self.report(range(self.turn, len(self.miners), POLL))

    def _report(self, miner: RegisteredMiner) -> MinerReport:
        told = self.told.get(miner.miner_id)
        runs = told is not None and told.running
        point = miner.point_of(told.setting) if told is not None else None
        draws = miner.rated_power if point is None else point.power
        power = Watts(draws - self.now % 7 if runs else 16.0)
        changes = {
            "at": Timestamp(self.now),
            "seen_at": Timestamp(self.now),
            "setting": miner.home_frequency if point is None else point.setting,
            "desired": None if told is None else Desired(told, Version(1), Timestamp(self.now)),
        }
        return reported(
            miner.miner_id, Phase.HASHING if runs else Phase.ASLEEP, 1000.0, power=power, **changes
        )


def units_of(count: int, composition: Composition) -> Iterator[RegisteredMiner]:
    """Register that many; of a mixed fleet every other one is S9."""
    make = POWER_LIMIT["document"]
    for place in range(count):
        unit = registered(address(place))
        if composition is Composition.RANGE or (composition is Composition.MIXED and place % 2):
            unit = replace(
                unit,
                model=make.name,
                home_frequency=None,
                rated_power=make.rated_power,
                capabilities=make.capabilities,
            )
        yield unit


def address(place: int) -> str:
    return f"127.{1 + place // 62_500}.{place // 250 % 250}.{1 + place % 250}"


def measured(fleet: Fleet) -> Iterator[tuple[str, float]]:
    """Yield what is measured, and its CPU time in s."""
    fleet.report(range(len(fleet.miners)))
    fleet.second()
    yield "nothing changes", best(fleet.second, tries=3)
    fleet.report(range(len(fleet.miners)))
    fleet.second()
    yield "a fifth reports other watts", best(fleet.second, before=fleet.report_some)
    few = fleet.made(range(len(fleet.miners) // 10))
    yield "one report", best(lambda: fleet.controller.report(few)) / len(few)
    collect_seldom()
    for what, command, undo in (
        ("activate", lambda: fleet.order(0.9), lambda: fleet.order(0.5)),
        ("deactivate", fleet.stop, lambda: fleet.order(0.9)),
        ("limit", lambda: fleet.limit(0.6), lambda: fleet.limit(None)),
        ("override", lambda: fleet.override(0.4), fleet.release),
    ):
        answered, followed = commanded(fleet, command, undo)
        yield f"{what}: answered", answered
        yield f"{what}: followed", followed


def commanded(fleet: Fleet, command: Callable[[], None], undo: Callable[[], None]) -> tuple[float, float]:
    """Return what a command costs until it is answered; and then with a second, until all are told."""
    spent = []
    for _ in range(COMMANDS):
        answered = best(command, tries=1)
        followed = best(fleet.second, tries=1)
        spent.append((answered, followed))
        fleet.report(range(len(fleet.miners)))
        undo()
        fleet.report(range(len(fleet.miners)))
        fleet.second()
    return min(spent)


def best(run: Callable[[], None], tries: int = TRIES, before: Callable[[], None] = lambda: None) -> float:
    spent = []
    for _ in range(tries):
        before()
        began = time.process_time()
        run()
        spent.append(time.process_time() - began)
    return min(spent)


if __name__ == "__main__":
    main()
