"""Each alert fires when it should and not before, as Prometheus itself finds; what panels ask can be read."""

import json
from pathlib import Path
from typing import Any

import pytest
from watching import ALERTS, alerts, dashboard, promtool, queries

SERVER = 'job="netstab", instance="a:8000"'

HEALTHY = {
    "up": "1",
    "netstab_leader": "1",
    "netstab_snapshot_age_seconds": "0.4",
    "netstab_ticker_lag_seconds": "0.02",
    "netstab_clock_errors": "0",
    "netstab_log_writable": "1",
    "netstab_unrecorded_commands": "0",
    'netstab_log_pending{kind="responses"}': "3",
    'netstab_fleet_state{state="fault"}': "0",
    'netstab_fleet_state{state="active"}': "1",
    "netstab_power_error_watts": "900",
    "netstab_rated_power_watts": "29200",
    "netstab_units_registered": "20",
    'netstab_units{phase="unreachable"}': "0",
    'netstab_units{phase="hashing"}': "20",
    'netstab_units_excluded{reason="failed_to_wake"}': "0",
    'netstab_units_excluded{reason="held"}': "2",
    "netstab_meter_age_seconds": "1",
    "netstab_manual_override": "0",
    "netstab_failsafe": "0",
    'netstab_front_connected{front="mqtt"}': "1",
    'netstab_http_requests_waiting{server="all", lane="reading"}': "0",
    "process_open_fds": "300",
    "process_max_fds": "16384",
    'netstab_actor_restarts_total{actor="miner"}': "0",
    'netstab_http_requests_total{method="GET", route="/api/status", code="500"}': "4",
    'netstab_command_seconds_bucket{command="activate", outcome="accepted", le="0.05"}': "0+10",
    'netstab_command_seconds_bucket{command="activate", outcome="accepted", le="2.5"}': "0+10",
    'netstab_command_seconds_bucket{command="activate", outcome="accepted", le="+Inf"}': "0+10",
    'netstab_log_write_seconds_bucket{le="0.01"}': "0+10",
    'netstab_log_write_seconds_bucket{le="1.0"}': "0+10",
    'netstab_log_write_seconds_bucket{le="+Inf"}': "0+10",
}
"""A server on which nothing is wrong: its samples, each minute the same or so many more."""

TROUBLE: dict[str, dict[str, str]] = {
    "NetstabDown": {"up": "0"},
    "NetstabNobodyLeads": {"netstab_leader": "0"},
    "NetstabTwoLead": {'netstab_leader{instance="b:8000"}': "1"},
    "NetstabControlLoopLate": {"netstab_snapshot_age_seconds": "60"},
    "NetstabPollsLate": {"netstab_ticker_lag_seconds": "4"},
    "NetstabActorRestarted": {'netstab_actor_restarts_total{actor="miner"}': "0+0.2"},
    "NetstabClockOff": {"netstab_clock_errors": "1"},
    "NetstabDescriptorsShort": {"process_open_fds": "14000"},
    "NetstabLogNotWritable": {"netstab_log_writable": "0"},
    "NetstabShedUnrecorded": {"netstab_unrecorded_commands": "1"},
    "NetstabLogSlow": {'netstab_log_write_seconds_bucket{le="0.01"}': "0"},
    "NetstabLogLags": {'netstab_log_pending{kind="responses"}': "50000"},
    "NetstabFleetInFault": {'netstab_fleet_state{state="fault"}': "1"},
    "NetstabPowerOff": {"netstab_power_error_watts": "-3000"},
    "NetstabMinersUnreachable": {'netstab_units{phase="unreachable"}': "1"},
    "NetstabManyMinersUnreachable": {'netstab_units{phase="unreachable"}': "5"},
    "NetstabMinersNeedHands": {'netstab_units_excluded{reason="failed_to_wake"}': "1"},
    "NetstabMeterLost": {"netstab_meter_age_seconds": "400"},
    "NetstabOverrideForgotten": {"netstab_manual_override": "1"},
    "NetstabEmsSilent": {"netstab_failsafe": "1"},
    "NetstabFrontNotConnected": {'netstab_front_connected{front="mqtt"}': "0"},
    "NetstabCommandsSlow": {
        'netstab_command_seconds_bucket{command="activate", outcome="accepted", le="0.05"}': "0"
    },
    "NetstabDefects": {'netstab_http_requests_total{method="GET", route="/api/status", code="500"}': "4+0.2"},
    "NetstabRequestsQueue": {'netstab_http_requests_waiting{server="all", lane="reading"}': "180"},
}
"""What is otherwise where an alert is to fire."""

BESIDE = {"NetstabManyMinersUnreachable": {"NetstabMinersUnreachable"}}
"""Alerts that fire along with one."""


def series(samples: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"series": _named(name), "values": f"{value}x100" if "+" in value else f"{value}+0x100"}
        for name, value in samples.items()
    ]


def _named(name: str) -> str:
    """Return a series with the labels of its target, but those that it names itself."""
    metric, _, labels = name.rstrip("}").partition("{")
    target = 'job="netstab"' if "instance=" in labels else SERVER
    return f"{metric}{{{', '.join(filter(None, (labels, target)))}}}"


def firing(alert: str, at: str, count: int) -> dict[str, Any]:
    expected = [{"labels": "{}", "value": 1}] if count else []
    return {
        "expr": f'sgn(count(ALERTS{{alertname="{alert}", alertstate="firing"}}))',
        "eval_time": at,
        "exp_samples": expected,
    }


def scenario(alert: str) -> dict[str, Any]:
    """Return a test of promtool's: nothing at the start, after an hour and more this alert and no other."""
    fires = {alert, *BESIDE.get(alert, ())}
    return {
        "interval": "1m",
        "input_series": series(HEALTHY | TROUBLE[alert]),
        "promql_expr_test": [
            *(firing(each, "90m", each in fires) for each in alerts()),
            *([firing(alert, "0m", 0)] if "for" in alerts()[alert] else []),
        ],
    }


def test_every_alert_has_a_trouble_that_it_is_for() -> None:
    assert TROUBLE.keys() == alerts().keys()


@pytest.fixture
def test_file(tmp_path: Path) -> Any:
    def written(*scenarios: dict[str, Any]) -> str:
        path = tmp_path / "alerts_test.yml"
        content = {"rule_files": [str(ALERTS)], "evaluation_interval": "1m", "tests": list(scenarios)}
        path.write_text(json.dumps(content))  # which is YAML as well
        return str(path)

    return written


def test_of_a_server_on_which_nothing_is_wrong_no_alert_fires(test_file: Any) -> None:
    quiet = [firing(alert, at, 0) for alert in alerts() for at in ("0m", "90m")]
    scenario = {"interval": "1m", "input_series": series(HEALTHY), "promql_expr_test": quiet}
    promtool("test", "rules", test_file(scenario))


def test_each_alert_is_seen_to_fire_and_no_other_with_it(test_file: Any) -> None:
    promtool("test", "rules", test_file(*map(scenario, TROUBLE)))


def test_a_routes_first_answer_of_500_is_seen_though_nothing_was_counted_of_it_before(test_file: Any) -> None:
    first = 'netstab_http_requests_total{method="GET", route="/api/status", code="500"}'
    counted = [*series({"up": "1"}), {"series": _named(first), "values": "_x60 1+0x60"}]
    told = [firing("NetstabDefects", at, count) for at, count in (("59m", 0), ("60m", 1), ("80m", 0))]
    promtool(
        "test", "rules", test_file({"interval": "1m", "input_series": counted, "promql_expr_test": told})
    )


def test_every_alert_says_how_grave_it_is_and_what_is_wrong() -> None:
    for rule in alerts().values():
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"]


def test_what_the_panels_ask_can_be_read_by_prometheus(tmp_path: Path) -> None:
    asked = [{"record": f"panel:{number}", "expr": expr} for number, (_, expr) in enumerate(queries())]
    path = tmp_path / "panels.yml"
    path.write_text(json.dumps({"groups": [{"name": "panels", "rules": asked}]}))
    promtool("check", "rules", str(path))


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert dashboard()["uid"] == "netstab"
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        assert panel["title"]
        assert all(target["refId"] and target["expr"] for target in panel.get("targets", ()))
