"""Schemathesis against a live server with simulated miners, by the server's own document.

As a script (`make fuzz`) it goes on until enough requests were sent.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from harness import Controller, block, environment

from netstab.server.wiring import running
from netstab.settings import read_settings
from netstab.simulation.fleet import SimulatedFleet

# A schema cannot say all that makes a request acceptable (the rated power, the service's own network), so a
# refusal of what it allows is no failure; the acceptance of what it forbids is one.
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,negative_data_rejection,unsupported_method,allow_header_conformance"
)
CONFIGURATION = """
[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503"]

[generation]
database = "none"

[dictionaries]
miners.values = {miners}
blocks.values = ["{block}", "127.0.0.0/8", "0.0.0.0/0", "10.0.0.0/24"]

[parameters]
"path.miner_id" = {{ dictionary = "miners", probability = 0.5 }}
"path.miner_ip" = {{ dictionary = "miners", probability = 0.5 }}
"body.miner_ip" = {{ dictionary = "miners", probability = 0.5 }}
"body.ip" = {{ dictionary = "miners", probability = 0.5 }}
"body.network_cidr" = {{ dictionary = "blocks", probability = 1.0 }}
"""
"""Half of all addresses are those of miners that exist. Scanning larger blocks would take minutes."""


def fuzz(base: str, fleet: SimulatedFleet, folder: Path, examples: int, seed: int) -> tuple[int, str]:
    """Send up to `examples` made-up requests to each operation, besides those at every bound of its schema.

    Gives how many were sent in all and, if there were failures, the report on them.
    """
    known = CONFIGURATION.format(miners=[str(miner) for miner in fleet.miners], block=block(fleet))
    (folder / "schemathesis.toml").write_text(known)
    options = [
        "--checks",
        CHECKS,
        "--max-examples",
        str(examples),
        "--seed",
        str(seed),
        "--continue-on-failure",
    ]
    done = run(["--config-file", "schemathesis.toml", "run", f"{base}/openapi.json", *options], folder)
    sent = re.search(r"(\d+) generated", done.stdout)
    return int(sent[1]) if sent else 0, done.stdout + done.stderr if done.returncode else ""


def run(arguments: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "schemathesis"), *arguments]
    environment = os.environ | {"NO_PROXY": "*", "NO_COLOR": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000, help="at least so many in all")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    sent, seed, report = 0, options.seed, ""
    with (
        tempfile.TemporaryDirectory() as name,
        SimulatedFleet(3, first_address="127.99.0.1", speed=40.0, asleep=True) as fleet,
        running(read_settings(environment(fleet, Path(name)))) as system,
        Controller(system) as controller,
    ):
        controller.wait_for_miners(len(fleet.miners))
        while sent < options.requests and not report:
            more, report = fuzz(controller.base, fleet, Path(name), 60, seed)
            sent, seed = sent + more, seed + 1
            sys.stdout.write(f"{sent} requests sent\n")
    sys.stdout.write(report or "No failure.\n")
    return 1 if report else 0


if __name__ == "__main__":
    sys.exit(main())
