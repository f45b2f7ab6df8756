"""The unit file is one that systemd takes, that lets little through, and that has room for the server."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from netstab.cli.serve import UNUSABLE_SETTINGS
from netstab.devices.lanes import THREADS
from netstab.server import wiring
from netstab.settings.variables import TOKENS

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "ops" / "systemd" / "netstab.service"

analyze = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")


@pytest.fixture(scope="module")
def service() -> dict[str, list[str]]:
    """Return the values of the section `Service` by name, which may stand there more than once."""
    values: dict[str, list[str]] = {}
    section = UNIT.read_text().partition("[Service]")[2].partition("[Install]")[0]
    for name, value in re.findall(r"^(\w+)=(.*)$", section, re.MULTILINE):
        values.setdefault(name, []).append(value)
    return values


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], check=False, capture_output=True, text=True)


def size(given: str) -> int:
    return int(given[:-1]) * {"M": 2**20, "G": 2**30}[given[-1]]


def largest(row: str) -> float:
    """Return the largest figure that was measured of something in `docs/scale.md`."""
    (cells,) = re.findall(rf"^\| {row} \|(.*)\|$", (ROOT / "docs/scale.md").read_text(), re.MULTILINE)
    return max(float(cell) for cell in cells.split("|") if re.fullmatch(r"\s*[\d.]+\s*", cell))


@analyze
def test_systemd_finds_no_fault_in_it(tmp_path: Path) -> None:
    there = tmp_path / UNIT.name
    there.write_text(UNIT.read_text().replace("/opt/netstab/bin/netstab", "/bin/true"))
    done = run("verify", str(there))
    assert [line for line in done.stderr.splitlines() if UNIT.name in line] == []
    assert done.returncode == 0, done.stderr


@analyze
def test_it_is_as_little_exposed_as_its_document_says() -> None:
    done = run("security", "--offline=yes", "--threshold=20", "--no-pager", str(UNIT))
    assert done.returncode == 0, done.stdout + done.stderr
    (level,) = re.findall(r"exposure level for netstab.service: ([\d.]+)", done.stdout)
    text = (ROOT / "docs" / "administration.md").read_text()
    ((documented, version),) = re.findall(r"exposure level ([\d.]+) \(systemd (\d+);", text)
    if run("--version").stdout.startswith(f"systemd {version} "):
        assert level == documented
    assert float(level) < 2, "others judge a little otherwise"


def test_it_has_room_for_every_thread_and_socket_that_the_server_may_have(
    service: dict[str, list[str]],
) -> None:
    (tasks,), (files,) = service["TasksMax"], service["LimitNOFILE"]
    assert int(tasks) > sum(THREADS.values()) + 256
    for most, share in (wiring._EMS, wiring._CLIENTS, wiring._POLLS):
        assert int(files) // share >= most


def test_it_has_room_for_three_times_the_memory_that_the_largest_measured_fleet_took(
    service: dict[str, list[str]],
) -> None:
    (memory,) = service["MemoryMax"]
    assert size(memory) >= 3 * largest("resident memory, all hashing, MiB") * 2**20


def test_it_waits_longer_for_a_stop_than_the_largest_measured_fleet_took(
    service: dict[str, list[str]],
) -> None:
    (seconds,) = service["TimeoutStopSec"]
    assert int(seconds) > 2 * largest("clean stop, s")


def test_it_is_not_started_again_with_settings_that_cannot_be_used(service: dict[str, list[str]]) -> None:
    assert service["Restart"] == ["always"]
    assert service["RestartPreventExitStatus"] == [str(UNUSABLE_SETTINGS)]


def test_what_the_server_keeps_is_in_the_folder_that_it_may_write_to(service: dict[str, list[str]]) -> None:
    assert service["WorkingDirectory"] == [f"/var/lib/{service['StateDirectory'][0]}"]
    assert service["ProtectSystem"] == ["strict"]
    assert service["Type"] == ["notify"]
    assert "WatchdogSec" in service


@analyze
def test_systemd_finds_no_fault_in_the_drop_in_for_tokens_that_is_documented(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "administration.md").read_text()
    (dropin,) = re.findall(r"tokens\.conf <<END\n(.*?)\n +END", text, re.DOTALL)
    lines = [line.strip() for line in dropin.splitlines()]
    assert all(line == "[Service]" or "=" in line for line in lines)
    names = {name for line in lines for name in re.findall(r"^Environment=(\w+)=", line)}
    assert names == {f"{name}_FILE" for name in TOKENS}
    there = tmp_path / UNIT.name
    there.write_text(UNIT.read_text().replace("/opt/netstab/bin/netstab", "/bin/true"))
    folder = tmp_path / f"{UNIT.name}.d"
    folder.mkdir()
    (folder / "tokens.conf").write_text("\n".join(lines))
    done = run("verify", str(there))
    assert [line for line in done.stderr.splitlines() if UNIT.name in line or "tokens.conf" in line] == []
    assert done.returncode == 0, done.stderr
