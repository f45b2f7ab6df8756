"""The simulated site's meter: the true power of the physics, as JSON over HTTP and over Modbus TCP."""

from collections.abc import Callable
from contextlib import AsyncExitStack

from netstab.simulation.instrument import Instrument
from netstab.simulation.meter_http import HttpSide
from netstab.units import Watts

__all__ = ["SimulatedMeter"]


class SimulatedMeter(Instrument):
    """A meter on 127.0.0.1, which its loop's thread starts and stops. Port 0 takes a free one."""

    def __init__(self, power: Callable[[], Watts], http_port: int, modbus_port: int) -> None:
        super().__init__(power)
        self.http_port, self.modbus_port = http_port, modbus_port
        self._open = AsyncExitStack()

    async def start(self) -> None:
        """Open both ports; their numbers are known afterwards. Raises `OSError` if one is taken."""
        # Imported only here: a simulation without a meter has no use for its library.
        from netstab.simulation.meter_modbus import ModbusSide  # noqa: PLC0415

        web = HttpSide(self)
        self.http_port = await web.start(self.http_port)
        self._open.push_async_callback(web.stop)
        modbus = ModbusSide(self, self.modbus_port)
        self.modbus_port = await modbus.start()
        self._open.push_async_callback(modbus.stop)

    async def stop(self) -> None:
        await self._open.aclose()
