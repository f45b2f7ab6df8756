"""Limits of what the fleet may draw, by their sources: shown, set and lifted."""

import falcon

from actors.port import DispatchPort
from api.arrival import sender
from api.history_views import limit_view
from api.operation import operation
from api.schemas.dispatch import LimitAnswer, LimitBody, LimitsView
from events.commands import Command, LiftLimit, SetLimit
from events.state import Source
from netstab.errors import ErrorCode
from netstab.units import WallTime, asked_watts

__all__ = ["LimitResource", "LimitsResource"]


class LimitsResource:
    def __init__(self, fleet: DispatchPort) -> None:
        self._fleet = fleet

    @operation("The limits in force", LimitsView)
    def on_get(self, _request: falcon.Request) -> LimitsView:
        return LimitsView(limits=[limit_view(limit) for limit in self._fleet.snapshot.limits])


class LimitResource:
    def __init__(self, fleet: DispatchPort) -> None:
        self._fleet = fleet

    @operation(
        "Limit what the fleet may draw, until a time or until it is lifted",
        LimitAnswer,
        body=LimitBody,
        refusals=(ErrorCode.INVALID_POWER, ErrorCode.TOO_MANY_LIMITS, ErrorCode.FAULT_STATE),
    )
    def on_put(self, request: falcon.Request, source: str, body: LimitBody) -> LimitAnswer:
        until = None if body.until is None else WallTime(body.until.timestamp())
        return self._submit(request, SetLimit(source, asked_watts(body.power_kw), until))

    @operation(
        "Lift a limit",
        LimitAnswer,
        refusals=(ErrorCode.INVALID_INPUT, ErrorCode.UNKNOWN_LIMIT, ErrorCode.FAULT_STATE),
    )
    def on_delete(self, request: falcon.Request, source: str) -> LimitAnswer:
        return self._submit(request, LiftLimit(source))

    def _submit(self, request: falcon.Request, command: Command) -> LimitAnswer:
        result = self._fleet.submit(command, Source.DASHBOARD, sender(request))
        return LimitAnswer(success=True, message=result.message)
