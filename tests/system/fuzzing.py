"""Fuzzes a live server by its own OpenAPI document: run as a script for a long run (`make fuzz`).

Whatever is sent: no 5xx but a documented 503, no status, header or body that the document does not have.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import schemathesis
from harness import Controller, environment
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from netstab.settings import read_settings
from netstab.simulation.fleet import SimulatedFleet
from netstab.wiring import running

NAMES = (
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
SLOW = ("/dashboard/api/discovery/scan", "/dashboard/api/discovery/add")
"""Each of these looks at the network: a few examples do."""


def fuzz(base: str, examples: int, at_most_slow: int, number: int) -> int:
    """Send so many examples to each operation; gives how many were sent, raises on the first failure."""
    load_all_checks()
    checks = CHECKS.get_by_names(list(NAMES))
    schema = schemathesis.openapi.from_url(f"{base}/openapi.json")
    sent = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            count = min(examples, at_most_slow) if operation.path in SLOW else examples
            sent += _fuzz_operation(operation, mode, checks, max(1, count // 2), number)
    return sent


def _fuzz_operation(operation: Any, mode: GenerationMode, checks: Any, examples: int, number: int) -> int:
    sent = 0

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        nonlocal sent
        sent += 1
        response = case.call(timeout=30)
        assert response.status_code < 500 or response.status_code == 503, (
            case.as_curl_command(),
            response.text,
        )
        case.validate_response(response, checks=checks)

    with suppress(Unsatisfiable):  # nothing can be wrong with an operation that takes nothing
        run()
    return sent


@contextmanager
def fleet_and_server(folder: Path) -> Iterator[str]:
    with SimulatedFleet(2, first_address="127.99.0.1", speed=40.0, asleep=True) as fleet:
        settings = read_settings(environment(fleet, folder))
        with running(settings) as system, Controller(system) as controller:
            controller.wait_for_miners(2)
            yield f"http://127.0.0.1:{system.port}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=10_000, help="in all (default 10,000)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    sent = rounds = 0
    with tempfile.TemporaryDirectory() as folder, fleet_and_server(Path(folder)) as base:
        while sent < options.examples:
            sent += fuzz(base, 100, 10, options.seed + rounds)
            rounds += 1
    sys.stdout.write(f"{sent} examples in {rounds} rounds: no failure\n")


if __name__ == "__main__":
    main()
