"""Settings may stand in a file; the environment goes before it."""

import logging
from pathlib import Path

import pytest

from netstab.errors import SettingsError
from netstab.settings import read_settings
from netstab.settings.env_file import env_file_of, values_in


def written(folder: Path, text: str) -> Path:
    path = folder / ".env"
    path.write_text(text)
    return path


def test_what_the_environment_does_not_say_comes_from_the_file(tmp_path: Path) -> None:
    text = "# site\nexport NETSTAB_PORT=8100\nMINER_PASSWORD='a # b'\nMINER_ALLOWED_NETWORKS=\n"
    settings = read_settings({"NETSTAB_PORT": "8200"}, written(tmp_path, text))
    assert (settings.port, settings.allowed_networks) == (8200, ())
    assert (settings.credentials["MINER_USERNAME"], settings.credentials["MINER_PASSWORD"]) == (
        "root",
        "a # b",
    )
    assert settings.api_port == 4028


def test_the_process_s_own_environment_has_no_say_in_what_was_handed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "NETSTAB_PORT=8100")
    monkeypatch.setenv("NETSTAB_PORT", "8300")
    assert read_settings({}).port == 8000


def test_faults_of_both_are_listed_in_one_message_that_shows_no_password(tmp_path: Path) -> None:
    path = written(
        tmp_path, "NETSTAB_PORT=high\nDATABASE_URL=mysql://me:secret@host/log\nMINER_PASSWORD=' '\n"
    )
    with pytest.raises(SettingsError) as error:
        read_settings({"POLL_INTERVAL_SECONDS": "soon"}, path)
    named = [line.split()[0] for line in str(error.value).splitlines()[1:]]
    assert set(named) == {"NETSTAB_PORT", "DATABASE_URL", "MINER_PASSWORD", "POLL_INTERVAL_SECONDS"}
    assert "secret" not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


def test_a_file_is_found_in_the_working_directory_or_where_it_is_said_to_be(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert env_file_of({}) is None
    written(tmp_path, "")
    assert env_file_of({}) == Path(".env")
    other = tmp_path / "site.env"
    other.touch()
    assert env_file_of({"NETSTAB_ENV_FILE": str(other)}) == other


def test_a_file_that_is_named_and_not_there_ends_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"NETSTAB_ENV_FILE names '.*gone', which is no file"):
        env_file_of({"NETSTAB_ENV_FILE": str(tmp_path / "gone")})


@pytest.mark.parametrize(
    "line", ["NETSTAB_PORT", "MINER_PASSWORD='secret", "MINER_PASSWORD=secret${HOME}", "=secret"]
)
def test_a_line_that_could_be_read_in_two_ways_is_refused_by_its_number_and_not_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, line: str
) -> None:
    path = written(tmp_path, f"NETSTAB_HOST=127.0.0.1\n{line}\n")
    with caplog.at_level(logging.DEBUG), pytest.raises(SettingsError, match=r"line 2 must") as error:
        read_settings({}, path)
    assert "secret" not in str(error.value)
    assert "secret" not in caplog.text


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="cannot be read: UnicodeDecodeError"):
        values_in(path)


def test_the_names_in_a_file_are_told_so_that_a_misspelt_one_is_found(tmp_path: Path) -> None:
    held = values_in(written(tmp_path, "NETSTAB_PROT=8100\n\n# none\nOTHER=1\n"))
    assert list(held) == ["NETSTAB_PROT", "OTHER"]
