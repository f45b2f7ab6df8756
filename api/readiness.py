"""Whether this server does its work on time, by what is published: each check with its reason, in words.

It asks no actor. A balancer that sends the EMS to the leader goes by `/healthz`.
"""

from collections.abc import Iterator

import falcon

from actors.port import DispatchPort
from api.operation import Refused, operation
from api.schemas.fleet import Check, CheckName, NotReady, Readiness
from netstab.clock import Clock
from netstab.errors import ErrorCode
from netstab.units import Seconds

__all__ = ["READYZ", "ReadinessResource"]

READYZ = "/readyz"

LATE = Seconds(5.0)
"""The fleet is published every second, by a standby every half; a host that is busy may miss some."""


class ReadinessResource:
    def __init__(self, fleet: DispatchPort, clock: Clock) -> None:
        self._fleet = fleet
        self._clock = clock

    @operation("Whether this server leads, on time, with its log", Readiness, refusals=(ErrorCode.NOT_READY,))
    def on_get(self, _request: falcon.Request) -> Readiness | Refused:
        checks = list(self._checks())
        failed = [check.reason for check in checks if not check.ok]
        if not failed:
            return Readiness(ready=True, checks=checks)
        body = NotReady(accepted=False, message=" ".join(failed), ready=False, checks=checks)
        return Refused(ErrorCode.NOT_READY, body)

    def _checks(self) -> Iterator[Check]:
        snapshot = self._fleet.snapshot
        yield _check(CheckName.LEADING, "" if self._fleet.leads else "This server does not lead the fleet.")
        age = self._clock() - snapshot.at
        late = f"The fleet has told nothing for {age:.0f} s." if age > LATE else ""
        yield _check(CheckName.CONTROL_LOOP, late)
        fault = snapshot.log_fault
        yield _check(CheckName.LOG, "" if fault is None else f"Commands cannot be recorded: {fault}")
        yield _check(CheckName.CLOCK, snapshot.clock_off)


def _check(name: CheckName, reason: str) -> Check:
    return Check(name=name, ok=not reason, reason=reason)
