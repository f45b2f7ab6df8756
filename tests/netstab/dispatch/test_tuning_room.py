from dataclasses import replace

from dispatch_units import POWERS, TUNED, ahead_of, tuned

from netstab.devices.antminer.s9 import ANTMINER_S9
from netstab.dispatch.forecast import Room, fine_tolerance, tuning_room
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.unit_status import Availability
from netstab.units import Watts

HIGHEST = POWERS.point(POWERS.highest).power
NO_ROOM = Room(Watts(0.0), Watts(0.0))


def test_only_units_that_hash_and_tune_without_a_restart_give_room() -> None:
    free = tuned(2500)
    told = Setpoint(running=True, point=free.running_at)
    others = [
        replace(free, stays=True),
        replace(free, point_fixed=True),
        replace(free, hashing=False),
        replace(free, availability=Availability.HELD),
        replace(free, capabilities=replace(TUNED, restarts_on_change=True)),
        replace(free, capabilities=ANTMINER_S9.capabilities, rated_power=Watts(1460.0)),
    ]
    power = free.power_at(free.running_at)
    assert tuning_room(ahead_of({free.unit_id: told}, [free])) == (power - 2000, HIGHEST - power)
    for other in others:
        assert tuning_room(ahead_of({other.unit_id: told}, [other])) == NO_ROOM
    assert tuning_room(ahead_of({}, [free])) == NO_ROOM


def test_the_band_is_fine_only_where_tuning_takes_up_what_is_off() -> None:
    room = Room(Watts(1000.0), Watts(200.0))
    assert fine_tolerance(5.0, Watts(900.0), room, 50) == 0.5
    assert fine_tolerance(5.0, Watts(-900.0), room, 50) == 5.0
    assert fine_tolerance(5.0, Watts(-150.0), room, 50) == 0.5
    assert fine_tolerance(0.1, Watts(900.0), room, 50) == 0.1


def test_of_a_few_units_another_choice_may_come_nearer() -> None:
    no_room = Room(Watts(0.0), Watts(0.0))
    assert fine_tolerance(5.0, Watts(900.0), no_room, 5) == 1.0
    assert fine_tolerance(5.0, Watts(900.0), no_room, 2) == 5.0
