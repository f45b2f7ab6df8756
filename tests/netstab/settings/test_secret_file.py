"""Secrets may stand in files of their own; neither they nor the files' names are shown."""

from pathlib import Path

import pytest
from unusable import refused, written

from netstab.settings import read_settings
from netstab.settings.variables import CREDENTIALS, FILE, FILED

URL = "postgresql://me:hidden@127.0.0.1/log"


def test_each_secret_of_one_text_may_be_in_a_file() -> None:
    named = {name for name, asked in CREDENTIALS.items() if asked.secret}
    assert named >= {"MINER_PASSWORD", "SITE_EMS_TOKEN", "SITE_VIEWER_TOKEN"}
    assert set(FILED) == {
        "DATABASE_URL",
        "MQTT_URL",
        "AWESOME_MINER_KEY",
        "OPENADR_CLIENT_SECRET",
        "S2_TOKEN",
        *named,
    }


def test_what_a_file_holds_is_the_value(tmp_path: Path) -> None:
    settings = read_settings({"DATABASE_URL_FILE": written(tmp_path, f"{URL}\n")})
    assert settings.database_url == URL
    assert "hidden" not in repr(settings)
    credentials = read_settings({"MINER_PASSWORD_FILE": written(tmp_path, "of this site\n")}).credentials
    assert credentials["MINER_PASSWORD"] == "of this site"
    assert "MINER_PASSWORD_FILE" not in credentials


def test_what_sheds_is_kept_beside_the_database_that_a_file_names(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/fleet.db"
    settings = read_settings({"DATABASE_URL_FILE": written(tmp_path, url)})
    assert settings.reserve_file == tmp_path / "fleet.db.reserve"


def test_an_empty_name_is_no_file() -> None:
    settings = read_settings({f"{name}{FILE}": " " for name in FILED})
    assert settings.database_url == "sqlite:///data/netstab.db"
    assert settings.credentials["MINER_PASSWORD"] == "root"


@pytest.mark.parametrize(("name", "value"), [("DATABASE_URL", URL), ("MINER_PASSWORD", "root")])
def test_a_value_beside_a_file_is_refused_even_if_it_is_the_default(
    tmp_path: Path, name: str, value: str
) -> None:
    said = refused({name: value, f"{name}_FILE": written(tmp_path, value)})
    assert f"{name}_FILE must not be set beside {name}." in said
    assert "hidden" not in said


@pytest.mark.parametrize("name", FILED)
def test_a_file_that_cannot_be_used_is_told_by_the_settings_name_alone(tmp_path: Path, name: str) -> None:
    for place in (str(tmp_path / "missing"), str(tmp_path), URL, "\x00"):
        said = refused({f"{name}_FILE": place})
        assert f"{name}_FILE must name a file that can be read" in said
        assert place not in said
    assert f"{name}_FILE names a file that holds nothing" in refused(
        {f"{name}_FILE": written(tmp_path, " \n")}
    )
    assert "too large" in refused({f"{name}_FILE": written(tmp_path, "x" * 70_000)})
    said = refused({f"{name}_FILE": written(tmp_path, "hid\nden")})
    assert "whose content cannot be used: it must" in said
    assert "hid" not in said.replace("kept-apart", "")


def test_a_file_that_every_user_can_read_is_told(tmp_path: Path) -> None:
    assert read_settings({"MINER_PASSWORD_FILE": written(tmp_path, "x")}).advice == ()
    [said] = read_settings({"MINER_PASSWORD_FILE": written(tmp_path, "x", 0o644)}).advice
    assert "MINER_PASSWORD can be read by every user" in said
