"""What the server's own log lines look like, as it is set."""

from enum import StrEnum

__all__ = ["LogFormat"]


class LogFormat(StrEnum):
    """`auto` goes by where the lines go."""

    AUTO = "auto"
    TEXT = "text"
    JSON = "json"
