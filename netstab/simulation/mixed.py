"""A simulated site of S9 and of other makes: contiguous addresses, the same ports, one meter over all."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain

from netstab.simulation.build import loopback_addresses
from netstab.simulation.faces.build import build_at
from netstab.simulation.faces.fleet import FaceFleet
from netstab.simulation.faces.kinds import FACES
from netstab.simulation.faults import Fault
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.loop import LoopThread
from netstab.simulation.meter import SimulatedMeter
from netstab.simulation.mix import S9, Mix
from netstab.simulation.profiles import DOCUMENT, Profile
from netstab.simulation.served import Metered
from netstab.simulation.servers import bound_everywhere
from netstab.units import MinerId, Watts

__all__ = ["MixedSite"]


class MixedSite(Metered):
    """The S9 are a `SimulatedFleet`, which profile and faults are of; all others have faces.

    Each kind's devices stand side by side, in the order of the mix; the seed decides all chance. For the rest
    see `SimulatedFleet`. `start` raises `OSError` when a port is taken.
    """

    def __init__(
        self,
        mix: Mix,
        *,
        first_address: str = "127.0.1.1",
        profile: Profile = DOCUMENT,
        seed: int = 0,
        speed: float = 1.0,
        api_port: int = 0,
        http_port: int = 0,
        framed_port: int = 0,
        asleep: bool = False,
        faults: Sequence[Fault] = (),
        meter: bool = False,
        meter_http_port: int = 0,
        meter_modbus_port: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.mix = mix
        self.miners = tuple(loopback_addresses(first_address, mix.total))
        self.api_port, self.http_port, self.framed_port = api_port, http_port, framed_port
        self._seed, self._asleep = seed, asleep
        self._profile, self._faults = profile, faults
        self._speed, self._clock = speed, clock
        self._meter_thread = LoopThread("simulated-meter")
        self._meter = SimulatedMeter(self.true_power, meter_http_port, meter_modbus_port) if meter else None
        self._running = ExitStack()
        self.faces: FaceFleet
        self.s9: SimulatedFleet | None = None

    def start(self) -> None:
        """Open all ports; their numbers are known afterwards."""
        with ExitStack() as opened:
            reserved = [opened.enter_context(bound_everywhere(0)) for _ in range(3)]
            free = [int(sock.getsockname()[1]) for sock in reserved]
            self.api_port, self.http_port, self.framed_port = map(
                _chosen, (self.api_port, self.http_port, self.framed_port), free
            )
            self.faces = opened.enter_context(self._faces())
            self.s9 = opened.enter_context(self._s9()) if S9 in self.mix.counts else None
            if self._meter:
                opened.enter_context(self._metered(self._meter))
            self._running = opened.pop_all()

    def stop(self) -> None:
        """Close everything."""
        self._running.close()

    @property
    def ports(self) -> tuple[int, int, int]:
        """The numbers of API, web and framed ports."""
        return self.api_port, self.http_port, self.framed_port

    def _faces(self) -> FaceFleet:
        built = (
            build_at(FACES[name], self.at(name), self._seed, asleep=self._asleep)
            for name in self.mix.counts
            if name != S9
        )
        return FaceFleet(
            dict(chain.from_iterable(kind.items() for kind in built)),
            speed=self._speed,
            api_port=self.api_port,
            http_port=self.http_port,
            framed_port=self.framed_port,
            clock=self._clock,
        )

    def _s9(self) -> SimulatedFleet:
        at = self.at(S9)
        return SimulatedFleet(
            len(at),
            first_address=at[0],
            profile=self._profile,
            seed=self._seed,
            speed=self._speed,
            api_port=self.api_port,
            http_port=self.http_port,
            asleep=self._asleep,
            faults=self._faults,
            beside=self.mix.total - len(at),
            clock=self._clock,
        )

    @contextmanager
    def _metered(self, meter: SimulatedMeter) -> Iterator[None]:
        """Run the meter in a thread of its own: it asks both fleets, each in its own."""
        self._meter_thread.start()
        try:
            self._meter_thread.run(meter.start())
            yield
        finally:
            self._meter_thread.run(meter.stop())
            self._meter_thread.end()

    def at(self, name: str) -> tuple[MinerId, ...]:
        """Return the addresses of the devices of a kind."""
        names = list(self.mix.counts)
        before = sum(self.mix.counts[other] for other in names[: names.index(name)])
        return self.miners[before : before + self.mix.counts[name]]

    @property
    def metered(self) -> bool:
        return self._meter is not None

    def true_power(self) -> Watts:
        """Return what a meter of the whole site shows."""
        return Watts(self.faces.true_power() + (self.s9.true_power() if self.s9 else 0.0))

    def struck(self) -> Counter[str]:
        """Count the S9 that each fault has struck."""
        return self.s9.struck() if self.s9 else Counter()

    def skip(self, seconds: float) -> None:
        """Let physics time pass at once."""
        self.faces.skip(seconds)
        if self.s9:
            self.s9.skip(seconds)


def _chosen(given: int, free: int) -> int:
    return given or free
