"""Events as tests make them up, and any event that hypothesis can think of."""

from dataclasses import replace
from typing import Any

import msgspec
from hypothesis import strategies as st

from netstab.fronts.openadr.documents import Event
from netstab.fronts.openadr.offsets import drawn_by
from netstab.fronts.openadr.planned import PlannedEvent, planned
from netstab.settings.fronts import OpenAdrSettings, OpenAdrVersion
from netstab.simulation.vtn import SimulatedVtn
from netstab.units import Seconds

__all__ = ["DRAW", "NOON", "SECRET", "any_event", "event", "laid_out", "setpoints", "settings"]

NOON = 1795694400.0 * 1000
"""2026-11-26T12:00:00Z in ms."""

DRAW = drawn_by("site-7")


SECRET = "s3cret/+&"


def settings(vtn: SimulatedVtn, **changes: Any) -> OpenAdrSettings:
    whole = OpenAdrSettings(
        vtn_url=vtn.url,
        version=OpenAdrVersion(vtn.version),
        client_id="ven",
        client_secret=SECRET,
        token_url="",
        program="",
        ven_name="site-7",
        targets=(),
        poll=Seconds(10),
        simple_percent=(75, 50, 0),
    )
    return replace(whole, **changes)


def event(**members: Any) -> Event:
    """Return an event by its members, as a VTN writes them."""
    whole = {
        "id": "e1",
        "programID": "p1",
        "createdDateTime": "2026-11-26T10:00:00Z",
        "modificationDateTime": "2026-11-26T10:00:00Z",
    }
    return msgspec.json.decode(msgspec.json.encode(whole | members), type=Event)


def setpoints(*values: float, **members: Any) -> Event:
    """Return an event of setpoints in kW, each for a quarter of an hour from noon on."""
    default = {"intervalPeriod": {"start": "2026-11-26T12:00:00Z", "duration": "PT15M"}}
    intervals = [
        {"id": number, "payloads": [{"type": "DISPATCH_SETPOINT", "values": [value]}]}
        for number, value in enumerate(values)
    ]
    return event(**(default | {"intervals": intervals} | members))


def laid_out(*events: Event) -> list[PlannedEvent]:
    return [planned(each, (), DRAW) for each in events]


_starts = st.sampled_from(
    [
        None,
        "0001-01-01",
        "0001-01-01T00:00:00Z",
        "2026-11-26T11:00:00Z",
        "2026-11-26T12:00:00.1234567Z",
        "2026-11-26T12:10:00+01:00",
        "2026-11-27T00:00:00",
    ]
)
_durations = st.sampled_from([None, "PT0S", "PT15M", "PT1S", "PT0.25S", "P1D", "P9999Y", "-PT1H", "P1W"])
_periods = st.none() | st.fixed_dictionaries(
    {"start": _starts, "duration": _durations, "randomizeStart": _durations}
)
_payloads = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            [
                "DISPATCH_SETPOINT",
                "DISPATCH_SETPOINT_RELATIVE",
                "IMPORT_CAPACITY_LIMIT",
                "SIMPLE",
                "ALERT_GRID_EMERGENCY",
                "PRICE",
                "CURVE",
            ]
        ),
        "values": st.lists(
            st.integers(-2, 4) | st.floats(-1e3, 1e3) | st.text(max_size=3) | st.booleans(), max_size=3
        ),
    }
)
_intervals = st.lists(
    st.fixed_dictionaries(
        {"id": st.integers(0, 9), "payloads": st.lists(_payloads, max_size=3), "intervalPeriod": _periods}
    ),
    max_size=6,
)


@st.composite
def any_event(draw: st.DrawFn) -> Event:
    """Any event whose times can be read."""
    return event(
        id=f"e{draw(st.integers(0, 5))}",
        modificationDateTime=draw(st.sampled_from([None, "2026-11-26T10:00:00Z", "2026-11-26T11:30:00Z"])),
        createdDateTime=draw(st.sampled_from([None, "2026-11-26T09:00:00Z", "2026-11-26T10:00:00Z"])),
        priority=draw(st.none() | st.integers(0, 3)),
        duration=draw(_durations),
        intervalPeriod=draw(_periods),
        intervals=draw(st.none() | _intervals),
    )
