"""What is planned."""

from api.examples.base import MOMENT, Example

__all__ = ["SCHEDULE"]

_DATED = {
    "start": "2026-12-01T15:00:00-06:00",
    "end": "2026-12-01T18:00:00-06:00",
    "limit_kw": 0.0,
    "reason": "4CP watch",
}
_WEEKLY = {
    "days": ["mon", "tue", "wed", "thu", "fri"],
    "from": "17:00",
    "to": "20:00",
    "limit_kw": 500.0,
    "except": ["2026-12-25"],
}
_PLANNED = {
    "schedule": [_DATED],
    "timezone": "America/Chicago",
    "weekly": [_WEEKLY],
    "otherwise": {"setpoint_kw": 2000.0},
    "version": 1205,
}
_RATES = [
    {"start": "2026-01-20T14:00:00.000Z", "end": "2026-01-20T15:00:00.000Z", "value": 0.061},
    {"start": "2026-01-20T15:00:00.000Z", "end": "2026-01-20T16:00:00.000Z", "value": -0.012},
]
_RULE = {
    "off_above": 0.09,
    "off_after_min": 10.0,
    "off_at_once_above": 1.0,
    "on_below": 0.07,
    "on_after_min": 15.0,
    "max_changes_per_hour": 2,
}

SCHEDULE = {
    "GET /dashboard/api/schedule": Example(_PLANNED),
    "PUT /dashboard/api/schedule": Example(
        {
            "success": True,
            "message": "Schedule set: 1 dated intervals, 1 weekly rules, times of America/Chicago",
            "version": 1206,
        },
        body=_PLANNED,
    ),
    "GET /dashboard/api/prices": Example(
        {"unit": "kWh", "rates": _RATES, "rule": _RULE, "hash_price": 40.0, "version": 1207}
    ),
    "PUT /dashboard/api/prices": Example(
        {"success": True, "message": "Prices set: 2 prices until 2026-01-20T16:00:00.000Z", "version": 1207},
        body={"rates": _RATES},
    ),
    "GET /dashboard/api/outlook": Example(
        [
            {
                "start": MOMENT,
                "end": "2026-01-20T23:00:00.000Z",
                "kind": "setpoint",
                "value_kw": 2000.0,
                "source": "schedule",
                "reason": "otherwise",
            }
        ]
    ),
}
