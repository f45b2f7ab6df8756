"""A client that is generated from the product's own document, used against the running product."""

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from harness import Api, Controller, NewController, wait_until

from netstab.simulation.fleet import SimulatedFleet

PACKAGE = "netstab_generated_client"
CALL_DEADLINE_S = 20.0

Module = Callable[[str], Any]
Generated = Callable[[Api], Module]


def generate(document: object, folder: Path) -> str:
    """Generate the package into a folder; what the generator says of the document is given."""
    (folder / "openapi.json").write_text(json.dumps(document))
    (folder / "plain.yml").write_text("post_hooks: []\n")
    options = ["--path", "openapi.json", "--config", "plain.yml", "--meta", "none", "--fail-on-warning"]
    done = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", *options, "--output-path", PACKAGE],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Generated]:
    """Generate a client from what a server says of itself; gives what imports its modules."""

    def make(api: Api) -> Module:
        generate(api.read("/openapi.json"), tmp_path)
        monkeypatch.syspath_prepend(str(tmp_path))
        return lambda name: importlib.import_module(f"{PACKAGE}.{name}")

    yield make
    for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
        del sys.modules[name]


def client(module: Module, api: Api) -> Any:
    return module("client").Client(
        base_url=api.base, timeout=CALL_DEADLINE_S, httpx_args={"trust_env": False}
    )


def test_a_generated_client_has_every_operation_and_every_model(
    controller: Controller, generated: Generated
) -> None:
    module = generated(controller)
    document = controller.read("/openapi.json")
    models = module("models").__all__
    assert {name.rpartition(".")[2] for name in document["components"]["schemas"]} <= set(models)
    folder = Path(str(module("api").__file__)).parent
    operations = {path.stem for path in folder.rglob("*.py")} - {"__init__"}
    assert operations == {
        operation["operationId"]
        for item in document["paths"].values()
        for operation in item.values()
        if "operationId" in operation
    }


def test_a_generated_client_steers_the_fleet(
    controller: Controller, fleet: SimulatedFleet, generated: Generated
) -> None:
    module = generated(controller)
    with client(module, controller) as asked:
        steered(module, controller, fleet, asked)


def steered(module: Module, controller: Controller, fleet: SimulatedFleet, asked: Any) -> None:
    models = module("models")

    def call(name: str, *path: str, **more: Any) -> Any:
        return module(f"api.{name}").sync(*path, client=asked, **more)

    activation = models.Activation(activation_power_in_kw=1.46)
    accepted = call("ems_protocol.post_api_activate", body=activation)
    assert accepted.accepted is True
    controller.wait_for(state="active")
    status = call("ems_protocol.get_api_status")
    assert (status.rated_power_in_kw, status.running_status) == (2.92, 2)
    shown = call("fleet.get_dashboard_api_status")
    assert (shown.state, shown.target_power_kw) == (models.FleetPhase.ACTIVE, 1.46)
    assert shown.last_ems_command.tzinfo is not None
    command = call("fleet.get_dashboard_api_dispatch")
    assert (command.in_command, command.failsafe) == (models.Command.EMS, None)
    actor = call("miners.get_dashboard_api_miners_miner_id_actor", fleet.miners[0])
    assert actor.miner_id == fleet.miners[0]
    refused = call("ems_protocol.post_api_activate", body=models.Activation(activation_power_in_kw=500.0))
    assert refused == models.Failure(accepted=False, message="Requested power exceeds rated limits.")
    off = call("ems_protocol.post_api_deactivate", body=models.Deactivation())
    assert off.accepted is True
    history = call("history.get_dashboard_api_history", limit=10)
    assert [entry.command for entry in history.commands[:3]] == ["deactivate", "activate", "activate"]


def test_a_generated_client_reads_a_failsafe_now_and_in_the_past(
    fleet: SimulatedFleet, new_controller: NewController, generated: Generated
) -> None:
    controller = new_controller(fleet, EMS_TIMEOUT_SECONDS="1", EMS_FAILSAFE="standby")
    module = generated(controller)
    controller.wait_for_miners(2)
    controller.activate(1.46)
    wait_until(lambda: controller.read("/dashboard/api/dispatch")["failsafe"] is not None)
    read_past = module("api.history.get_dashboard_api_history_state").sync
    with client(module, controller) as asked:
        now = module("api.fleet.get_dashboard_api_dispatch").sync(client=asked).failsafe
        past = read_past(client=asked, at=datetime.now(UTC)).failsafe
    assert now.action == past.action
    assert (now.since, len(past.command_id)) == (past.since, 36)
    assert past.silent_since < past.since
