"""What docs/monitoring.md says is shown is shown, and nothing else is."""

import re
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase
from stub_fleet import StubFleet, two_miners
from watching import alerts

from actors.energy_board import EnergyBoard
from actors.front_board import FrontBoard
from netstab.clock import wall_clock
from netstab.metrics import Metrics
from netstab.server import gauges, queues, term
from netstab.server.front_gauges import FrontGauges
from netstab.units import Timestamp

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/monitoring.md").read_text()


def defined() -> dict[str, str]:
    """Return every metric that the code has, as it is exposed, with its type."""
    counted = [one for one in vars(Metrics()).values() if isinstance(one, MetricWrapperBase)]
    found: dict[str, str] = {
        f"{one._name}_total" if one._type == "counter" else one._name: str(one._type)
        for one in counted
        if not one._labelvalues
    }
    code = "".join(Path(module.__file__ or "").read_text() for module in (gauges, queues, term))
    found |= dict.fromkeys(re.findall(r'"(netstab_\w+)"', code), "gauge")
    energy = EnergyBoard()
    energy.joules = 0.0
    for family in FrontGauges(FrontBoard(wall_clock), energy).collect():
        found[f"{family.name}_total" if family.type == "counter" else family.name] = family.type
    found["netstab_build_info"] = "gauge"
    del found["netstab_build"]
    return found


def test_every_metric_is_documented_with_its_type_and_no_other_is() -> None:
    documented = dict(re.findall(r"^\| `(netstab_\w+)`(?: †)? \| (\w+) \|", DOCUMENT, re.MULTILINE))
    assert documented == defined()


def test_those_marked_as_the_leaders_alone_are() -> None:
    standby = StubFleet(two_miners(), leads=False)
    shown = {family.name for family in gauges.FleetGauges(standby, lambda: Timestamp(0.0)).collect()}
    marked = set(re.findall(r"^\| `(\w+)` † \|", DOCUMENT, re.MULTILINE))
    leading = StubFleet(two_miners())
    all_shown = {family.name for family in gauges.FleetGauges(leading, lambda: Timestamp(0.0)).collect()}
    assert not marked & shown
    assert all_shown - shown <= marked


def test_every_alert_is_documented_with_when_it_fires_and_no_other_is() -> None:
    rows = re.findall(r"^\| `(Netstab\w+)` \| ([^|]+) \| (\w+) \| [^|]+ \| [^|]+ \|$", DOCUMENT, re.MULTILINE)
    words = {"s": "s", "m": "min", "h": "h"}
    fires = {
        name: re.sub(
            r"(\d+)([smh])", lambda found: f"{found[1]} {words[found[2]]}", rule.get("for", "at once")
        )
        for name, rule in alerts().items()
    }
    assert {name: after for name, after, _ in rows} == fires
    assert {name: grave for name, _, grave in rows} == {
        name: rule["labels"]["severity"] for name, rule in alerts().items()
    }
