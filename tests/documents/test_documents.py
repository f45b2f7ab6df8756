"""The documents are true: what they list is what the code has."""

import configparser
import inspect
import re
import shlex
from collections import Counter
from pathlib import Path

from recording import ABSTRACT_EVENTS
from stub_fleet import StubFleet, StubHistory, dependencies, two_miners

import actors
import api
import events
import netstab
from api.examples import EXAMPLES
from api.operation import operations
from api.routes import routes
from events.fleet import Fleet
from netstab.cli import command_line
from netstab.devices.lanes import THREADS, Lane
from netstab.settings.client import CLIENT_VARIABLES
from netstab.settings.env_file import ENV_FILE
from netstab.settings.variables import Variables
from netstab.simulation.faults import FAULTS
from netstab.statuses import STATUSES

ROOT = Path(__file__).parents[2]
ROOMS = ("netstab", "actors", "events", "api")


def table_rows(name: str) -> list[list[str]]:
    text = (ROOT / "docs" / name).read_text()
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if "|" in line
    ]


def test_every_setting_is_documented_with_its_default_and_no_other_is() -> None:
    documented = {
        row[0].strip("`"): row[1].strip("`") for row in table_rows("operations.md") if row[0].startswith("`")
    }
    assert documented == {name: field.default for name, field in Variables.model_fields.items()}


def test_every_fault_of_simulated_miners_is_documented_and_no_other_is() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    _, _, table = text.partition("| fault | usual share | what is wrong |\n|---|---|---|\n")
    assert table.partition("\n\n")[0].splitlines() == [
        f"| {fault.name} | {fault.share:g} | {fault.meaning} |" for fault in FAULTS.values()
    ]


def test_every_event_is_documented_and_no_other_is() -> None:
    classes = {
        name
        for name, value in inspect.getmembers(Fleet, inspect.isclass)
        if issubclass(value, Fleet.Event) and name not in ABSTRACT_EVENTS
    }
    documented = {name for row in table_rows("log.md") for name in re.findall(r"`([A-Z]\w+)`", row[0])}
    assert documented == classes


def test_the_imported_rooms_are_this_projects_own() -> None:
    for room in (netstab, actors, events, api):
        assert Path(room.__file__ or "").parents[1] == ROOT


def test_nobody_reads_the_environment_but_the_command_line() -> None:
    readers = [
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"os\.environ|getenv", path.read_text())
    ]
    assert sorted(readers) == [
        "netstab/cli/check.py",
        "netstab/cli/qualify.py",
        "netstab/cli/qualify_server.py",
        "netstab/cli/remote.py",
        "netstab/cli/serve.py",
        "netstab/cli/stored.py",
    ]


def written(*names: str) -> dict[str, str]:
    """Return the text of documents by path; of all that users read if none is named."""
    paths = [ROOT / name for name in names] or [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return {path.relative_to(ROOT).as_posix(): path.read_text() for path in paths}


def test_every_code_of_a_refusal_is_documented_with_its_status_and_no_other_is() -> None:
    documented = {row[0].strip("`"): int(row[1]) for row in table_rows("api.md") if row[1].isdigit()}
    assert documented == {code: status.value for code, status in STATUSES.items()}


def test_every_setting_is_explained_as_the_code_explains_it() -> None:
    explained = {
        row[0].strip("`"): row[2].replace("`", "")
        for row in table_rows("operations.md")
        if row[0].startswith("`")
    }
    assert explained == {name: field.description for name, field in Variables.model_fields.items()}


def test_commands_that_documents_show_are_taken_with_settings_that_there_are() -> None:
    shown = [
        line.partition(" #")[0].partition(" > ")[0].rstrip("& ")
        for text in written().values()
        for line in re.findall(
            r"^((?:[A-Z_]+=\S+ )*netstab .+)$|`((?:[A-Z_]+=\S+ )*netstab [^`]+)`", text, re.MULTILINE
        )
        for line in line
        if line
    ]
    assert len(shown) > 10
    known = {*Variables.model_fields, *CLIENT_VARIABLES, ENV_FILE}
    for line in shown:
        words = shlex.split(line.replace("VERSION:HASH", f"5:{'ab' * 32}"))
        start = words.index("netstab")
        assert {word.partition("=")[0] for word in words[:start]} <= known, line
        assert command_line().parse_args(words[start + 1 :]).run, line


def test_every_command_is_described_and_what_the_client_goes_by() -> None:
    (text,) = written("docs/command-line.md").values()
    commands = next(action for action in command_line()._actions if action.choices)
    missing = [name for name in commands.choices or () if f"`netstab {name}" not in text]
    assert missing == []
    rows = {row[0].strip("`"): row[1] for row in table_rows("command-line.md")}
    assert {name: rows[name].partition(". `--url`")[0] for name in CLIENT_VARIABLES} == CLIENT_VARIABLES


def test_targets_that_documents_name_can_be_made() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name, text in written().items():
        named = {
            each
            for found in re.findall(r"`make\s([a-z-]+)|^make ([a-z-]+)", text, re.MULTILINE)
            for each in found
        }
        assert named - {""} <= targets, name


def test_operations_that_documents_name_are_served() -> None:
    named = {
        f"{method} {path}"
        for text in written().values()
        for method, path in re.findall(r"\b(GET|POST|PATCH|DELETE) (/(?:dashboard/)?api/[\w/{}-]+)", text)
    }
    assert len(named) > 8
    assert named <= set(EXAMPLES)


def test_links_and_pictures_of_documents_lead_somewhere() -> None:
    for name, text in written("README.md", "CHANGELOG.md").items() | written().items():
        for target in re.findall(r"\]\((?!https?:)([^)#]+)|src=\"([^\"]+)\"", text):
            assert (ROOT / name).parent.joinpath("".join(target)).exists(), (name, target)


def test_files_that_documents_name_are_there() -> None:
    files = [
        path.as_posix() for room in (*ROOMS, "benchmarks", "tests") for path in (ROOT / room).rglob("*.*")
    ]
    for name, text in written().items():
        for named in re.findall(r"`([\w/]+\.(?:py|js|css|html))`", text):
            assert any(file.endswith(f"/{named}") for file in files), (name, named)


def test_every_room_and_every_script_of_the_page_is_described() -> None:
    (architecture, dashboard) = written("docs/architecture.md", "docs/dashboard.md").values()
    rooms = [path.parent for room in ROOMS for path in (ROOT / room).glob("*/__init__.py")]
    scripts = (ROOT / "api/dashboard/script").glob("*.js")
    missing = [path.name for path in rooms if f"`{path.relative_to(ROOT)}/`" not in architecture]
    assert missing == []
    assert [path.name for path in scripts if f"`{path.name}`" not in dashboard] == []


def layers() -> list[list[str]]:
    """Return the rooms from top to bottom, those that stand beside each other together."""
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / "setup.cfg")
    lines = contracts["importlinter:contract:rooms"]["layers"].split("\n")
    return [line.split(" | ") for line in lines if line and line != "netstab.__main__"]


def picture(name: str) -> list[tuple[str, float, str]]:
    """Return the texts of a picture: class, height, words."""
    found = re.findall(
        r'<text class="([^"]*)"[^>]* y="([\d.]+)"[^>]*>([^<]*)<', (ROOT / "docs/images" / name).read_text()
    )
    return [(kind, float(height), words) for kind, height, words in found]


def test_the_picture_of_the_rooms_has_each_where_the_contract_has_it() -> None:
    drawn: dict[float, list[str]] = {}
    for kind, height, words in picture("rooms.svg"):
        if "room" in kind.split():
            drawn.setdefault(height, []).append(words)
    assert [drawn[height] for height in sorted(drawn)] == layers()


def test_what_the_picture_of_actors_names_is_there_and_no_actor_is_missing() -> None:
    drawn = [words for _, _, words in picture("actors.svg")]
    named = {word for words in drawn for word in re.findall(r"\b[A-Z][a-z]+[A-Z]\w+", words)}
    code = "".join(path.read_text() for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    assert named <= set(re.findall(r"^class (\w+)", code, re.MULTILINE))
    kinds = r"^class (\w+)\(.*(?:pykka\.ThreadingActor|MultiplexedActor)\):"
    running = set(re.findall(kinds, code, re.MULTILINE))
    assert len(running) > 5
    assert running <= set(drawn)


def test_every_lane_is_drawn_and_described() -> None:
    drawn = " ".join(words for _, _, words in picture("actors.svg"))
    (architecture,) = written("docs/architecture.md").values()
    assert [lane for lane in Lane if lane not in drawn or f"`device-{lane}`" not in architecture] == []
    assert {str(count) for count in THREADS.values()} <= set(re.findall(r"\d+", drawn))


def test_the_index_names_every_document_and_the_readme_the_index() -> None:
    readme, index = written("README.md", "docs/README.md").values()
    pages = [path.name for path in (ROOT / "docs").glob("*.md") if path.name != "README.md"]
    assert [name for name in pages if f"({name})" not in index] == []
    assert "(docs/README.md)" in readme


def test_links_to_a_part_of_a_document_lead_to_a_heading() -> None:
    for name, text in written("README.md", "CHANGELOG.md").items() | written().items():
        for target, part in re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", text):
            page = (ROOT / name).parent / target if target else ROOT / name
            headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert part in slugs, (name, target, part)


def test_every_call_is_documented_with_what_it_does_and_no_other_is() -> None:
    documented = {row[0].strip("`"): row[1] for row in table_rows("api.md") if re.match(r"`[A-Z]+ /", row[0])}
    served = {
        f"{method.upper()} {route.path}": operation.summary
        for route in routes(dependencies(StubFleet(two_miners()), StubHistory()))
        for method, operation in operations(route.resource).items()
    }
    assert documented == served


def test_no_sentence_is_said_twice() -> None:
    """Of a sentence that stands in two places one is forgotten when it changes."""
    found = Counter(
        sentence
        for text in written().values()
        for block in re.split(r"\n\s*\n|\n(?=[-|#]|\d\.)", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
        if "|" not in block
        for sentence in set(re.split(r"(?<=[.;:])\s+", " ".join(block.split())))
        if len(sentence.split()) > 7
    )
    assert [sentence for sentence, number in found.items() if number > 1] == []


def test_the_glossary_is_in_order_and_says_each_word_once() -> None:
    words = [row[0].lower() for row in table_rows("glossary.md")[2:]]
    assert words == sorted(set(words))


def test_no_two_test_files_have_one_name() -> None:
    """Two of one name cannot be collected together: the second takes the first one's compiled module."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, number in names.items() if number > 1] == []
