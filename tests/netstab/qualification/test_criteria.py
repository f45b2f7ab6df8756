from pathlib import Path

import pytest

from netstab.errors import SettingsError
from netstab.qualification.criteria import MARKS, default_criteria, read_criteria


def test_each_criterion_has_a_mark_and_says_where_it_is_from() -> None:
    for criterion in default_criteria():
        assert criterion.mark in MARKS
        assert criterion.source


def test_a_file_changes_figures_and_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "criteria.toml"
    path.write_text(
        '[T1]\ntolerance_percent = 10\nmark_percent = {value = 2, mark = "S", source = "the rule book"}\n'
    )
    criteria = read_criteria(path)
    assert criteria["T1.tolerance_percent"] == 10.0
    assert criteria["T1.interval_minutes"] == 5.0
    marks = {each.key: (each.mark, each.source) for each in criteria.of("T1")}
    assert marks["T1.mark_percent"] == ("S", "the rule book")
    assert marks["T1.tolerance_percent"] == ("own", str(path))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[T1]\ntolerance = 10", "no criterion T1.tolerance"),
        ("T1 = 10", "no table"),
        ("[T1", "no TOML"),
        ("[T1]\ntolerance_percent = -1", "from 0 on"),
        ("[T1]\ntolerance_percent = true", "from 0 on"),
        ("[T1]\ntolerance_percent = inf", "from 0 on"),
        ('[T1]\ntolerance_percent = {value = 1, mark = "X"}', "mark"),
        ('[T1]\ntolerance_percent = {value = 1, origin = "?"}', "takes value"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "criteria.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=said):
        read_criteria(path)


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_criteria(Path("/nowhere/criteria.toml"))
