"""What is released runs where the checkout is not: sdist, wheel from it, and the pinned packages alone."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import Api, ServerProcess

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "api" / "dashboard"
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "build", "dist", "*.egg-info", "__pycache__", ".*_cache")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with `dist` and the environment `installed`, made once for all workers."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    base = tmp_path_factory.getbasetemp().parent if worker else tmp_path_factory.getbasetemp()
    folder = base / "distribution"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            make(folder)
            (folder / "done").touch()
    return folder


def make(folder: Path) -> None:
    shutil.copytree(ROOT, folder / "source", ignore=LEFT_OUT)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "dist", folder / "source")
    shutil.rmtree(folder / "source")
    installed = folder / "installed"
    run(sys.executable, "-m", "venv", installed)
    pip = installed / "bin" / "pip"
    run(pip, "install", "--require-hashes", "-r", ROOT / "constraints.txt")
    (wheel,) = (folder / "dist").glob("*.whl")
    run(pip, "install", "--no-deps", "--no-index", wheel)


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a command that knows of no checkout; gives what it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=cwd, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def netstab(shared: Path) -> Path:
    return shared / "installed" / "bin" / "netstab"


@pytest.fixture
def served(netstab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """Run the installed server in an empty folder."""
    monkeypatch.chdir(tmp_path)
    settings = {
        "NETSTAB_HOST": "127.0.0.1",
        "NETSTAB_PORT": "0",
        "MINER_NETWORK_CIDR": "127.9.9.0/28",
        "MINER_DISCOVERY_ENABLED": "false",
        "PYTHONPATH": "",
    }
    process = ServerProcess(settings, tmp_path / "stderr.txt")
    try:
        yield process.start((str(netstab), "serve"))
    finally:
        process.close()


def test_what_was_installed_is_whole_and_is_what_runs(netstab: Path, shared: Path, tmp_path: Path) -> None:
    run(netstab.with_name("pip"), "check")
    assert run(netstab, "--version", cwd=tmp_path) == f"netstab {version()}\n"
    where = (
        "import netstab, actors, events.postgres, api; print(netstab.__file__, actors.__file__, api.__file__)"
    )
    for path in run(netstab.with_name("python"), "-c", where, cwd=tmp_path).split():
        assert Path(path).is_relative_to(shared / "installed")
    for file in (file for file in (ROOT / "ops").rglob("*") if file.is_file()):
        installed = shared / "installed" / "share" / "netstab" / file.relative_to(ROOT / "ops")
        assert installed.read_bytes() == file.read_bytes()


def version() -> str:
    (found,) = re.findall(r'__version__ = "(.*)"', (ROOT / "netstab/__init__.py").read_text())
    return str(found)


def test_the_installed_server_has_its_page_every_script_and_the_documents_of_its_api(served: Api) -> None:
    assert served.get("/").text == (PAGE / "index.html").read_text()
    assert served.read("/openapi.json")["paths"]
    assert len(served.get("/static/plotly.min.js").content) > 1_000_000
    files = [path for path in PAGE.rglob("*.*") if path.name != "index.html"]
    assert len(files) > 50
    for path in files:
        assert served.get(f"/static/{path.relative_to(PAGE)}").content == path.read_bytes(), path
    for path in (ROOT / "api/docs").iterdir():
        assert (
            served.get("/docs" if path.name == "index.html" else f"/docs/{path.name}").text
            == path.read_text()
        )


def test_the_installed_demonstration_runs(netstab: Path, tmp_path: Path) -> None:
    options = ("--miners", "2", "--port", "0", "--seconds", "3")
    assert "simulated Antminer S9" in run(netstab, "demo", *options, cwd=tmp_path)


def test_the_sdist_holds_documents_tests_and_what_is_run_with_it(shared: Path) -> None:
    (sdist,) = (shared / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    for folder in ("docs", "ops", "tests", "benchmarks"):
        there = {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / folder).rglob("*.*")
            if path.is_file() and path.suffix not in (".pyc", ".pyo")
        }
        assert there <= held
    assert {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "constraints.txt"} <= held
