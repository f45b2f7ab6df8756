"""What simulated sites have in common: they are served from `start` to `stop`, and may have a meter."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from netstab.simulation.meter import SimulatedMeter

__all__ = ["Metered", "Served"]


class Served(ABC):
    """Something with ports, as a context manager."""

    @abstractmethod
    def start(self) -> None:
        """Open all ports; their numbers are known afterwards."""

    @abstractmethod
    def stop(self) -> None:
        """Close everything."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()


class Metered(Served):
    """A site with a meter on 127.0.0.1, if it was made with one."""

    _meter: SimulatedMeter | None

    @property
    def meter(self) -> SimulatedMeter:
        """The meter of a site that was made with one; its `faults` may be replaced."""
        if self._meter is None:
            raise RuntimeError("This simulated site was made without a meter.")
        return self._meter

    @property
    def meter_url(self) -> str:
        return f"http://127.0.0.1:{self.meter.http_port}/"

    @property
    def modbus_port(self) -> int:
        return self.meter.modbus_port
