"""What alerts and dashboard ask for is in a scrape of a real server, with the labels that they go by."""

import re

from harness import NewController, NewFleet, wait_until
from scraped import Scrape
from watching import rules

from netstab.metrics import Metrics

OF_PROMETHEUS = {"job", "instance", "le"}
SELECTOR = re.compile(r"\b((?:netstab|process)_\w+)(?:\{([^}]*)\})?")
GROUPED = re.compile(r"\bby \(([^)]*)\)")


def asked() -> dict[str, set[str]]:
    """Return each metric that is asked for with all labels that are used of it."""
    found: dict[str, set[str]] = {}
    for expression in rules():
        grouped = {label.strip() for group in GROUPED.findall(expression) for label in group.split(",")}
        for name, matchers in SELECTOR.findall(expression):
            labels = set(re.findall(r"(\w+)=~?\"", matchers))
            found.setdefault(name, set()).update((labels | grouped) - OF_PROMETHEUS)
    return found


def declared() -> dict[str, set[str]]:
    """Return the labels of what is counted: what has not happened yet has no sample."""
    return {
        f"{one._name}{suffix}": set(one._labelnames)
        for one in vars(Metrics()).values()
        if hasattr(one, "_labelnames")
        for suffix in ("", "_total", "_bucket", "_count")
    }


def test_every_metric_that_is_watched_is_shown_with_these_labels(
    new_fleet: NewFleet, new_controller: NewController
) -> None:
    fleet = new_fleet(2, meter=True)
    controller = new_controller(fleet, POWER_METER_URL=fleet.meter_url)
    controller.wait_for_miners(2)
    controller.activate(2.92)
    controller.request("PUT", "/dashboard/api/limits/dso", {"power_kw": 1.5})
    wait_until(lambda: Scrape(controller.get("/metrics").text)("netstab_limit_binding") == 1)
    wait_until(lambda: Scrape(controller.get("/metrics").text)("netstab_meter_power_watts") is not None)
    seen = Scrape(controller.get("/metrics").text)
    shown = {name for name, _ in seen.samples}
    counted = declared()
    assert len(asked()) > 40
    for name, labels in asked().items():
        assert name in shown or name in counted, f"{name} is not shown"
        there = seen.labels(name) | counted.get(name, set())
        assert labels <= there, f"{name} has {sorted(there)}, not {sorted(labels - there)}"


def test_no_metric_of_the_fleet_is_left_out_of_the_dashboard_and_the_alerts() -> None:
    watched = {re.sub(r"_(bucket|count|total)$", "", name) for name in asked()}
    counted = {one._name for one in vars(Metrics()).values() if hasattr(one, "_labelnames")}
    assert counted <= watched
