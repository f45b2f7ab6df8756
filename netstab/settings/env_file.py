"""The file that may hold settings beside the environment. What could be read in two ways is refused.

No message shows a value: passwords stand in such files.
"""

from collections.abc import Mapping
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from netstab.errors import SettingsError

__all__ = ["ENV_FILE", "env_file_of", "values_in"]

ENV_FILE = "NETSTAB_ENV_FILE"
"""Names the file. Without it `.env` of the working directory is read, where there is one."""

_SHOWN = 5  # faults of a file that is no such file at all


def env_file_of(environment: Mapping[str, str]) -> Path | None:
    """Return the file to read, None for none. Raises `SettingsError` where one is named and is not there."""
    named = environment.get(ENV_FILE, "")
    path = Path(named or ".env")
    if path.is_file():
        return path
    if named:
        raise SettingsError(f"{ENV_FILE} names {named!r}, which is no file.")
    return None


def values_in(path: Path) -> dict[str, str]:
    """Return what a file sets by name, or raise one `SettingsError` that lists the lines that set nothing."""
    try:
        with path.open(encoding="utf-8") as stream:
            lines = list(parse_stream(stream))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The file {path} cannot be read: {type(error).__name__}.") from None
    faults = [f"line {line.original.line} {fault}." for line in lines if (fault := _fault(line))]
    if faults:
        raise SettingsError(f"The file {path} cannot be used:\n  " + "\n  ".join(faults[:_SHOWN]))
    return {line.key: line.value or "" for line in lines if line.key}


def _fault(line: Binding) -> str:
    if line.error or (line.key and line.value is None):
        return "must be NAME=value"
    if "${" in (line.value or ""):
        return "must not hold ${: no variable is put in there"
    return ""
