"""The meter is read at its interval; what it does wrong is published and told once."""

import logging
from collections.abc import Iterator

import pykka
import pytest
from waiting import wait_until

from actors.directory import Directory
from actors.meter import MeterActor, MeterParts
from actors.meter_board import MeterBoard, MeterState
from actors.supervisor import Died
from netstab.errors import MeterTimedOut
from netstab.meters.figure import fleet_power
from netstab.meters.port import MeterReading
from netstab.settings.meter import MeterUnit
from netstab.units import Seconds, Timestamp, Watts

START = Timestamp(1_768_921_500.0)


class SetClock:
    def __init__(self) -> None:
        self.now: float = START

    def __call__(self) -> Timestamp:
        return Timestamp(self.now)


class ScriptedMeter:
    """Shows what the test says, None for a failure, and notes when it was asked."""

    def __init__(self, clock: SetClock) -> None:
        self.clock = clock
        self.power: float | str | None = 1000.0
        self.asked: list[float] = []

    def read(self, zero: float = 0.0) -> MeterReading:
        self.asked.append(self.clock.now)
        self.zero = zero
        if self.power is None:
            raise MeterTimedOut("The meter gave no answer in time.")
        power = fleet_power(float(self.power), MeterUnit.WATTS, 0.0, Watts(zero))
        return MeterReading(power, Timestamp(self.clock.now))


class Setting:
    def __init__(self) -> None:
        self.clock = SetClock()
        self.meter = ScriptedMeter(self.clock)
        self.board = MeterBoard(MeterState(START, Seconds(10.0)))
        self.directory = Directory()
        parts = MeterParts(
            self.directory, self.board, self.meter, Seconds(1.0), self.clock, lambda: Watts(58_400.0)
        )
        self.actor = MeterActor.start(parts)

    def pass_time(self, seconds: float) -> None:
        """Let time pass and wait until the meter was asked again."""
        asked = len(self.meter.asked)
        self.clock.now += seconds
        wait_until(lambda: len(self.meter.asked) > asked)
        self.actor.ask("settle", timeout=60)


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Setting]:
    monkeypatch.setattr("actors.meter._STEP", 0.01)
    setting = Setting()
    yield setting
    pykka.ActorRegistry.stop_all(timeout=60)


def test_it_is_read_at_once_and_then_once_in_an_interval(setting: Setting) -> None:
    wait_until(lambda: setting.board.state.reading)
    for power in (1100.0, 1200.0):
        setting.meter.power = power
        setting.pass_time(1.0)
        assert setting.board.state.reading == MeterReading(Watts(power), setting.clock())
    assert setting.meter.asked == [START, START + 1, START + 2]


def test_readings_that_were_missed_are_not_made_up_for(setting: Setting) -> None:
    wait_until(lambda: setting.meter.asked)
    setting.pass_time(60.0)
    setting.actor.ask("settle", timeout=60)
    assert setting.meter.asked == [START, START + 60]


def test_a_failure_keeps_the_last_reading_and_is_told_once_as_is_its_end(
    setting: Setting, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="actors.meter")
    wait_until(lambda: setting.board.state.reading)
    setting.meter.power = None
    for _ in range(3):
        setting.pass_time(1.0)
    state = setting.board.state
    assert state.reading == MeterReading(Watts(1000.0), START)
    assert state.fault is not None
    assert (state.fault.text, state.fault.at) == ("The meter gave no answer in time.", START + 3)
    setting.meter.power = 900.0
    setting.pass_time(1.0)
    assert setting.board.state.fault is None
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "The site meter is not read: The meter gave no answer in time.",
        "The site meter is read again.",
    ]


def test_what_clamps_err_by_at_zero_is_zero_by_the_fleets_rating(setting: Setting) -> None:
    wait_until(lambda: setting.board.state.reading)
    for power in (-2.7, -290.0):
        setting.meter.power = power
        setting.pass_time(1.0)
        assert setting.board.state.power(setting.clock()) == 0.0
    assert (setting.meter.zero, setting.board.state.fault) == (292.0, None)


def test_a_sign_that_is_turned_round_ends_what_the_meter_showed_before_at_once(setting: Setting) -> None:
    wait_until(lambda: setting.board.state.reading)
    setting.meter.power = -1460.0
    setting.pass_time(1.0)
    state = setting.board.state
    assert (state.power(setting.clock()), state.reversed) == (None, True)
    assert state.fault is not None
    assert "its sign is turned round" in state.fault.text
    setting.meter.power = 1460.0
    setting.pass_time(1.0)
    assert (setting.board.state.power(setting.clock()), setting.board.state.reversed) == (1460.0, False)


def test_the_supervisor_hears_of_an_error_that_nobody_foresaw(setting: Setting) -> None:
    heard: list[Died] = []

    class Supervisor(pykka.ThreadingActor):
        def on_receive(self, message: Died) -> None:
            heard.append(message)

    setting.directory.supervisor = Supervisor.start()
    setting.meter.power = "garbage"
    setting.clock.now += 1.0
    wait_until(lambda: heard)
    assert heard[0].name == "meter"
    assert "ValueError" in heard[0].reason
