"""What a look at one part has found, and how one is kept from taking for ever."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from netstab.errors import NetstabError
from netstab.wire.bounds import within

__all__ = ["Finding", "Grade", "fail", "found", "good", "warn"]


class Grade(IntEnum):
    """The worst of all findings is the exit status."""

    OK = 0
    WARN = 1
    FAIL = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """What is so with one part; where all is not well the text says what to do."""

    part: str
    grade: Grade
    text: str


def good(part: str, text: str) -> Finding:
    return Finding(part, Grade.OK, text)


def warn(part: str, text: str) -> Finding:
    return Finding(part, Grade.WARN, text)


def fail(part: str, text: str) -> Finding:
    return Finding(part, Grade.FAIL, text)


def found(part: str, look: Callable[[], Iterable[Finding]], seconds: float) -> Sequence[Finding]:
    """Return what a look finds within so many seconds; what goes wrong with the look itself is a finding."""

    def looked() -> Sequence[Finding]:
        try:
            return tuple(look())
        except NetstabError as error:
            return (fail(part, str(error)),)
        except Exception as error:  # noqa: BLE001
            return (fail(part, f"It cannot be looked at: {type(error).__name__}: {error}."),)

    try:
        return within(seconds, looked, f"check-{part}")
    except TimeoutError:
        return (fail(part, f"There was no end of it within {seconds:g} s; see whether it hangs."),)
