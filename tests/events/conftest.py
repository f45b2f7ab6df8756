from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import Database, PostgresDatabase, SqliteDatabase
from postgres_server import postgres
from recording import SteppedClock

from events.log import FleetLog
from netstab.power.allocation import PowerMode

__all__ = ["postgres"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test of the log on both databases, unless it looks at SQLite's file."""
    if "database" in metafunc.fixturenames:
        kinds = ["sqlite"] if "path" in metafunc.fixturenames else ["sqlite", "postgres"]
        metafunc.parametrize("database", kinds, indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "sqlite":
        return SqliteDatabase(tmp_path / "log.db")
    return PostgresDatabase(request.getfixturevalue("postgres").new_database())


@pytest.fixture
def path(database: SqliteDatabase) -> Path:
    return database.path


@pytest.fixture
def url(database: Database) -> str:
    return database.url


@pytest.fixture
def log(url: str) -> Iterator[FleetLog]:
    log = FleetLog(url, SteppedClock(), PowerMode.FREQUENCY)
    yield log
    log.close()
