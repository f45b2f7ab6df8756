"""What a simulated meter shows, and what a test did to it. It knows no protocol."""

from collections.abc import Callable
from dataclasses import dataclass

from netstab.units import Watts

__all__ = ["Instrument", "MeterFaults"]


@dataclass(frozen=True, slots=True)
class MeterFaults:
    """What is wrong with a meter.

    `silent` ports accept and never answer; a `frozen` meter goes on showing its last figure; a `refusing` one
    answers that it is busy. `http` and `modbus` are bytes that are answered to everything.
    """

    silent: bool = False
    frozen: bool = False
    refusing: bool = False
    http: bytes | None = None
    modbus: bytes | None = None


class Instrument:
    """Shows a power. Its `faults` may be replaced from any thread."""

    def __init__(self, power: Callable[[], Watts]) -> None:
        self.faults = MeterFaults()
        self._power, self._shown = power, Watts(0.0)

    def shown(self) -> Watts:
        """Return the figure that it shows now."""
        if not self.faults.frozen:
            self._shown = self._power()
        return self._shown
