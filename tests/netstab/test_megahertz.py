"""Above the drivers and the simulator everything is said in watts: few files know of an S9's frequency."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
BELOW = ("netstab/devices/", "netstab/simulation/")
SOURCES = (".py", ".js", ".css", ".html")

THE_TYPE = {"netstab/units.py"}
STORED = {
    "events/commands.py",  # the command `SetFrequency`
    "events/fleet_miners.py",  # its event
    "events/parameters.py",  # its parameters, as they are recorded
    "events/telemetry_content.py",  # a column of every sample
}
THE_CONTRACT = {
    "api/actor_view.py",
    "api/calculation.py",
    "api/details_view.py",
    "api/examples/fleet.py",
    "api/examples/history.py",
    "api/examples/miners.py",
    "api/examples/power.py",
    "api/fleet_table.py",
    "api/history_views.py",
    "api/power.py",
    "api/schemas/details.py",
    "api/schemas/fleet_table.py",
    "api/schemas/history.py",
    "api/schemas/miners.py",
    "api/schemas/power.py",
    "api/schemas/telemetry.py",
    "api/telemetry.py",
}
THE_PAGE = {
    "api/dashboard/script/commands.js",
    "api/dashboard/script/fleet/model.js",
    "api/dashboard/script/format.js",
    "api/dashboard/script/miner/controls.js",
    "api/dashboard/script/miner/device.js",
    "api/dashboard/script/miner/follow.js",
    "api/dashboard/script/steer/preview.js",
}


def knowing() -> set[str]:
    """Return the sources above drivers and simulator that speak of megahertz."""
    files = (path for room in ("netstab", "actors", "events", "api") for path in (ROOT / room).rglob("*"))
    sources = {str(path.relative_to(ROOT)): path for path in files if path.suffix in SOURCES}
    above = {name: path.read_text().lower() for name, path in sources.items() if not name.startswith(BELOW)}
    return {name for name, text in above.items() if "mhz" in text or "megahertz" in text}


def test_only_stored_names_and_the_routes_of_the_contract_speak_of_megahertz() -> None:
    assert knowing() == THE_TYPE | STORED | THE_CONTRACT | THE_PAGE
