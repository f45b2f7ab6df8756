"""From what was sighted to what is registered. Pure."""

from dataclasses import replace

from actors.discovery.scan import Sighting
from events.state import RegisteredMiner
from netstab.devices.antminer.s9 import ANTMINER_S9
from netstab.devices.families import family_of
from netstab.devices.models import UNKNOWN, model_named
from netstab.devices.port import Firmware, Identity
from netstab.power.unit import Capabilities
from netstab.units import WallTime, Watts

__all__ = ["registration", "works_alike"]

UNIDENTIFIED = Identity(
    UNKNOWN, Firmware.UNKNOWN, "", "", "", setting=None, capabilities=Capabilities(), provisional=True
)
"""What is taken for granted of a miner that has not told what it is: nothing."""


def registration(
    sighting: Sighting, known: RegisteredMiner | None, rated_power: Watts | None, now: WallTime
) -> RegisteredMiner:
    """Bring together what a miner tells of itself and what is known of it.

    An operator's figure of its power stays, and so does the setting it came with: what it runs at now may
    be of our making. A miner of an unknown model is rated by its own reading, or 0: then it counts nothing.
    Equal to `known` if nothing is new.
    """
    identity = sighting.identity
    if known is not None and _tells_less(identity, known):
        return _revised(known, sighting, rated_power)
    identity = identity or UNIDENTIFIED
    miner = RegisteredMiner(
        miner_id=sighting.endpoint.miner_id,
        api_port=sighting.endpoint.api_port,
        http_port=sighting.endpoint.http_port,
        model=identity.model,
        firmware=identity.firmware,
        firmware_version=identity.firmware_version,
        mac=identity.mac,
        hostname=identity.hostname,
        rated_power=rated_power or _rated_so_far(known) or _rating(identity, sighting),
        home_frequency=identity.setting,
        controllable=identity.capabilities.controllable,
        registered_at=known.registered_at if known else now,
        answered=sighting.answered,
        provisional=identity.provisional,
        capabilities=_told_itself(identity),
        locked=sighting.locked,
        power_share=identity.power_share,
    )
    if known is not None and known.home_frequency is not None and _is_same(known, miner):
        return replace(miner, home_frequency=known.home_frequency)
    return miner


def _told_itself(identity: Identity) -> Capabilities | None:
    """Return what a miner says of its own points; what its model says is not recorded with each."""
    told = identity.capabilities
    return None if told in (model_named(identity.model).capabilities, Capabilities()) else told


def _is_same(known: RegisteredMiner, miner: RegisteredMiner) -> bool:
    """Whether the same way leads to the same machine, with settings of the same kind.

    Another way has settings of its own, and so has other firmware that tells its
    points itself: a frequency is no power.
    """
    speaks_alike = miner.capabilities is None or known.firmware is miner.firmware
    return known.mac == miner.mac and known.direct is miner.direct and speaks_alike


def _tells_less(identity: Identity | None, known: RegisteredMiner) -> bool:
    """Whether a look takes away from what is known already: the machine is locked, boots, or is busy.

    One that Awesome Miner tells of becomes direct only by a positive sign of what it is.
    """
    if identity is None or (known.mac and not identity.mac):
        return True
    if not known.direct and identity.firmware is Firmware.UNKNOWN:
        return True
    return identity.provisional and not known.provisional and known.mac == identity.mac


def _rated_so_far(known: RegisteredMiner | None) -> Watts:
    """Return the rating that a miner keeps, 0 if it has none; earlier versions rated every model as an S9.

    What its points or its model made of it goes with them; an operator's figure stays.
    """
    if known is None:
        return Watts(0.0)
    full = known.points.full_point
    own = ANTMINER_S9.rated_power, full.power if full is not None else 0.0
    return Watts(0.0) if known.rated_power in own else known.rated_power


def _rating(identity: Identity, sighting: Sighting) -> Watts:
    model, reading, full = model_named(identity.model), sighting.reading, identity.capabilities.full_point
    if full is not None:
        return full.power
    if model.known or reading is None or not sighting.hashing or reading.uncertain:
        return model.rated_power
    return Watts(float(round(reading.power)))


def works_alike(miner: RegisteredMiner, other: RegisteredMiner) -> bool:
    """Whether one actor serves both: nothing that it works with differs."""
    return _worked_with(miner) == _worked_with(other)


def _worked_with(miner: RegisteredMiner) -> tuple[object, ...]:
    return (
        miner.miner_id,
        miner.model,
        miner.firmware,
        family_of(miner.firmware, miner.model, miner.firmware_version).key,
        miner.home_frequency,
        miner.power_share,
        miner.api_port,
        miner.http_port,
        miner.capabilities,
    )


def _revised(known: RegisteredMiner, sighting: Sighting, rated_power: Watts | None) -> RegisteredMiner:
    return replace(
        known,
        api_port=sighting.endpoint.api_port,
        http_port=sighting.endpoint.http_port,
        rated_power=rated_power or known.rated_power,
        answered=known.answered or sighting.answered,
        locked=known.locked or (sighting.locked and known.model == UNKNOWN),
    )
