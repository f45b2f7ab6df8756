"""A meter that answers JSON over HTTP: one GET for each reading, no redirect followed, a bounded answer."""

import http.client
import io
import socket
import time
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from netstab.clock import Clock
from netstab.errors import MeterMalformed, MeterRefused
from netstab.meters.failure import meter_error
from netstab.meters.figure import ZERO_BAND, fleet_power
from netstab.meters.json_answer import figure_in
from netstab.meters.port import ANSWER_WITHIN, CONNECT_WITHIN, MeterReading
from netstab.settings.meter import MeterSettings
from netstab.units import Watts
from netstab.urls import without_password

__all__ = ["LARGEST_ANSWER", "HttpMeter"]

LARGEST_ANSWER = 64 * 1024  # bytes


class _Stream(io.RawIOBase):
    """What a socket receives, until the time-out it had when the answer began has passed in all.

    A time-out of a socket starts anew with each byte: a meter that drips would never be cut off.
    """

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._sock, self._received = sock, sock.makefile("rb", buffering=0)
        self._expires = time.monotonic() + (sock.gettimeout() or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._expires - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._received.readinto(buffer)

    def close(self) -> None:
        self._received.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Stream(sock))


class _Connection(urllib3.connection.HTTPConnection):
    response_class = _Response


class _SecureConnection(urllib3.connection.HTTPSConnection):
    response_class = _Response


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


class HttpMeter:
    """The figure at `field` of what `url` answers."""

    def __init__(self, settings: MeterSettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._peer = without_password(settings.url)

    def read(self, zero: Watts = ZERO_BAND) -> MeterReading:
        at, settings = self._clock(), self._settings
        try:
            body = self._fetch()
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise meter_error(error, self._peer) from error
        figure = figure_in(body, settings.field)
        return MeterReading(fleet_power(figure, settings.unit, settings.base_power_kw, zero), at)

    def _fetch(self) -> bytes:
        with (
            _session() as session,
            session.get(
                self._settings.url,
                timeout=(CONNECT_WITHIN, ANSWER_WITHIN),
                allow_redirects=False,
                stream=True,
            ) as response,
        ):
            if response.status_code != requests.codes.ok:
                status = response.status_code
                raise MeterRefused(f"The meter at {self._peer} answers with status {status}, not 200.")
            return self._whole(response)

    def _whole(self, response: requests.Response) -> bytes:
        body = b""
        for part in response.raw.stream(LARGEST_ANSWER, decode_content=False):
            body += part
            if len(body) > LARGEST_ANSWER:
                raise MeterMalformed(
                    f"The meter at {self._peer} answers with more than {LARGEST_ANSWER} bytes."
                )
        return body


def _session() -> requests.Session:
    """Make a session for one request. The environment is not asked for proxies or passwords."""
    session = requests.Session()
    session.trust_env = False
    session.headers.update({"Connection": "close", "Accept-Encoding": "identity"})
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter())
    return session
