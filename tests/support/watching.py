"""The alert rules and the dashboard as files, and promtool, which runs the rules as Prometheus would."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped, unused-ignore]

__all__ = ["ALERTS", "DASHBOARD", "alerts", "dashboard", "promtool", "queries", "rules"]

OPS = Path(__file__).parents[2] / "ops"
ALERTS = OPS / "prometheus/alerts.yml"
DASHBOARD = OPS / "grafana/netstab.json"


def alerts() -> dict[str, Any]:
    """Return the rules by the names of their alerts."""
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def dashboard() -> Any:
    return json.loads(DASHBOARD.read_text())


def queries() -> Iterator[tuple[str, str]]:
    """Give what each panel asks, with its title; Grafana's own variables are filled in."""
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"].replace("$__rate_interval", "5m")


def rules() -> Iterator[str]:
    """Give every expression of both files."""
    yield from (rule["expr"] for rule in alerts().values())
    yield from (expression for _, expression in queries())


def promtool(*arguments: str) -> None:
    """Run it; skip where there is none, fail with what it says."""
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("no promtool on this machine")
    done = subprocess.run([found, *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
