"""Builds the miners of a simulated fleet, without any socket: for the servers and for virtual time alike."""

from collections.abc import Iterator
from ipaddress import IPv4Address
from itertools import islice

from netstab.errors import SettingsError
from netstab.simulation.device import Device
from netstab.simulation.physics import Miner
from netstab.simulation.population import draw_units, random_of
from netstab.simulation.profiles import Profile
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
    count: int, first_address: str, profile: Profile, seed: int, *, asleep: bool
) -> dict[MinerId, Device]:
    """Build the miners, hashing or `asleep`; stock firmware knows no sleep. The seed decides all chance."""
    addresses = loopback_addresses(first_address, count)
    supplies = [Supply() for _ in range(0, count, MINERS_PER_SUPPLY)]
    devices = {}
    for index, (address, unit) in enumerate(zip(addresses, draw_units(profile, count, seed), strict=True)):
        supply, random = supplies[index // MINERS_PER_SUPPLY], random_of(seed, "miner", index)
        miner = Miner(unit, profile, supply, random, asleep=asleep and not unit.stock)
        devices[address] = Device(address, index, miner)
    return devices
