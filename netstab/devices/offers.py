"""The one place where a driver is asked for an interface that not every driver has."""

from enum import StrEnum

from netstab.devices.port import Findable, Readable, Remembering, Restartable, Switchable, Tunable, Watched
from netstab.errors import NotControllable

__all__ = ["Offer", "finding", "offered", "remembering", "renewing", "restarting", "switching", "tuning"]


class Offer(StrEnum):
    """What an operator can be offered of one miner, by the interface of its driver."""

    SWITCH = "switch"  # start and stop it
    TUNE = "tune"
    RESTART = "restart"  # its mining process, its system, its configuration
    FIND = "find"


_INTERFACES = {
    Offer.SWITCH: Switchable,
    Offer.TUNE: Tunable,
    Offer.RESTART: Restartable,
    Offer.FIND: Findable,
}


def offered(driver: Readable) -> frozenset[Offer]:
    return frozenset(offer for offer, interface in _INTERFACES.items() if isinstance(driver, interface))


def switching(driver: Readable) -> Switchable:
    """Return the driver as one that puts miners to sleep; raises `NotControllable`, as all of these do."""
    if isinstance(driver, Switchable):
        return driver
    raise _cannot("be put to sleep or woken")


def remembering(driver: Readable) -> Remembering | None:
    """Return the driver as one whose devices forget as they sleep what they were set to; None of others."""
    return driver if isinstance(driver, Remembering) else None


def tuning(driver: Readable) -> Tunable:
    if isinstance(driver, Tunable):
        return driver
    raise _cannot("be tuned")


def renewing(driver: Readable) -> Watched:
    if isinstance(driver, Watched):
        return driver
    raise _cannot("be told again what holds")


def restarting(driver: Readable) -> Restartable:
    if isinstance(driver, Restartable):
        return driver
    raise _cannot("be restarted")


def finding(driver: Readable) -> Findable:
    if isinstance(driver, Findable):
        return driver
    raise _cannot("be made to blink")


def _cannot(what: str) -> NotControllable:
    return NotControllable(f"This miner cannot {what} from here.")
