"""Whether the VTN takes us, asked once and by reads alone, before a server starts."""

from netstab.fronts.openadr.client import VtnClient
from netstab.fronts.openadr.exchange import peer_of
from netstab.fronts.openadr.offsets import drawn_by
from netstab.fronts.openadr.planned import read_plan
from netstab.settings.fronts import OpenAdrSettings

__all__ = ["look"]


def look(settings: OpenAdrSettings) -> str:
    """Read the program and the events; say what is there. Raises `CounterpartLost`."""
    polled = VtnClient(settings).poll()
    plan = read_plan(polled.events, polled.descriptors, drawn_by(settings.ven_name))
    unfollowed = len(polled.unusable) + len(plan.unsupported)
    told = f"; {unfollowed} things in them are not followed" if unfollowed else ""
    return f"The VTN at {peer_of(settings.vtn_url)} lists {len(polled.events)} events of ours{told}."
