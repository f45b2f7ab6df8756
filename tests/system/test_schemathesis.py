"""Requests made up from the server's own document, right and wrong ones, to every operation."""

from pathlib import Path

from fuzz import fuzz
from harness import Controller

from netstab.simulation.fleet import SimulatedFleet


def test_every_answer_is_one_that_the_document_has(
    controller: Controller, fleet: SimulatedFleet, tmp_path: Path
) -> None:
    sent, report = fuzz(controller.base, fleet, tmp_path, examples=3, seed=1)
    assert not report, report
    assert sent > 500
