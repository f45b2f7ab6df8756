"""Which driver reads the meter that the settings name."""

from netstab.clock import Clock
from netstab.meters.http_json import HttpMeter
from netstab.meters.port import Meter
from netstab.settings.meter import MeterSettings

__all__ = ["meter_for"]


def meter_for(settings: MeterSettings, clock: Clock) -> Meter | None:
    """Make the site's meter, None where there is none. Nothing is asked of it yet."""
    if not settings.url:
        return None
    if settings.url.startswith("modbus://"):
        # Imported only here: its library is of no use to a site without such a meter.
        from netstab.meters.modbus import ModbusMeter  # noqa: PLC0415

        return ModbusMeter(settings, clock)
    return HttpMeter(settings, clock)
