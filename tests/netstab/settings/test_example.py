"""`.env.example`: what a site begins with."""

from pathlib import Path

import pytest
from dotenv import dotenv_values

from netstab.cli import main
from netstab.settings import read_settings
from netstab.settings.env_file import values_in
from netstab.settings.variables import Variables

FILE = Path(__file__).parents[3] / ".env.example"


def test_the_file_is_what_the_settings_give(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings"]) == 0
    made = capsys.readouterr().out
    assert FILE.read_text() == made, "make it anew: .venv/bin/netstab settings > .env.example"


def test_as_it_is_it_sets_nothing() -> None:
    assert values_in(FILE) == {}


def test_with_its_settings_uncommented_it_sets_each_to_its_default(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["settings"])
    lines = capsys.readouterr().out.splitlines()
    file = tmp_path / "env"
    file.write_text("\n".join(line.removeprefix("#") for line in lines if not line.startswith("# ")))
    defaults = {name: field.default for name, field in Variables.model_fields.items()}
    assert dotenv_values(file) == defaults
    assert read_settings({}, file) == read_settings({})
