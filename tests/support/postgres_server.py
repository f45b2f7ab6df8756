"""A private PostgreSQL server from the distribution's package, on a loopback port, while tests run."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from netstab.simulation.servers import bound_everywhere

try:
    import psycopg

    from events import postgres as postgres_log
except ImportError:
    psycopg = None  # type: ignore[assignment]

WITHIN = 60


class NoPostgres(Exception):
    """PostgreSQL cannot be had here; the text says why."""


def connect(url: str, **options: Any) -> "psycopg.Connection[tuple[Any, ...]]":
    return psycopg.connect(url, **options)


class PostgresServer:
    """Runs as another user where the tests run as root, as PostgreSQL demands."""

    def __init__(self, *, durable: bool = False) -> None:
        self._programs = _programs()
        self._user = _user()
        self._folder = Path(tempfile.mkdtemp(prefix="netstab-postgres-"))
        if self._user:
            shutil.chown(self._folder, "postgres", "postgres")
        self._durable = durable
        self._reserved = bound_everywhere(0)
        self._port = int(self._reserved.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        self._run("initdb", "-U", "netstab", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")

    def url(self, database: str) -> str:
        return f"postgresql://netstab:secret@127.0.0.1:{self._port}/{database}"

    def new_database(self) -> str:
        """Make an empty database and give its URL."""
        name = f"log{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def execute(self, statement: str) -> None:
        with connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def start(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self._port,
            "unix_socket_directories": "",
            "max_connections": 60,
            "shared_buffers": "16MB",
            "fsync": "on" if self._durable else "off",
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._folder / "data", *options],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                **self._user,
            )
        self._wait_until_it_answers()

    def stop(self) -> None:
        """End it as a crash would: connections are cut, nothing is flushed."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(WITHIN)
            self._process = None

    def freeze(self, *, frozen: bool) -> None:
        """Stop or continue all its processes; the kernel goes on to acknowledge what is sent to them."""
        assert self._process is not None
        found = subprocess.run(
            ["pgrep", "-P", str(self._process.pid)], capture_output=True, text=True, check=True
        )
        for pid in (self._process.pid, *map(int, found.stdout.split())):
            os.kill(pid, signal.SIGSTOP if frozen else signal.SIGCONT)

    def close(self) -> None:
        self.stop()
        self._reserved.close()
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, "-D", self._folder / "data", *arguments],
            check=True,
            capture_output=True,
            cwd=self._folder,
            timeout=60,
            **self._user,
        )

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + WITHIN
        while True:
            try:
                connect(self.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, (self._folder / "server.log").read_text()
                time.sleep(0.05)
            else:
                return


def _programs() -> Path:
    """Return the folder of the newest server; Debian keeps them out of the path."""
    if psycopg is None:
        raise NoPostgres("psycopg finds no libpq (on Debian: apt-get install libpq5)")
    packaged = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    found = sorted(packaged, key=lambda program: float(program.parts[4]))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        raise NoPostgres("PostgreSQL is not installed (on Debian: apt-get install postgresql)")
    return (found[-1] if found else Path(str(on_path)).resolve()).parent


def _user() -> dict[str, Any]:
    """Return what makes a process run as the server's own user, if it may not run as ours."""
    if os.geteuid() != 0:
        return {}
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        raise NoPostgres("PostgreSQL refuses to run as root, and there is no user postgres") from None
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for all tests of a worker, without fsync; each test takes a database of its own."""
    try:
        server = PostgresServer()
    except NoPostgres as reason:
        pytest.skip(str(reason))
    server.start()
    with closing(server), pytest.MonkeyPatch.context() as patch:
        give_it_time(patch, 60)
        yield server


def give_it_time(patch: pytest.MonkeyPatch, seconds: int) -> None:
    """Have the log in this process wait for a server so long: a test of that deadline sets its own."""
    patch.setattr("events.postgres._ANSWER_WITHIN", float(seconds))
    patch.setattr("events.postgres._CONNECTION", postgres_log._CONNECTION | {"connect_timeout": seconds})
    patch.setattr("events.postgres._SESSION", postgres_log._SESSION | {"statement_timeout": f"{seconds}s"})
