"""What an image and its database are made of, as far as that can be held without a runtime for containers."""

import json
import re
import shlex
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped, unused-ignore]
from waiting import PATIENCE

from netstab.settings.variables import Variables

ROOT = Path(__file__).parents[2]
CONTAINER = ROOT / "ops" / "container"
OF_OTHERS = {"PATH", "PYTHONUNBUFFERED", "PYTHONFAULTHANDLER"}


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Containerfile: name and what follows, lines joined, in order."""
    text = re.sub(r"^#.*\n", "", (CONTAINER / "Containerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n *", "", text).splitlines()
    return [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in lines if line]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CONTAINER / "compose.yaml").read_text())["services"]
    return found


def last(instructions: list[tuple[str, str]], name: str) -> str:
    return [words for kind, words in instructions if kind == name][-1]


def test_every_instruction_is_one(instructions: list[tuple[str, str]]) -> None:
    known = {"FROM", "RUN", "COPY", "ENV", "USER", "WORKDIR", "VOLUME", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
    assert {kind for kind, _ in instructions} == known


def test_what_is_copied_is_in_the_checkout_or_made_by_make_dist_and_nothing_ignores_it(
    instructions: list[tuple[str, str]],
) -> None:
    copied = {
        words.split()[0]
        for kind, words in instructions
        if kind == "COPY" and not words.startswith("--from=build ")
    }
    assert copied == {"constraints.txt", "dist/netstab-*.whl"}
    assert (ROOT / "constraints.txt").is_file()
    kept = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert {line[1:] for line in kept} == copied


def test_it_runs_as_a_user_without_rights_in_a_folder_that_outlives_it(
    instructions: list[tuple[str, str]],
) -> None:
    user, folder = last(instructions, "USER"), last(instructions, "VOLUME")
    assert user.isdecimal()
    assert int(user) > 0
    assert f"--uid {user}" in last(instructions, "RUN")
    assert last(instructions, "WORKDIR") == folder
    assert instructions.index(("USER", user)) > [kind for kind, _ in instructions].index("FROM", 1)


def test_only_pinned_packages_get_into_it(instructions: list[tuple[str, str]]) -> None:
    installs = [words for kind, words in instructions if kind == "RUN" and "pip install" in words]
    assert len(installs) == 2
    assert "--require-hashes --requirement /tmp/constraints.txt" in installs[0]
    assert "--no-deps --no-index" in installs[1]


def test_its_settings_are_settings(instructions: list[tuple[str, str]]) -> None:
    names = {
        pair.partition("=")[0] for kind, words in instructions if kind == "ENV" for pair in shlex.split(words)
    }
    assert names - OF_OTHERS <= set(Variables.model_fields)


@pytest.mark.parametrize(("status", "well"), [(200, True), (503, True), (500, False)])
def test_it_is_well_while_a_leader_or_a_standby_says_so_at_the_address_that_is_set(
    instructions: list[tuple[str, str]], status: int, well: bool
) -> None:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            pass

    _, *words = json.loads(last(instructions, "HEALTHCHECK").partition(" CMD ")[2])
    code = words[-1].replace("timeout=4", f"timeout={PATIENCE}")
    with HTTPServer(("127.0.0.9", 0), Answers) as server:
        where = {"NETSTAB_HOST": "127.0.0.9", "NETSTAB_PORT": str(server.server_port)}
        with subprocess.Popen([sys.executable, "-c", code], env=where) as asking:
            server.handle_request()
            assert (asking.wait(PATIENCE) == 0) is well


def test_the_server_is_on_the_hosts_network_and_the_database_on_loopback_alone(
    services: dict[str, Any],
) -> None:
    assert services["netstab"]["network_mode"] == "host"
    assert services["postgres"]["ports"] == ["127.0.0.1:5432:5432"]
    build = services["netstab"]["build"]
    assert (CONTAINER / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()


def test_no_secret_stands_in_them(services: dict[str, Any]) -> None:
    given = services["postgres"]["environment"]
    assert [name for name in given if "PASSWORD" in name] == ["POSTGRES_PASSWORD_FILE"]
    assert "environment" not in services["netstab"]
    text = (CONTAINER / "compose.yaml").read_text() + (CONTAINER / "Containerfile").read_text()
    assert re.findall(r"\w+://\w+:", text) == []


def test_it_has_the_bounds_of_the_service(services: dict[str, Any]) -> None:
    unit = (ROOT / "ops" / "systemd" / "netstab.service").read_text()
    bounds = dict(re.findall(r"^(\w+)=(\S+)$", unit, re.MULTILINE))
    server = services["netstab"]
    assert server["mem_limit"].upper() == bounds["MemoryMax"]
    assert server["pids_limit"] == int(bounds["TasksMax"])
    assert server["ulimits"]["nofile"] == int(bounds["LimitNOFILE"])
    assert server["stop_grace_period"] == f"{bounds['TimeoutStopSec']}s"
