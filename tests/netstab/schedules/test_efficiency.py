from netstab.power.efficiency import efficiency, worth_running
from netstab.power.unit import Capabilities, OperatingPoint, Unit
from netstab.schedules.efficiency import MOST_STEPS, Step, allowed, steps
from netstab.units import GigahashPerSecond, MinerId, Watts


def unit(name: str, power: float, terahash: float, factor: float = 1.0) -> Unit:
    point = OperatingPoint(Watts(power), GigahashPerSecond(1000 * terahash), 650)
    return Unit(
        MinerId(name),
        Capabilities(steps=(point,), switchable=True),
        Watts(power),
        None,
        None,
        0.0,
        power_factor=factor,
        idle_power=Watts(10.0),
    )


OLD, NEW, UNKNOWN = unit("a", 1460, 13.5), unit("b", 3000, 150), unit("c", 1000, 0)


def test_the_efficiency_of_a_unit_is_that_which_it_was_found_to_draw() -> None:
    assert (efficiency(OLD), efficiency(NEW), efficiency(UNKNOWN)) == (108, 20, None)
    assert efficiency(unit("a", 1460, 13.5, factor=1.1)) == 119


def test_units_of_like_efficiency_go_together_the_best_first() -> None:
    groups = steps([OLD, NEW, unit("d", 3000, 150), UNKNOWN])
    assert groups == (
        Step(0.0, Watts(1000), Watts(10)),
        Step(20.0, Watts(6000), Watts(20)),
        Step(108.0, Watts(1460), Watts(10)),
    )
    assert allowed(groups, 20.0) == Watts(7010)
    assert (allowed(groups, 0.0), allowed(groups, 200.0)) == (Watts(0), Watts(8460))


def test_there_are_never_more_groups_than_are_looked_at() -> None:
    groups = steps([unit(str(each), 1000 + each, 10) for each in range(0, 2000, 7)])
    assert 1 < len(groups) <= MOST_STEPS
    assert [each.efficiency for each in groups] == sorted(each.efficiency for each in groups)


def test_units_of_unknown_efficiency_stay_apart_however_wide_the_groups_are() -> None:
    groups = steps([UNKNOWN, *(unit(str(each), 10 * each, 10) for each in range(1, 300))])
    assert groups[0] == Step(0.0, Watts(1000), Watts(10))
    assert groups[1].efficiency > 0


def test_what_is_not_worth_running_gains_nothing() -> None:
    units = worth_running([OLD, NEW, UNKNOWN], 20.0)
    assert [each.gain_at(each.full_point) > 0 for each in units] == [False, True, True]
    assert worth_running([OLD], None) == [OLD]
