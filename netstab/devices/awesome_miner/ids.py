"""Which unit a miner of Awesome Miner is: that of its address, or one by Awesome Miner's own number. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from netstab.devices.awesome_miner.document import Listed
from netstab.devices.awesome_miner.texts import address
from netstab.reach import Reach
from netstab.units import MinerId

__all__ = ["Known", "is_by_number", "known_as", "number_in"]

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
    """Give each miner its id. Of several at an address within reach the lowest number is the unit there.

    The address is what a miner that is found directly is known by, so that it is never a second unit.
    """
    numbers: dict[MinerId, int] = {}
    doubles = []
    for number in sorted(listed):
        found = MinerId(address(listed[number].hostname))
        if not found or not reach.covers(found):
            numbers[MinerId(f"awesome-{number}")] = number
        elif found in numbers:
            doubles.append(number)
        else:
            numbers[found] = number
    return Known(numbers, tuple(doubles))
