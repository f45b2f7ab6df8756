"""How a firm service level is judged: in time below it, and never above it again."""

from netstab.qualification.explained import Moment
from netstab.qualification.service_level import service_level

LIMIT = 500.0


def _from_order(*drawn: float) -> list[Moment]:
    return [(-1.0, 900.0), *((float(second), power) for second, power in enumerate(drawn))]


def test_power_that_drops_and_stays_below_keeps_the_level_with_its_room() -> None:
    found = service_level(_from_order(900.0, 700.0, 480.0, 450.0, 470.0), LIMIT, 0.0)
    assert (found.seconds_to_below, found.highest_after, found.room) == (2.0, 480.0, 20.0)
    assert found.kept(within=2.0)
    assert not found.kept(within=1.0)


def test_power_at_the_limit_itself_is_kept() -> None:
    assert service_level(_from_order(500.0, 500.0), LIMIT, 0.0).kept(within=0.0)


def test_a_watt_above_it_afterwards_breaks_it() -> None:
    found = service_level(_from_order(400.0, 501.0, 501.0, 400.0), LIMIT, 0.0)
    assert (found.room, found.seconds_above) == (-1.0, 2.0)
    assert not found.kept(within=60.0)


def test_power_that_never_came_below_or_was_never_metered_keeps_nothing() -> None:
    assert not service_level(_from_order(900.0, 600.0), LIMIT, 0.0).kept(within=60.0)
    assert not service_level([], LIMIT, 0.0).kept(within=60.0)
