"""Whoever is asked, the same trouble is told apart in the same way."""

import http.client
import ssl

import pytest
import requests
import urllib3

from netstab.devices.transport import DEVICE_ERRORS
from netstab.errors import DeviceError, MeterError, TimedOut
from netstab.meters.failure import METER_ERRORS
from netstab.wire.failure import BadAnswer, Failure, failure, named


def not_trusted(why: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = why
    return error


TROUBLE = [
    (TimeoutError(), Failure.TIMED_OUT),
    (ConnectionRefusedError(), Failure.PORT_CLOSED),
    (ConnectionResetError(), Failure.CONNECTION_LOST),
    (http.client.IncompleteRead(b""), Failure.CONNECTION_LOST),
    (OSError(101, "Network is unreachable"), Failure.UNREACHABLE),
    (http.client.BadStatusLine("SSH-2.0"), Failure.MALFORMED),
    (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), Failure.MALFORMED),
    (not_trusted("self-signed certificate"), Failure.UNREACHABLE),
    (BadAnswer("says nothing of use"), Failure.MALFORMED),
]


@pytest.mark.parametrize(("error", "kind"), TROUBLE)
def test_trouble_is_told_apart_under_whatever_a_library_has_wrapped_around_it(
    error: Exception, kind: Failure
) -> None:
    middle = urllib3.exceptions.HTTPError()
    middle.__cause__ = error
    outer = requests.ConnectionError()
    outer.__context__ = middle
    assert failure(outer, "It") == failure(error, "It")
    assert failure(outer, "It")[0] is kind


@pytest.mark.parametrize(("error", "_kind"), TROUBLE)
def test_miners_and_meters_have_errors_of_their_own_and_the_same_words(
    error: Exception, _kind: Failure
) -> None:
    of_meter, of_miner = named(error, "It", METER_ERRORS), named(error, "It", DEVICE_ERRORS)
    assert isinstance(of_meter, MeterError)
    assert isinstance(of_miner, DeviceError)
    assert str(of_meter) == str(of_miner)


def test_what_a_driver_has_named_keeps_its_name() -> None:
    known = TimedOut("It was not asked.")
    assert named(known, "It", METER_ERRORS) is known


def test_each_way_of_failing_has_an_error_for_miners_and_one_for_meters() -> None:
    assert DEVICE_ERRORS.keys() == METER_ERRORS.keys() == set(Failure)


def test_whoever_does_not_speak_tls_or_is_not_trusted_is_told_in_words() -> None:
    assert failure(ssl.SSLError(1, "[SSL: X] x (_ssl.c:1006)"), "It")[1] == (
        "It does not speak TLS; check whether it is an http:// address."
    )
    assert failure(not_trusted("self-signed certificate"), "It")[1] == (
        "It shows a certificate that is not trusted: self-signed certificate."
    )
