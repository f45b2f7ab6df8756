"""What the pages of the ways in tell their users to set can be set as it stands there."""

import re
from pathlib import Path

import pytest

from netstab.settings import read_settings
from netstab.settings.variables import Variables

PAGES = Path(__file__).parents[2] / "docs" / "fronts"


@pytest.mark.parametrize("page", ["mqtt", "modbus", "openadr", "s2"])
def test_settings_that_a_page_shows_are_taken_by_systemd_and_docker_too(page: str) -> None:
    """Both take what stands behind a value for a part of it, a comment as well."""
    (shown,) = re.findall(r"\A# .*?```sh\n(.*?)```", (PAGES / f"{page}.md").read_text(), re.DOTALL)
    lines = [line for line in shown.splitlines() if not line.startswith("#")]
    given = {name: value for name, _, value in (line.partition("=") for line in lines)}
    assert given.keys() <= Variables.model_fields.keys()
    assert not any(" " in value for value in given.values())
    read_settings({name: value for name, value in given.items() if not name.endswith("_FILE")})
