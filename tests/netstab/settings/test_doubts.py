"""What may not be meant so is told, and no value with it."""

from pathlib import Path

import pytest

from netstab.settings import read_settings
from netstab.settings.doubts import doubts

SECRETS = (
    "EMS_TOKEN=0123456789abcdef",
    "MINER_PASSWORD=hunter2",
    "DATABASE_URL=postgresql://netstab:hunter2@127.0.0.1/netstab",
    "POWER_METER_URL=http://meter.example/power?token=hunter2",
)
PLAIN = (
    "EMS_TOKEN=",
    "MINER_PASSWORD=root",
    "MINER_USERNAME=someone",
    "DATABASE_URL=sqlite:////var/lib/netstab/netstab.db",
    "DATABASE_URL=postgresql://netstab@127.0.0.1:5432/netstab?sslmode=require",
    "POWER_METER_URL=http://meter.example:8080/power",
    "NETSTAB_PORT=8100",
)


def told(folder: Path, text: str, mode: int) -> list[str]:
    path = folder / "netstab.env"
    path.write_text(f"DASHBOARD_TOKEN_FILE=\n{text}\n")
    path.chmod(mode)
    found = doubts({}, path, read_settings({}, path))
    return [sentence for sentence in found if "every user of this host" in sentence]


@pytest.mark.parametrize("text", SECRETS)
def test_a_file_of_settings_with_a_secret_that_everybody_can_read_is_told(tmp_path: Path, text: str) -> None:
    name, _, value = text.partition("=")
    [sentence] = told(tmp_path, text, 0o644)
    assert f"netstab.env holds {name}, and can be read" in sentence
    assert "hunter2" not in sentence
    assert value not in sentence
    assert told(tmp_path, text, 0o640) == []


@pytest.mark.parametrize("text", PLAIN)
def test_one_without_a_secret_may_be_read_by_all(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, text, 0o644) == []


@pytest.mark.parametrize(
    ("name", "value"), [("AWESOME_MINER_KEY", "0123456789abcdef"), ("AWESOME_MINER_CONTROL", "true")]
)
def test_what_is_set_for_an_awesome_miner_that_is_not_named_is_told(name: str, value: str) -> None:
    [sentence] = doubts({}, None, read_settings({name: value}))
    assert sentence == f"{name} is set and AWESOME_MINER_URL is not: no Awesome Miner is asked."
    named = {name: value, "AWESOME_MINER_URL": "http://127.0.0.1:17790"}
    assert doubts({}, None, read_settings(named)) == []


def test_what_is_misspelt_and_what_is_open_is_told_as_well(tmp_path: Path) -> None:
    path = tmp_path / "netstab.env"
    path.write_text("NETSTAB_PROT=8100\n")
    given = {"EMS_TOKEN": "0123456789abcdef"}
    [slip, open_] = doubts(given, path, read_settings(given, path))
    assert "NETSTAB_PROT is not known" in slip
    assert "DASHBOARD_TOKEN is not" in open_
