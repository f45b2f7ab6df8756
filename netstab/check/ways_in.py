"""Whether what each front talks to is there: asked once, by reads alone."""

from collections.abc import Callable, Iterator
from functools import partial

from netstab.check.finding import Finding, good
from netstab.fronts.modbus import look as modbus
from netstab.fronts.mqtt import look as mqtt
from netstab.fronts.openadr import look as openadr
from netstab.fronts.s2 import look as s2
from netstab.settings import Settings

__all__ = ["Look", "finding", "looks"]

Look = Callable[[], str]
"""Says what was found; raises `NetstabError` with what is wrong and what to do."""


def looks(settings: Settings) -> dict[str, Look]:
    """Return a look for each front that is set, by its name."""
    fronts = settings.fronts
    found: dict[str, Look] = {}
    if fronts.mqtt.url:
        found["mqtt"] = partial(mqtt.look, fronts.mqtt)
    if fronts.modbus.listen:
        found["modbus"] = partial(modbus.look, fronts.modbus.listen, fronts.modbus.networks)
    if fronts.s2.url:
        found["s2"] = partial(s2.look, fronts.s2)
    if fronts.openadr.vtn_url:
        found["openadr"] = partial(openadr.look, fronts.openadr)
    return found


def finding(name: str, look: Look) -> Iterator[Finding]:
    """Take one look."""
    yield good(name, look())
