"""Which sightings are of which machine: by MAC where there is one; the address is what may change. Pure."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter

from actors.discovery.scan import Sighting
from actors.discovery.sweep import in_order
from actors.memo import Memo
from events.commands import Move
from events.state import RegisteredMiner
from netstab.units import MinerId

__all__ = ["Reconciled", "contested", "former_addresses", "mac_of", "reconcile"]

Members = Mapping[MinerId, RegisteredMiner]

_MAC = re.compile(r"[0-9a-f]{2}([:-]?[0-9a-f]{2}){5}")


@lru_cache(maxsize=65_536)  # a /16 of them
def mac_of(text: str) -> str:
    """Return a MAC in one spelling; "" for what tells no machine from another: none, zeros, a group's."""
    given = text[:20].strip().lower()
    if not _MAC.fullmatch(given):
        return ""
    digits = re.sub("[:-]", "", given)
    if int(digits, 16) == 0 or int(digits[:2], 16) & 1:
        return ""
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))


@dataclass(slots=True)
class Reconciled:
    """What follows from sightings: who moved, which registrations go, which address is a second one."""

    moves: list[Move] = field(default_factory=list)
    retired: list[MinerId] = field(default_factory=list)
    doubles: dict[MinerId, MinerId] = field(default_factory=dict)


def contested(sightings: Iterable[Sighting], members: Members) -> set[MinerId]:
    """Name the addresses where it is not certain that the machine is new, or the one that is registered."""
    at: dict[str, list[MinerId]] = defaultdict(list)
    for sighting in sightings:
        if mac := _mac(sighting):
            at[mac].append(sighting.endpoint.miner_id)
    registered = _registered(members)
    return {
        address
        for mac, addresses in at.items()
        for address in addresses
        if len({*addresses, *registered.get(mac, ())}) > 1 or _occupant(members, address) not in ("", mac)
    }


def former_addresses(sightings: Sequence[Sighting], members: Members) -> list[MinerId]:
    """Name the addresses where machines that were seen are registered too, if they were not looked at."""
    registered, seen = _registered(members), {sighting.endpoint.miner_id for sighting in sightings}
    known = (address for sighting in sightings for address in registered.get(_mac(sighting), ()))
    return [address for address in dict.fromkeys(known) if address not in seen]


def reconcile(sightings: Iterable[Sighting], members: Members, held: Collection[MinerId] = ()) -> Reconciled:
    """Say which machine is where. A registered address that is not among the sightings is silent.

    A machine that answers at one address of those where it is registered stays there. Else it moves, and who
    is registered where it goes and was seen nowhere takes its place. What is `held` stays so.
    """
    at: dict[str, list[MinerId]] = defaultdict(list)
    for sighting in sorted(sightings, key=lambda one: in_order(one.endpoint.miner_id)):
        if mac := _mac(sighting):
            at[mac].append(sighting.endpoint.miner_id)
    registered, found, names = _registered(members), Reconciled(), dict[MinerId, MinerId]()
    for mac, addresses in at.items():
        _settle(addresses, registered.get(mac, []), members, held, found, names)
    names |= _displaced(names, members, found.retired)
    found.moves = [Move(mac_of(members[old].mac), old, new) for old, new in names.items()]
    return found


def _settle(
    addresses: Sequence[MinerId],
    registered: Sequence[MinerId],
    members: Members,
    held: Collection[MinerId],
    found: Reconciled,
    names: dict[MinerId, MinerId],
) -> None:
    """Settle one machine, which answers at these addresses; of its registrations the oldest is kept."""
    here = [address for address in registered if address in addresses]
    home = here[0] if here else addresses[0]
    found.doubles |= {address: home for address in addresses if address != home}
    others = [address for address in registered if address != home]
    if not others:
        return
    of_an_operator = [address for address in others if address in held and home not in held]
    older = [address for address in others if not here or _age(members, address) < _age(members, home)]
    if moved := [*of_an_operator, *older][:1]:
        names[moved[0]] = home
    found.retired += [address for address in others if address not in moved]


def _displaced(
    names: Mapping[MinerId, MinerId], members: Members, retired: Collection[MinerId]
) -> dict[MinerId, MinerId]:
    """Return those whose addresses were taken, and that were seen nowhere, an address that was left."""
    came_from = {new: old for old, new in names.items()}
    found = {}
    for new, old in came_from.items():
        occupant = _occupant(members, new)
        if new in names or new in retired or occupant in ("", mac_of(members[old].mac)):
            continue
        left = old
        while left in came_from:
            left = came_from[left]
        found[new] = left
    return found


def _by_mac(members: Members) -> dict[str, list[MinerId]]:
    """Return the addresses of each machine, the one that was registered first before the others."""
    found: dict[str, list[MinerId]] = defaultdict(list)
    for miner in sorted(members.values(), key=attrgetter("registered_at")):
        if mac := mac_of(miner.mac):
            found[mac].append(miner.miner_id)
    return dict(found)


_registered = Memo(_by_mac)
"""After an outage of all each miner is looked at by itself: the fleet must not be gone through for each."""


def _age(members: Members, address: MinerId) -> float:
    return members[address].registered_at


def _occupant(members: Members, address: MinerId) -> str:
    return mac_of(members[address].mac) if address in members else ""


def _mac(sighting: Sighting) -> str:
    return mac_of(sighting.identity.mac) if sighting.identity else ""
