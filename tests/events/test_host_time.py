"""The log goes by the clock of its host, as it is set when something is recorded."""

from contextlib import closing

from host_clock import host_clock
from recording import origin

from events.commands import Activate, Deactivate
from events.history import HistoryReader
from events.log import FleetLog
from netstab.clock import wall_clock
from netstab.power.allocation import PowerMode
from netstab.units import Watts, rfc3339


def test_what_is_recorded_has_the_time_that_the_host_shows_then_forward_or_back(url: str) -> None:
    with (
        host_clock("2026-01-20T15:05:00Z") as host,
        closing(FleetLog(url, wall_clock, PowerMode.ON_OFF)) as log,
    ):
        for number, at in enumerate(("2026-01-20T17:05:00.25Z", "2026-01-20T16:05:00Z"), start=1):
            host.move_to(at)
            log.accept(Activate(Watts(100.0 * number)), origin(number=number), "")
        host.tick(60)
        log.accept(Deactivate(), origin(number=3), "")
    with closing(HistoryReader(url)) as reader:
        shown = [rfc3339(record.timestamp) for record in reversed(reader.recent(3))]
    assert shown == ["2026-01-20T17:05:00.250Z", "2026-01-20T16:05:00.000Z", "2026-01-20T16:06:00.000Z"]
