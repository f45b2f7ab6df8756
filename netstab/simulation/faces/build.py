"""Builds devices with faces on addresses of their own, without any socket."""

from collections.abc import Mapping, Sequence

from netstab.simulation.build import loopback_addresses
from netstab.simulation.faces.face import Face, Kind, Place
from netstab.simulation.population import random_of
from netstab.units import MinerId

__all__ = ["build_at", "build_faces"]


def build_faces(
    kinds: Sequence[tuple[Kind, int]], first_address: str, seed: int = 0, *, asleep: bool = False
) -> Mapping[MinerId, Face]:
    """Build so many devices of each kind, one kind after the other; the seed decides all chance.

    Raises `SettingsError` where there are not so many loopback addresses.
    """
    addresses = iter(loopback_addresses(first_address, sum(count for _kind, count in kinds)))
    return {
        address: face
        for kind, count in kinds
        for address, face in build_at(
            kind, [next(addresses) for _ in range(count)], seed, asleep=asleep
        ).items()
    }


def build_at(
    kind: Kind, addresses: Sequence[MinerId], seed: int, *, asleep: bool = False
) -> dict[MinerId, Face]:
    """Build a device of a kind at each address."""
    return {
        address: kind.build(Place(address, _mac(address), random_of(seed, kind.name, place), asleep))
        for place, address in enumerate(addresses)
    }


def _mac(address: MinerId) -> str:
    """Return a MAC that no other device of a site has."""
    return "02:" + ":".join(f"{int(octet):02X}" for octet in ("0", *address.split(".")))
