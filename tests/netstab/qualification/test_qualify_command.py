import json
from pathlib import Path

import pytest

from netstab.cli import main

SHORT = """
site = {full_minutes = 3, rest_minutes = 1, lead_minutes = 2}
T1 = {points = 1, interval_minutes = 3}
[T3]
deadline_minutes = 1
hold_minutes = 2
restore_minutes = 1
"""


@pytest.fixture
def criteria(tmp_path: Path) -> Path:
    path = tmp_path / "criteria.toml"
    path.write_text(SHORT)
    return path


def qualify(criteria: Path, folder: Path, *more: str) -> int:
    fleet = ("--virtual", "--count", "4", "--composition", "range", "--profile", "document")
    return main(["qualify", *fleet, "--criteria", str(criteria), "--into", str(folder), *more])


def test_a_small_fleet_passes_and_its_log_proves_the_orders(
    criteria: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "found"
    assert qualify(criteria, folder, "--tests", "T1,T3") == 0
    said = capsys.readouterr().out
    assert "T1 base points" in said
    assert "T3 is limited by" in said
    assert {path.name for path in folder.iterdir()} == {
        "T1.csv",
        "T3.csv",
        "log.db",
        "report.html",
        "report.json",
    }
    report = json.loads((folder / "report.json").read_text())
    assert [test["outcome"] for test in report["tests"]] == ["passed", "passed"]
    assert main(["log", "--database", report["log"], "verify", "--head", report["head"]]) == 0


def test_a_test_that_is_not_passed_is_the_exit_status(
    criteria: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    criteria.write_text(f"{SHORT}\ndelivered_percent = 200")
    assert qualify(criteria, tmp_path / "found", "--tests", "T3", "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["passed"] is False
    assert found["tests"][0]["outcome"] == "failed"


def test_a_folder_with_a_report_is_left_as_it_is(
    criteria: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "log.db").write_text("proof")
    assert qualify(criteria, tmp_path) == 2
    assert "holds a report already" in capsys.readouterr().err
    assert (tmp_path / "log.db").read_text() == "proof"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--virtual"),
        (["--virtual", "--tests", "T77"], "no test T77"),
        (["--virtual", "--count", "0"], "--count"),
        (["--virtual", "--signal", "/nowhere"], "cannot be read"),
    ],
)
def test_what_cannot_be_played_is_refused_in_words(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["qualify", *arguments, "--into", str(tmp_path / "found")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "found").exists()


def test_the_criteria_that_are_printed_are_those_that_it_judges_by(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["qualify", "--print-criteria"]) == 0
    assert "[T1]" in capsys.readouterr().out


def test_verdicts_are_printed_where_the_report_cannot_be_written(
    criteria: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "report.html").mkdir()
    assert qualify(criteria, tmp_path, "--tests", "T1") == 2
    said = capsys.readouterr()
    assert "T1 is limited by" in said.out
    assert "cannot be written" in said.err
