"""From what Awesome Miner lists of one miner to the reading and the identity of a unit. Pure.

It tells neither watts nor, for certain, a model: what a unit draws is what it is rated at, while it hashes.
"""

from netstab.devices.awesome_miner.document import Listed
from netstab.devices.awesome_miner.naming import Named, named
from netstab.devices.awesome_miner.proof import Action, Proof
from netstab.devices.awesome_miner.updates import FRESH_FOR, Update
from netstab.devices.port import Activity, Firmware, Identity, Reading
from netstab.errors import DeviceError, MalformedAnswer, Unreachable
from netstab.power.unit import Capabilities, OperatingPoint, PowerSource
from netstab.units import GigahashPerSecond, Timestamp, Watts

__all__ = ["WHOLE", "activity", "identity", "reading", "takes_no_orders", "unheard"]

WHOLE = "whole"
"""The one setting of a unit that is switched and nothing else."""


_RUNS_WITHOUT = "it runs without hashing, and may draw all the same"
_MAY_RUN = "it does not hash, but no start of it is offered, so that it may run and draw all the same"


def unheard(miner: Listed, update: Update, now: Timestamp) -> DeviceError | None:
    """Say why nothing is known of a miner that is listed, None where its state is."""
    if miner.valid is False:
        return Unreachable("Awesome Miner does not reach it.")
    if update.since is None:
        return Unreachable("Awesome Miner does not say when it heard of it last.")
    if not update.is_fresh(now):
        return Unreachable(f"Awesome Miner has not heard of it for more than {FRESH_FOR:.0f} s.")
    if miner.hashes is None:
        return MalformedAnswer("Awesome Miner tells no hash rate of it.")
    return None


def activity(miner: Listed) -> Activity:
    """Say what a miner does of which all is known: one that can only be stopped runs without hashing."""
    if miner.hashes:
        return Activity.HASHING
    return Activity.STARTING if miner.can_stop and not miner.can_start else Activity.STOPPED


def takes_no_orders(miner: Listed, rated: Watts, proof: Proof, tried: int | None, now: Timestamp) -> str:
    """Say why a miner of which all is known is left alone, "" where it may be switched.

    `tried` is the one that the first stop is tried on. Who was told something is offered what it will.
    """
    stopped = activity(miner) is Activity.STOPPED
    action = Action.START if stopped else Action.STOP
    if not rated:
        return "its power is not known: add it again with a rating"
    if miner.number in proof.others:
        return "it was started by somebody else; a rule of Awesome Miner's own may work against this fleet"
    if not (miner.can_start if stopped else miner.can_stop) and not proof.awaits(miner.number, now):
        return f"Awesome Miner does not offer to {action} it"
    if proof.proved or miner.number in (tried, proof.trial) or (stopped and proof.has_stopped(miner.number)):
        return ""
    return proof.refuses(miner.number, action) or "a first stop through Awesome Miner is to be seen to work"


def reading(miner: Listed, rated: Watts, reason: str) -> Reading:
    """Return the reading of a miner of which all is known."""
    does = activity(miner)
    idle = _model(miner).asleep if rated else Watts(0.0)
    return Reading(
        activity=does,
        power=rated if does is Activity.HASHING else idle,
        hashrate=miner.hashrate if does is Activity.HASHING else GigahashPerSecond(0.0),
        setting=WHOLE,
        elapsed=None,
        boards=(),
        fans=(),
        uncertain=_uncertain(miner, does) if rated else "",
        power_at_most=rated if does is Activity.STARTING else None,
        takes_no_orders=reason,
    )


def _uncertain(miner: Listed, does: Activity) -> str:
    """Say why a miner may draw more than one that is stopped: only where a start is offered it is that."""
    if does is Activity.STARTING:
        return _RUNS_WITHOUT
    return "" if does is Activity.HASHING or miner.can_start else _MAY_RUN


def identity(miner: Listed, *, control: bool, stop_seen: bool) -> Identity:
    model = _model(miner)
    return Identity(
        model=model.name,
        firmware=Firmware.AWESOME_MINER,
        firmware_version=STOP_SEEN if stop_seen else "",
        mac="",
        hostname=miner.name,
        setting=WHOLE,
        capabilities=_capabilities(model) if control else Capabilities(),
    )


STOP_SEEN = "stop seen"
"""In the place of a version, which Awesome Miner does not tell: it was seen that a stop works on this one.

It is kept with the miner, so that a restart need not try it anew.
"""


def _model(miner: Listed) -> Named:
    return named(miner.name, miner.hardware)


def _capabilities(model: Named) -> Capabilities:
    """Return one point: of 0 W it draws what it is rated at, whatever that is."""
    return Capabilities(
        switchable=True,
        steps=(OperatingPoint(model.power, model.hashrate, WHOLE),),
        power_source=PowerSource.MODELLED,
        asleep=model.asleep,
    )
