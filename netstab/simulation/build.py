"""Builds the miners of a simulated fleet, without any socket: for the servers and for virtual time alike."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv4Address
from itertools import islice

from netstab.errors import SettingsError
from netstab.simulation.device import Device
from netstab.simulation.faults import Fault, afflict
from netstab.simulation.physics import Miner
from netstab.simulation.population import draw_units, random_of
from netstab.simulation.profiles import FIELD, Profile
from netstab.simulation.supply import MINERS_PER_SUPPLY, Supply
from netstab.units import MinerId

__all__ = ["build_devices", "loopback_addresses"]


def loopback_addresses(first: str, count: int) -> list[MinerId]:
    """List `count` loopback addresses from `first` on, without those that end in .0 or .255.

    Raises `SettingsError` where there are not so many.
    """
    try:
        addresses = list(islice(_usable_from(IPv4Address(first)), count))
    except ValueError as error:
        raise SettingsError(f"{first} is not an IPv4 address.") from error
    if len(addresses) < count:
        raise SettingsError(f"There are no {count} loopback addresses from {first} on.")
    return addresses


def _usable_from(address: IPv4Address) -> Iterator[MinerId]:
    while address.is_loopback:
        if address.packed[3] not in (0, 255):
            yield MinerId(str(address))
        address += 1


def build_devices(
    count: int,
    first_address: str,
    profile: Profile,
    seed: int,
    *,
    asleep: bool,
    faults: Sequence[Fault] = (),
) -> dict[MinerId, Device]:
    """Build the miners, hashing or `asleep`; stock firmware knows no sleep, and a rogue has none.

    The seed decides all chance.
    """
    addresses = loopback_addresses(first_address, count)
    supplies = [Supply() for _ in range(0, count, MINERS_PER_SUPPLY)]
    units = afflict(draw_units(profile, count, seed), faults, seed)
    sagging = replace(profile, boot_failure=FIELD.boot_failure)
    devices = {}
    for index, (address, unit) in enumerate(zip(addresses, units, strict=True)):
        supply, random = supplies[index // MINERS_PER_SUPPLY], random_of(seed, "miner", index)
        sleeps = asleep and not (unit.stock or unit.defects.rogue)
        miner = Miner(unit, sagging if unit.defects.sags else profile, supply, random, asleep=sleeps)
        devices[address] = Device(address, index, miner)
    return devices
