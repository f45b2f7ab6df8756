"""The one place where trouble on a wire is told apart and put in words. Who asked gives it his own error."""

import http.client
import ssl
from collections.abc import Mapping
from enum import Enum, auto

import requests
import urllib3

from netstab.errors import NetstabError

__all__ = ["BadAnswer", "Failure", "failure", "named"]


class Failure(Enum):
    TIMED_OUT = auto()
    PORT_CLOSED = auto()
    CONNECTION_LOST = auto()
    UNREACHABLE = auto()
    MALFORMED = auto()


class BadAnswer(Exception):
    """What came is no answer to take; the text says what it does, without its subject."""


def named(error: BaseException, peer: str, errors: Mapping[Failure, type[NetstabError]]) -> NetstabError:
    """Return the error of the one who asked for what happened; what has a name already keeps it."""
    cause = innermost(error)
    if isinstance(cause, NetstabError):
        return cause
    kind, text = failure(cause, peer)
    return errors[kind](text)


def failure(error: BaseException, peer: str) -> tuple[Failure, str]:
    """Return what happened on the way to `peer`, and a sentence about it."""
    match innermost(error):
        case TimeoutError():
            return Failure.TIMED_OUT, f"{peer} gave no answer in time."
        case ConnectionRefusedError():
            return Failure.PORT_CLOSED, f"{peer} refuses connections: nothing listens there."
        case ConnectionError() | http.client.IncompleteRead():
            return Failure.CONNECTION_LOST, f"{peer} broke the connection before the answer was complete."
        case ssl.SSLCertVerificationError() as cause:
            return (
                Failure.UNREACHABLE,
                f"{peer} shows a certificate that is not trusted: {cause.verify_message}.",
            )
        case ssl.SSLError():
            return Failure.MALFORMED, f"{peer} does not speak TLS; check whether it is an http:// address."
        case OSError() as cause:
            return Failure.UNREACHABLE, f"{peer} cannot be reached: {cause.strerror or cause}."
        case BadAnswer() as cause:
            return Failure.MALFORMED, f"{peer} {cause}."
        case cause:
            return Failure.MALFORMED, f"{peer} does not speak the protocol: {type(cause).__name__}."


def innermost(error: BaseException) -> BaseException:
    """Return the innermost cause of an error that `requests` or `urllib3` have wrapped."""
    while isinstance(error, requests.RequestException | urllib3.exceptions.HTTPError):
        inner = error.__cause__ or error.__context__
        if inner is None:
            break
        error = inner
    return error
