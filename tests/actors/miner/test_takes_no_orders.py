"""A miner that says why it is to be left alone is told nothing, until it says so no more."""

from driven_miner import IDLE, RUN, DrivenMiner, reading
from msgspec import structs

from actors.report import Step
from netstab.devices.port import Activity
from netstab.dispatch.setpoint import Setpoint


def left_alone(activity: Activity, setpoint: Setpoint) -> DrivenMiner:
    driven = DrivenMiner()
    driven.polled(structs.replace(reading(activity), takes_no_orders="somebody else has it"))
    driven.wants(setpoint, 2)
    return driven


def test_it_is_neither_put_to_sleep_nor_woken_by_an_order() -> None:
    for activity, setpoint in ((Activity.HASHING, IDLE), (Activity.STOPPED, RUN)):
        driven = left_alone(activity, setpoint)
        driven.later(10)
        driven.polled(structs.replace(reading(activity), takes_no_orders="somebody else has it"))
        assert driven.steps == []


def test_the_order_that_stands_is_carried_out_once_it_takes_orders_again() -> None:
    driven = left_alone(Activity.HASHING, IDLE)
    driven.polled(reading(Activity.HASHING))
    assert driven.steps == [Step.SLEEP]


def test_an_operator_may_tell_it_all_the_same() -> None:
    driven = left_alone(Activity.HASHING, RUN)
    driven.operate(Step.SLEEP, 3, IDLE)
    assert driven.steps == [Step.SLEEP]
