"""A few rounds of what `make torture` does at length."""

from harness import NewFleet, NewProcess
from torture import SETTINGS, Torture


def test_kills_at_random_moments_lose_nothing_and_wake_nobody(
    new_fleet: NewFleet, new_process: NewProcess, database_url: str
) -> None:
    fleet = new_fleet(2)
    process = new_process(fleet, DATABASE_URL=database_url, **SETTINGS)
    torture = Torture(fleet, process, database_url, seed=7)
    for _ in range(3):
        torture.round()
    torture.verify()
    assert torture.answered
