"""Which unit a miner of Awesome Miner is: that of its address, or one by Awesome Miner's own number. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from netstab.devices.awesome_miner.document import Listed
from netstab.devices.awesome_miner.texts import address
from netstab.reach import Reach
from netstab.units import MinerId

__all__ = ["Known", "is_by_number", "known_as", "number_in"]

_ITSELF = ("127.", "localhost", "[::1]", "::1")
_API_PORT = 4028  # where Awesome Miner asks a miner unless another is typed

_BY_NUMBER = re.compile(r"awesome-(0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Known:
    """The numbers of all units, and of miners that are at the address of another: they are the same one."""

    numbers: Mapping[MinerId, int]
    doubles: tuple[int, ...]


def number_in(text: str) -> int | None:
    """Return the number in the id of a unit that has no address within reach, None for any other text."""
    found = _BY_NUMBER.fullmatch(text)
    return int(found[1]) if found else None


def is_by_number(text: str) -> bool:
    """Whether a text is the id of a unit that has no address within reach."""
    return number_in(text) is not None


def known_as(listed: Mapping[int, Listed], reach: Reach) -> Known:
    """Give each miner its id. Of several at one place the lowest number is the unit there.

    The address is what a miner that is found directly is known by, so that it is never a second unit.
    """
    numbers: dict[MinerId, int] = {}
    doubles, taken = [], set()
    for number in sorted(listed):
        hostname = listed[number].hostname
        found = MinerId(address(hostname))
        within = bool(found) and reach.covers(found)
        place = found if within else _place(hostname)
        if place and place in taken:
            doubles.append(number)
            continue
        taken.add(place)
        numbers[found if within else MinerId(f"awesome-{number}")] = number
    return Known(numbers, tuple(doubles))


def _place(hostname: str) -> str:
    """Return where a miner out of reach is, "" where that tells of none: programs share their computer.

    Behind a router that forwards ports each is another miner.
    """
    place = hostname.strip().casefold().removesuffix(f":{_API_PORT}")
    return "" if place.startswith(_ITSELF) else place
