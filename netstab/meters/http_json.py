"""A meter that answers JSON over HTTP: one GET for each reading."""

from http import HTTPStatus

from netstab.clock import Clock
from netstab.errors import MeterRefused
from netstab.meters.failure import METER_ERRORS, meter_named
from netstab.meters.figure import ZERO_BAND, fleet_power
from netstab.meters.json_answer import figure_in
from netstab.meters.port import ANSWER_WITHIN, CONNECT_WITHIN, MeterReading
from netstab.settings.meter import MeterSettings
from netstab.units import Watts
from netstab.urls import without_password
from netstab.wire.bounds import after
from netstab.wire.http import Call, HttpSession
from netstab.wire.login import login_in

__all__ = ["HttpMeter"]


class HttpMeter:
    """The figure at `field` of what `url` answers. It keeps no session: each reading stands for itself."""

    def __init__(self, settings: MeterSettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._peer = meter_named(without_password(settings.url))

    def read(self, zero: Watts = ZERO_BAND) -> MeterReading:
        at, settings = self._clock(), self._settings
        figure = figure_in(self._fetch(), settings.field)
        return MeterReading(fleet_power(figure, settings.unit, settings.base_power_kw, zero), at)

    def _fetch(self) -> bytes:
        expires = after(CONNECT_WITHIN + ANSWER_WITHIN)
        call = Call(self._peer, METER_ERRORS, expires, CONNECT_WITHIN, ANSWER_WITHIN)
        answer = HttpSession(login_in(self._settings.url)).exchange(self._settings.url, call)
        if answer.status != HTTPStatus.OK:
            raise MeterRefused(f"{self._peer} answers with status {answer.status}, not 200.")
        return answer.body
