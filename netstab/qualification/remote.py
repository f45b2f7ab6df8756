"""A site behind a running server: ordered by the EMS's three calls, seen by the dashboard's, over sockets.

Orders, and their repetition before the server's time-out, are all that it sends. Whether it may is not its
question (`guard.py`).
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from netstab.client.calls import CallFailed, Client, Outcome
from netstab.errors import ErrorCode, MeterError, NetstabError
from netstab.meters.port import Meter
from netstab.qualification.plan import Loss
from netstab.qualification.site import CannotBeLost, Declared, Receipt, Recording, Sample
from netstab.units import Seconds, Watts, kilowatts, watts

__all__ = ["LIMITS", "Asked", "ConnectionGone", "RemoteSite", "Shown"]

LIMITS = "qualify"
"""The source of the limits that a test sets."""

_API = "/dashboard/api"
_GONE_AFTER = 10.0  # s without any answer; a leader that is followed by its standby takes about five
_CAPACITY_HOLDS = 5.0  # s, as long as a server renews it in
_LIMIT_HOLDS = 600.0  # s, if it is not set again
_STEP = 0.25  # s of sleep at the most, so that the order is repeated in time
_SAID_AGAIN = 5
_MOST_PAGES = 10  # of a thousand commands
_WORDS = 3  # in one time-out of the server: one may be lost


class ConnectionGone(NetstabError):
    """The server has not answered for so long that nobody knows what it does."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the server showed last: its status, its dispatch, and its capacity, as the API gives them."""

    status: Mapping[str, Any] = field(default_factory=dict)
    dispatch: Mapping[str, Any] = field(default_factory=dict)
    capacity: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the bench has ordered last, None for standby.

    While it is `in_doubt` whether that arrived, `or_still` is what holds if not.
    """

    target: Watts | None
    or_still: tuple[Watts | None, ...] = ()
    in_doubt: bool = False

    @property
    def possible(self) -> tuple[Watts | None, ...]:
        return tuple(dict.fromkeys((self.target, *self.or_still)))


class RemoteSite:
    """A `Site` of the bench. `ems` and `dashboard` are calls of the same server, each with its own token.

    With a `meter` the bench reads that itself; without one, what the server shows of its own counts as
    metered, and without that what miners tell. `pace` is how many seconds of a plan pass in one: above 1 for
    a simulated fleet alone, whose physics is as fast. `asked` is None before the first order; while it is
    `silent` none goes out.
    """

    def __init__(
        self,
        ems: Client,
        dashboard: Client,
        meter: Meter | None = None,
        pace: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ems, self._dashboard, self._meter = ems, dashboard, meter
        self._pace, self._clock, self._began = pace, clock, clock()
        self._said_at, self._answered_at, self._capacity_at = clock(), clock(), clock()
        self.asked: Asked | None = None
        self._limit: Watts | None = None
        self._limited_at = clock()
        self.silent = False
        self.shown = Shown()
        self.look()
        self._source = self.shown.dispatch["power_source"]

    @property
    def url(self) -> str:
        return self._dashboard.url

    @property
    def units(self) -> int:
        return int(self.shown.status["total_miners"])

    @property
    def rated(self) -> Watts:
        return watts(self.shown.status["rated_power_kw"])

    @property
    def is_limited(self) -> bool:
        """Whether the limit of a test is shown in force."""
        return any(limit["source"] == LIMITS for limit in self.shown.dispatch["limits"])

    @property
    def is_fresh(self) -> bool:
        """Whether what is shown was seen since the last order."""
        return self._answered_at >= self._said_at

    @property
    def ems_timeout(self) -> float:
        """The seconds of silence after which the server's failsafe acts; 0: never."""
        return float(self.shown.dispatch["ems"]["timeout_seconds"])

    def now(self) -> Seconds:
        return Seconds(self._pace * (self._clock() - self._began))

    def wait_until(self, at: Seconds) -> None:
        self._repeat()  # who is late does not wait at all
        while (left := (at - self.now()) / self._pace) > 0:
            time.sleep(min(left, _STEP))
            self._repeat()

    def _repeat(self) -> None:
        """Say the order again before the server takes its EMS for silent, and the limit before it lapses."""
        lapses = self._clock() - self._limited_at >= _LIMIT_HOLDS / _WORDS
        if self._limit is not None and lapses and self.is_limited:  # one that somebody lifted stays lifted
            self.limit(self._limit)
        due = self.ems_timeout and self._clock() - self._said_at >= self.ems_timeout / _WORDS
        if due and self.asked is not None and not self.silent:
            self.order(self.asked.target)

    def order(self, target: Watts | None) -> Receipt:
        """Order, unless the EMS was taken away: then it is said when that is given back."""
        receipt = Receipt(self.now(), target, request_id=f"qualify-{uuid4()}")
        self._said_at = self._clock()
        before = self.asked
        possible = () if before is None else before.possible
        if self.silent:  # what was ordered last still holds
            self.asked = Asked(target, possible)
            return receipt
        path, body = "deactivate", dict[str, float]()
        if target is not None:
            path, body = "activate", {"activationPowerInKw": kilowatts(target)}
        # until there is an answer nobody knows which holds, and an end may come at any moment
        self.asked = Asked(target, possible, in_doubt=True)
        try:
            self._said(f"/api/{path}", body, receipt.request_id)
        except CallFailed as error:
            if error.outcome not in (Outcome.UNREACHABLE, Outcome.FAILED):
                self.asked = before
            return replace(receipt, refusal=str(error))
        self.asked = Asked(target)
        return receipt

    def limit(self, most: Watts | None) -> Receipt:
        """Set or lift the bench's own limit."""
        receipt = Receipt(self.now(), most, request_id=f"qualify-{uuid4()}", limits=True)
        self._limit, self._limited_at = most, self._clock()
        method, body = ("DELETE", None) if most is None else ("PUT", self._limiting(most))
        try:
            self._dashboard.call(method, f"{_API}/limits/{LIMITS}", body, request_id=receipt.request_id)
        except CallFailed as error:
            return replace(receipt, refusal=str(error))
        return receipt

    def _limiting(self, most: Watts) -> dict[str, Any]:
        """Return a limit that lapses by the server's own time, should the bench die."""
        now = datetime.fromisoformat(self.shown.status["last_update"])
        return {"power_kw": kilowatts(most), "until": (now + timedelta(seconds=_LIMIT_HOLDS)).isoformat()}

    def _said(self, path: str, body: dict[str, float], request_id: str) -> None:
        """Order, and again where the server was too late to hear it and says that it did nothing."""
        for _ in range(_SAID_AGAIN):
            try:
                self._ems.call("POST", path, body, request_id=request_id)
            except CallFailed as error:
                if error.code != ErrorCode.TOO_LATE:
                    raise
                late = error
            else:
                return
        raise late

    def sample(self) -> Sample:
        """Look at it. Raises `ConnectionGone` after `_GONE_AFTER` s without an answer."""
        at = self.now()
        read = self._read()  # first: what the server takes to answer must not date it
        answered = self.looked()
        shown, units = self.shown, self.shown.capacity["units"]
        claimed, available = self._claimed() if answered else (Watts(0.0), False)
        expected = shown.dispatch["expected_power_kw"]
        return Sample(
            at=at,
            target=_watts(shown.dispatch["pursued_power_kw"]),
            metered=read if self._meter is not None else self._told(answered=answered),
            claimed=claimed,
            expected=watts(expected) if answered else None,
            hashing=shown.status["mining_miners"],
            starting=units["in_transition"],
            unusable=units["total"] - units["available"],
            faults=tuple(shown.status["errors"]),
            available=available,
        )

    def look(self) -> None:
        """Ask the server all that it shows. Raises `CallFailed`."""
        status = self._dashboard.call("GET", f"{_API}/status")
        dispatch = self._dashboard.call("GET", f"{_API}/dispatch")
        capacity = self.shown.capacity
        if not capacity or self._clock() - self._capacity_at >= _CAPACITY_HOLDS:
            capacity = self._dashboard.call("GET", f"{_API}/capacity", query={"hands": 0})
            self._capacity_at = self._clock()
        self.shown, self._answered_at = Shown(status, dispatch, capacity), self._clock()

    def looked(self) -> bool:
        """Look, and say whether there was an answer. Raises `ConnectionGone`."""
        try:
            self.look()
        except CallFailed as error:
            gone = self._clock() - self._answered_at
            if error.outcome is not Outcome.UNREACHABLE or gone >= _GONE_AFTER:
                raise ConnectionGone(f"The server is lost since {gone:.0f} s: {error}") from error
            return False
        return True

    def _claimed(self) -> tuple[Watts, bool]:
        """Return what an EMS is told: active power, and whether the fleet can be ordered."""
        try:
            told = self._ems.call("GET", "/api/status")
        except CallFailed:
            return Watts(0.0), False
        return watts(told["activePowerInKw"]), bool(told["isAvailableForDispatch"])

    def _read(self) -> Watts | None:
        try:
            return None if self._meter is None else self._meter.read().power
        except MeterError:
            return None

    def _told(self, *, answered: bool) -> Watts | None:
        """Return what the server shows; None where it is not known by the source that the report names."""
        if not answered or self.shown.dispatch["power_source"] != self._source:
            return None
        return watts(self.shown.status["active_power_kw"])

    @property
    def proven_by(self) -> str:
        """Say whose figures are judged."""
        if self._meter is not None:
            return "the site meter, read by the bench"
        if self._source == "meter":
            return "the site meter, as the server shows it"
        return "what the miners tell of themselves: there is no site meter"

    def declared(self) -> Declared:
        """Ask anew what can be had."""
        self._capacity_at = float("-inf")
        self.look()
        shown = self.shown.capacity
        return Declared(
            watts(shown["reachable_power_kw"]),
            watts(shown["minimum_power_kw"]),
            watts(shown["power_step_kw"]),
            watts(min(shown["ramp_up_kw_per_second"], shown["ramp_down_kw_per_second"])),
        )

    def lose(self, what: Loss, share: float) -> None:
        if what is not Loss.EMS:
            raise CannotBeLost(f"Of a site behind a server the bench cannot take away: {what}.")
        self.silent = True

    def restore(self, what: Loss) -> None:
        if what is Loss.EMS and self.silent:
            self.silent = False
            if self.asked is not None:
                self.order(self.asked.target)

    def proven(self, recording: Recording) -> Recording:
        """Add to the receipts what the server's log holds of them, and a head of it that covers all."""
        vouched, recorded = self.head(), self._recorded({each.request_id for each in recording.receipts})
        receipts = (_proven(each, recorded.get(each.request_id), vouched) for each in recording.receipts)
        return replace(recording, receipts=tuple(receipts))

    def head(self) -> str:
        """Return the head of the server's log, as VERSION:HASH."""
        head = self._dashboard.call("GET", f"{_API}/history/head")
        return f"{head['version']}:{head['hash']}"

    def _recorded(self, wanted: set[str]) -> dict[str, Mapping[str, Any]]:
        """Find the commands of these requests in the history, the newest first, until all are found."""
        found: dict[str, Mapping[str, Any]] = {}
        asked: dict[str, Any] = {"limit": 1000, "detail": "true"}
        for _ in range(_MOST_PAGES):
            page = self._dashboard.call("GET", f"{_API}/history", query=asked)["commands"]
            found |= {entry["request_id"]: entry for entry in page if entry["request_id"] in wanted}
            if len(page) < asked["limit"] or wanted <= found.keys():
                break
            asked["before"] = page[-1]["version"]
        return found


def _proven(receipt: Receipt, entry: Mapping[str, Any] | None, head: str) -> Receipt:
    if entry is None:
        return receipt
    return replace(receipt, version=entry["version"], command_id=entry["command_id"], head=head)


def _watts(power_kw: float | None) -> Watts | None:
    return None if power_kw is None else watts(power_kw)
