"""Everything that can go wrong, in one tree.

    NetstabError
    ├── SettingsError            the environment holds values that cannot be used
    ├── CommandRejected          a command cannot be carried out; carries the documented code
    ├── LogError                 the command log
    │   ├── LogUnavailable       it cannot be read or written just now (retryable)
    │   │   └── LogSlow          what was begun has not ended in time: it may yet be recorded
    │   └── LogFenced            another writer owns the stream
    ├── MeterError               the site meter (retryable)
    │   ├── MeterUnreachable     no connection, or one that broke before the answer was complete
    │   ├── MeterTimedOut        no answer within the deadline
    │   ├── MeterRefused         it says no: an HTTP status other than 200, a Modbus exception
    │   ├── MeterMalformed       an answer that is not of the meter's protocol
    │   └── MeterFigureUnusable  an answer of the right kind without a usable figure where it should be
    ├── CounterpartLost          what a front talks to is not there, or no longer (retryable)
    └── DeviceError              one miner (retryable unless said otherwise)
        ├── Unreachable
        │   ├── TimedOut         no answer within the deadline: gone, hanging or booting
        │   ├── PortClosed       the host answers and refuses: the process behind the port is down
        │   └── ConnectionLost   the connection broke before the answer was complete
        ├── Unauthorized         401 with our credentials: the password was changed
        ├── NotAMiner            an answer of something else (404, HTML with status 200)
        ├── MalformedAnswer      an answer of the right kind that cannot be parsed
        ├── ProcessStopped       the web server answers and says that the mining process is down
        ├── CommandRefused       the miner says no
        ├── NoEffect             the miner took a command and nothing came of it
        ├── ConfigurationDiffers the configuration read back is not the one written
        ├── ConfigurationUnwritable  the firmware would not store the configuration as it is
        ├── StillStarting        the miner starts and takes this only once it hashes
        ├── NotControllable      the firmware has no means for it (permanent)
        ├── WriteAccessClosed    it is only read until its operator opens it for commands, on the device
        ├── HeldByAnother        another client has it for itself just now
        ├── FirmwareTooOld       it takes commands only after an update of its firmware
        └── Withdrawn            a newer command overtook this one before it was sent

Messages are sentences that say what happened and, where it helps, what to do.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

__all__ = [
    "BadValue",
    "CommandRefused",
    "CommandRejected",
    "ConfigurationDiffers",
    "ConfigurationUnwritable",
    "ConnectionLost",
    "CounterpartLost",
    "DeviceError",
    "ErrorCode",
    "FirmwareTooOld",
    "HeldByAnother",
    "LogError",
    "LogFenced",
    "LogSlow",
    "LogUnavailable",
    "MalformedAnswer",
    "MeterError",
    "MeterFigureUnusable",
    "MeterMalformed",
    "MeterRefused",
    "MeterTimedOut",
    "MeterUnreachable",
    "NetstabError",
    "NoEffect",
    "NotAMiner",
    "NotControllable",
    "Parameter",
    "PortClosed",
    "ProcessStopped",
    "Rule",
    "SettingsError",
    "StillStarting",
    "TimedOut",
    "Unauthorized",
    "Unreachable",
    "Withdrawn",
    "WriteAccessClosed",
]


class ErrorCode(StrEnum):
    """Why something was refused, the same for every way in; each front maps the codes to its own, once."""

    INVALID_POWER = "INVALID_POWER"
    INVALID_INPUT = "INVALID_INPUT"
    UNKNOWN_HOST = "UNKNOWN_HOST"
    FOREIGN_SITE = "FOREIGN_SITE"
    NETWORK_NOT_ALLOWED = "NETWORK_NOT_ALLOWED"
    TOKEN_REQUIRED = "TOKEN_REQUIRED"  # noqa: S105  # nosec B105  # a code
    READ_ONLY_TOKEN = "READ_ONLY_TOKEN"  # noqa: S105  # nosec B105  # a code
    UNKNOWN_MINER = "UNKNOWN_MINER"
    UNKNOWN_COMMAND = "UNKNOWN_COMMAND"
    UNKNOWN_LIMIT = "UNKNOWN_LIMIT"
    NOT_RECORDED = "NOT_RECORDED"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    MANUAL_OVERRIDE = "MANUAL_OVERRIDE"
    FAULT_STATE = "FAULT_STATE"
    MINER_REFUSED = "MINER_REFUSED"
    CHANGED_MEANWHILE = "CHANGED_MEANWHILE"
    TOO_MANY_LIMITS = "TOO_MANY_LIMITS"
    TOO_MANY_MINERS = "TOO_MANY_MINERS"
    SCAN_RUNNING = "SCAN_RUNNING"
    REQUEST_TIMEOUT = "REQUEST_TIMEOUT"
    BODY_TOO_LARGE = "BODY_TOO_LARGE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    HEADERS_TOO_LARGE = "HEADERS_TOO_LARGE"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    NOT_IMPLEMENTED = "NOT_IMPLEMENTED"
    STANDBY = "STANDBY"
    NOT_READY = "NOT_READY"
    FLEET_OFFLINE = "FLEET_OFFLINE"
    MINER_UNREACHABLE = "MINER_UNREACHABLE"
    MINER_TIMEOUT = "MINER_TIMEOUT"
    SCAN_TIMEOUT = "SCAN_TIMEOUT"
    LOG_UNAVAILABLE = "LOG_UNAVAILABLE"
    TOO_LATE = "TOO_LATE"
    BUSY = "BUSY"


class Parameter(StrEnum):
    """What of a command can be out of bounds, in the product's words; each front has names of its own."""

    POWER = "power"  # in W
    UNTIL = "until"  # a moment in s by the host's clock


class Rule(StrEnum):
    """How a value must stand to its bound."""

    AT_LEAST = "at_least"  # and finite
    AT_MOST = "at_most"
    LATER_THAN = "later_than"


@dataclass(frozen=True, slots=True)
class BadValue:
    """What was `given` for a parameter, and the bound that it breaks, both in the parameter's unit."""

    parameter: Parameter
    rule: Rule
    bound: float
    given: float


class NetstabError(Exception):
    """The root of all errors that the product raises on purpose."""


class SettingsError(NetstabError):
    """One message that lists every fault found in the environment."""


class CommandRejected(NetstabError):
    """A command was understood and refused.

    `code` says why in a form for machines; the text is the answer's `message`, and is recorded. Where a value
    is out of bounds, `bad` says so in figures, for a front that has names and units of its own.
    """

    def __init__(self, code: ErrorCode, message: str, bad: BadValue | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.bad = bad


class LogError(NetstabError):
    """The command log failed."""


class LogUnavailable(LogError):
    """The log cannot be read or written now: disk full, locked, database away. Retryable."""


class LogSlow(LogUnavailable):
    """What was begun has not ended in time: it may be recorded yet, or not."""


class LogFenced(LogError):
    """Another writer has appended to this stream; this process must not write again."""


class MeterError(NetstabError):
    """The site meter could not be read."""


class MeterUnreachable(MeterError):
    """No usable connection to the meter."""


class MeterTimedOut(MeterError):
    """The meter gave no answer within the deadline."""


class MeterRefused(MeterError):
    """The meter answered, and said no."""


class MeterMalformed(MeterError):
    """What came is not of the meter's protocol."""


class MeterFigureUnusable(MeterError):
    """The answer holds no number where the settings look for it, or one that cannot be a site's draw."""


class MeterReversed(MeterFigureUnusable):
    """The meter shows far less than nothing: its sign is turned round."""


class CounterpartLost(NetstabError):
    """A front has no connection to what it talks to: its broker, its VTN, its energy manager."""


class DeviceError(NetstabError):
    """Something is wrong with one miner, as seen on the wire.

    `kind` names the condition for status pages and filters; the text says it in words. `may_have_acted` is
    set where a command had been let in before it went wrong: the miner may restart because of it.
    """

    kind: ClassVar[str] = "device_error"
    may_have_acted = False

    @property
    def says_no(self) -> bool:
        """Whether the miner answered, and did not do what it was told."""
        return not isinstance(self, Unreachable | Withdrawn) and not self.may_have_acted


class Unreachable(DeviceError):
    """No usable connection to the miner."""

    kind = "unreachable"


class TimedOut(Unreachable):
    kind = "timed_out"


class PortClosed(Unreachable):
    kind = "port_closed"


class ConnectionLost(Unreachable):
    kind = "connection_lost"


class Unauthorized(DeviceError):
    kind = "unauthorized"


class NotAMiner(DeviceError):
    kind = "not_a_miner"


class MalformedAnswer(DeviceError):
    kind = "malformed_answer"


class ProcessStopped(DeviceError):
    kind = "process_stopped"


class CommandRefused(DeviceError):
    kind = "command_refused"


class NoEffect(DeviceError):
    kind = "no_effect"


class ConfigurationDiffers(DeviceError):
    kind = "configuration_differs"


class ConfigurationUnwritable(DeviceError):
    kind = "configuration_unwritable"


class StillStarting(DeviceError):
    kind = "still_starting"


class NotControllable(DeviceError):
    kind = "not_controllable"


class WriteAccessClosed(DeviceError):
    kind = "write_access_closed"


class HeldByAnother(DeviceError):
    kind = "held_by_another"


class FirmwareTooOld(DeviceError):
    kind = "firmware_too_old"


class Withdrawn(DeviceError):
    kind = "withdrawn"
