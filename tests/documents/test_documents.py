"""The documents are true: what they list is what the code has."""

import inspect
import re
from pathlib import Path

import actors
import api
import events
import netstab
from events.fleet import Fleet
from netstab.simulation.faults import FAULTS
from netstab.variables import SETTINGS

ROOT = Path(__file__).parents[2]


def table_rows(name: str) -> list[list[str]]:
    text = (ROOT / "docs" / name).read_text()
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if "|" in line
    ]


def test_every_setting_is_documented_with_its_default_and_no_other_is():
    documented = {
        row[0].strip("`"): row[1].strip("`") for row in table_rows("operations.md") if row[0].startswith("`")
    }
    assert documented == {variable.name: variable.default for variable in SETTINGS}


def test_every_fault_of_simulated_miners_is_documented_and_no_other_is():
    text = (ROOT / "docs" / "operations.md").read_text()
    _, _, table = text.partition("| fault | usual share | what is wrong |\n|---|---|---|\n")
    assert table.partition("\n\n")[0].splitlines() == [
        f"| {fault.name} | {fault.share:g} | {fault.meaning} |" for fault in FAULTS.values()
    ]


def test_every_event_is_documented_and_no_other_is():
    classes = {
        name
        for name, value in inspect.getmembers(Fleet, inspect.isclass)
        if issubclass(value, Fleet.Event)
        and name not in ("Event", "Created", "CommandRecorded", "MinersCommanded", "Dispatched")
    }
    documented = {name for row in table_rows("log.md") for name in re.findall(r"`([A-Z]\w+)`", row[0])}
    assert documented == classes


def test_the_imported_rooms_are_this_projects_own():
    for room in (netstab, actors, events, api):
        assert Path(room.__file__ or "").parents[1] == ROOT


def test_nobody_reads_the_environment_but_the_command_line():
    readers = [
        path.relative_to(ROOT).as_posix()
        for room in ("netstab", "actors", "events", "api")
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"os\.environ|getenv", path.read_text())
    ]
    assert sorted(readers) == ["netstab/cli/serve.py", "netstab/cli/stored.py"]
