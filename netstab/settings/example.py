"""The settings as a file to begin with: each with its default and its meaning, commented out. Reads none."""

from netstab.settings.variables import Variables

__all__ = ["example"]

_HEAD = """\
# The settings of netstab, each with its default. Copy this file to .env, or name it by NETSTAB_ENV_FILE, and
# take the # away before those that are to be otherwise. docs/operations.md says more of them.
# Made by `netstab settings`.
"""


def example() -> str:
    """Return the file's text."""
    return "\n".join([_HEAD, *(_lines(name) for name in Variables.model_fields)])


def _lines(name: str) -> str:
    field = Variables.model_fields[name]
    return f"# {field.description}\n#{name}={field.default}\n"
