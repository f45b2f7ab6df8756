"""How old what Awesome Miner says of each of its miners is: by the changes of `updatedUtc`. Pure.

That is told by the clock of the Windows machine, which may be wrong by hours. So only the first look compares
it with the clock of this host; from then on a miner is as fresh as the last change that was seen.
"""

from collections.abc import Mapping

from msgspec import Struct

from netstab.devices.awesome_miner.document import Listed
from netstab.devices.awesome_miner.texts import moment
from netstab.units import Seconds, Timestamp, WallTime

__all__ = ["FRESH_FOR", "Update", "followed"]

FRESH_FOR = Seconds(60.0)
"""It asks its miners every 5 s unless it is told otherwise, and thousands more seldom."""


class Update(Struct, frozen=True, gc=False):
    """The text of `updatedUtc` as it was last, and since when: None where it says no time.

    `seen` is when that text was seen first; `since` may be earlier, of a text of the first look.
    """

    text: str
    since: Timestamp | None
    seen: Timestamp

    def is_fresh(self, now: Timestamp) -> bool:
        return self.since is not None and now - self.since <= FRESH_FOR


def followed(
    before: Mapping[int, Update], listed: Mapping[int, Listed], now: Timestamp, wall: WallTime
) -> dict[int, Update]:
    """Return what is known of those that are listed now, by the document that was asked for at `now`."""
    return {
        number: _followed(before.get(number), miner.updated, now, wall) for number, miner in listed.items()
    }


def _followed(known: Update | None, text: str, now: Timestamp, wall: WallTime) -> Update:
    if known is not None and known.text == text:
        return known
    told = moment(text)
    if told is None:
        return Update(text, None, now)
    age = 0.0 if known is not None else max(0.0, wall - told)
    return Update(text, Timestamp(now - age), now)
