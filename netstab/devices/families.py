"""The families of devices, in one table, and what is looked up in it. A new family is one row here.

Whatever is not known by a positive sign is of the last family: it is read, and never controlled.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from netstab.devices.antminer import family as antminer
from netstab.devices.antminer_stock.family import ANTMINER
from netstab.devices.awesome_miner.family import AWESOME_MINER
from netstab.devices.braiins.family import BRAIINS
from netstab.devices.family import Credential, Family
from netstab.devices.first_look import FirstLook
from netstab.devices.luxos.family import LUXOS
from netstab.devices.models import model_named
from netstab.devices.offers import Offer, offered
from netstab.devices.others.family import OTHERS
from netstab.devices.port import Endpoint, Firmware, Identity, Readable
from netstab.devices.site.family import NETSTAB
from netstab.devices.vnish.family import VNISH_REST
from netstab.devices.web import Web
from netstab.devices.whatsminer.family import WHATSMINER_2, WHATSMINER_3
from netstab.errors import DeviceError, MalformedAnswer, NotAMiner, PortClosed, TimedOut, Unreachable
from netstab.wire.login import Digest

__all__ = ["FAMILIES", "credentials", "driver_for", "driver_of", "family_of", "identify", "offers_of"]

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        family.key: family
        for family in (
            antminer.VNISH,
            antminer.STOCK,
            ANTMINER,
            WHATSMINER_3,
            WHATSMINER_2,
            BRAIINS,
            LUXOS,
            VNISH_REST,
            NETSTAB,
            *OTHERS,
            antminer.UNKNOWN,
        )
    }
)
"""By their keys, in the order in which an address is asked whether it is of a family."""

BEHIND: tuple[Family, ...] = (AWESOME_MINER,)
"""Those whose devices are reached through another server: nobody looks for them at an address."""

UNKNOWN = antminer.UNKNOWN.key


def family_of(firmware: Firmware, model: str, version: str) -> Family:
    """Return the first family of a firmware that drives a model and version, else that of unknown ones."""
    rows = (family for family in (*FAMILIES.values(), *BEHIND) if family.firmware is firmware)
    found = next((family for family in rows if family.drives(model, version)), None)
    return found or antminer.UNKNOWN


def driver_for(firmware: Firmware, model: str, version: str, web: Web) -> Readable:
    """Return the driver of a firmware on a model; where either is unknown the miner is only read."""
    return driver_of(family_of(firmware, model, version), web)


def driver_of(family: Family, web: Web) -> Readable:
    """Return the driver of a family, with the family's own credentials alone."""
    return family.driver(_way(family, web))


def offers_of(firmware: Firmware, model: str, version: str) -> frozenset[Offer]:
    """Return what the driver of a firmware on a model has ways to do; nothing is asked of a device."""
    return offered(driver_for(firmware, model, version, Web()))


def credentials() -> dict[str, Credential]:
    """Return what all families ask for, by name; some ask for the same."""
    return {asked.name: asked for family in FAMILIES.values() for asked in family.credentials}


def identify(endpoint: Endpoint, web: Web) -> Identity:
    """Find out what answers there, with reads alone; a sleeping miner is found by its web server.

    What a look takes for a miner of an unknown kind, or of a family with a look of its own, a later one may
    know better. Raises `Unauthorized` for a miner whose password was changed, `NotAMiner` for other devices,
    an `Unreachable` where nothing answers or may be asked. What answers no family in time is asked by no
    other: each would wait as long again.
    """
    web.require_reach(endpoint)
    first = FirstLook(endpoint)
    missed, guess = None, None
    to_look = {family.look: family for family in FAMILIES.values()}
    for look, family in tuple(to_look.items()):
        del to_look[look]
        if not _may_know(family, first, guess):
            continue
        try:
            found = look(endpoint, _way_unknown(family, web.looking(first)))
        except DeviceError as error:
            if guess is not None and _look_of(guess) is look and not isinstance(error, NotAMiner):
                return replace(guess, provisional=True)  # it could not tell just now what it is
            if guess is None and _ends(error, missed):
                raise
            missed = _told(missed, error)
            continue
        known = family_of(found.firmware, found.model, found.firmware_version)
        if known.key != UNKNOWN and known.look not in to_look:
            return found
        guess = guess or found
    if guess is not None:
        return guess
    raise missed or NotAMiner("No family of devices knows what answers there.")


def _may_know(family: Family, first: FirstLook, guess: Identity | None) -> bool:
    """Whether a family is asked: one that goes by a sign where that is; an S9 by name bothers no other."""
    if family.says is not None:
        return first.bears(family.says)
    return guess is None or not model_named(guess.model).known


def _look_of(found: Identity) -> Callable[[Endpoint, Web], Identity]:
    """Return the look of the family that drives what was found: it knows it best."""
    return family_of(found.firmware, found.model, found.firmware_version).look


def _ends(error: DeviceError, before: DeviceError | None) -> bool:
    """Whether no other family is asked: who is silent is not, and who refuses us is known by that.

    That nobody listens at one port is no answer: who keeps silent at the other has said nothing yet.
    """
    if isinstance(error, TimedOut):
        return before is None or isinstance(before, PortClosed)
    return not isinstance(error, NotAMiner | MalformedAnswer | Unreachable)


def _told(before: DeviceError | None, error: DeviceError) -> DeviceError:
    """Return what is said of an address that nobody knows: one that could not say may be a miner.

    That nobody listens where a later family asks says no more than that it is none of that family.
    """
    unsure = isinstance(before, NotAMiner) and not isinstance(error, PortClosed | TimedOut)
    return error if before is None or unsure else before


def _way(family: Family, web: Web) -> Web:
    """Return the way to devices of one family: it knows no other's credentials."""
    values = {asked.name: web.credentials.get(asked.name, asked.default) for asked in family.credentials}
    return web.logged_in(family.login(*values.values()) if family.login else None, values)


def _way_unknown(family: Family, web: Web) -> Web:
    """Return the way to what may be anything: it shows no secret to who answers there."""
    way = _way(family, web)
    return way if isinstance(way.login, Digest) else way.logged_in(None)
