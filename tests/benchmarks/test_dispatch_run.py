"""A run gives the controller what the field gives it."""

from collections.abc import Iterable

from benchmarks.dispatch.controllers.protocol import Reports, Rules, Told
from benchmarks.dispatch.run import Ordered, Scenario, run
from events.state import Order
from netstab.power.unit import PowerMode
from netstab.simulation.profiles import DOCUMENT
from netstab.simulation.virtual.plant import Plant
from netstab.simulation.virtual.site import Site
from netstab.units import Timestamp, Watts


class Listener:
    """Commands nobody, and keeps what the meter showed."""

    def __init__(self) -> None:
        self.metered: list[Watts | None] = []
        self.targets: list[Watts | None] = []

    def decide(
        self, now: Timestamp, order: Order | None, reports: Reports, metered: Watts | None
    ) -> Iterable[Told]:
        self.metered.append(metered)
        self.targets.append(order.target if order is not None else None)
        return ()

    def declared(self, reports: Reports) -> Watts:
        return Watts(0.0)


def heard(*, metered: bool) -> Listener:
    listener = Listener()

    def build(_plant: Plant, _rules: Rules) -> Listener:
        return listener

    scenario = Scenario((Ordered(1, 2000.0), Ordered(2)), 4, Rules())
    run(Site(DOCUMENT, 3, PowerMode.ON_OFF, metered=metered), scenario, build)
    return listener


def test_the_meter_shows_plain_figures_of_a_second_ago() -> None:
    # A figure of numpy compares to flags that are not the ones of Python: deviations then begin anew.
    shown = heard(metered=True).metered
    assert shown[:4] == [None] * 4
    assert {type(figure) for figure in shown[4:]} == {float}
    assert all(shown[4:])


def test_without_a_meter_nothing_is_shown() -> None:
    assert set(heard(metered=False).metered) == {None}


def test_orders_are_given_when_their_time_has_come() -> None:
    assert heard(metered=False).targets == [*[None] * 4, *[2000.0] * 4, *[None] * 8]
