"""What the control loop's second costs by the size of the fleet: in this process, without devices or sockets.

Each figure is CPU time, the best of several, since other work shares the host. Run: make bench-second
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence

from values import registered, reported

from actors.fence import WakeFence
from actors.fleet.view import DecisionRules
from actors.report import Desired, MinerReport, Phase
from events.commands import Activate, ChangeConfiguration, RegisterMiners
from events.state import Configuration, RegisteredMiner, Source
from netstab.dispatch.setpoint import Setpoint
from netstab.power.unit import PowerMode
from netstab.simulation.virtual.controller import Told, VirtualController
from netstab.simulation.virtual.log import FoldedLog
from netstab.units import MinerId, Seconds, Timestamp, Version, WallTime, Watts

POLL = 5  # seconds between two looks at a miner
TRIES = 5
RAMP = 1e6  # kW/s: no change waits for another


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--miners", type=int, nargs="+", default=[1000, 5000, 20_000])
    first: dict[str, float] = {}
    for count in parser.parse_args().miners:
        for what, seconds in measured(Fleet(count)):
            ratio = seconds / first.setdefault(what, seconds)
            print(f"{count:6} miners, {what:32} {1000 * seconds:9.3f} ms  x {ratio:.1f}", flush=True)


class Fleet:
    """S9, half of them hashing for an order; each reports as it is told."""

    def __init__(self, count: int) -> None:
        self.now, self.turn = 1000.0, 0
        self.told: dict[MinerId, Setpoint | None] = {}
        self.miners: Sequence[RegisteredMiner] = [registered(address(place)) for place in range(count)]
        log, rules = (
            FoldedLog(lambda: WallTime(self.now), PowerMode.FREQUENCY),
            DecisionRules(poll_interval=Seconds(POLL)),
        )
        self.controller = VirtualController(log, rules, WakeFence(), self._tell, Timestamp(self.now))
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

    def _take(self, command: RegisterMiners | ChangeConfiguration) -> None:
        self.controller.take(command, Source.DASHBOARD)

    def _tell(self, miner_id: MinerId, message: Told) -> None:
        self.told[miner_id] = getattr(message, "setpoint", None)

    def order(self, share: float) -> None:
        self.controller.take(Activate(Watts(round(1460.0 * share * len(self.miners)))))
        self.controller.loop.snapshot()

    def second(self) -> None:
        """Let a second pass and publish."""
        self.now += 1.0
        self.controller.tick(Timestamp(self.now))
        self.controller.loop.snapshot()

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
        power = Watts(1440.0 + self.now % 7 if runs else 16.0)
        desired = None if told is None else Desired(told, Version(1), Timestamp(self.now))
        changes = {
            "at": Timestamp(self.now),
            "seen_at": Timestamp(self.now),
            "setting": 650,
            "desired": desired,
        }
        return reported(
            miner.miner_id, Phase.HASHING if runs else Phase.ASLEEP, 1000.0, power=power, **changes
        )


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
    shares = iter([0.9, 0.5] * TRIES)
    yield "activate", best(lambda: fleet.order(next(shares)))


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
