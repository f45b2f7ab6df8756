"""How targets were followed, as tables: regulation, steps, the acceptance test, steady state."""

from collections.abc import Iterator

from benchmarks.dispatch.markdown import NONE, Cell, Fleet, Shown, fields_of, fleet_name, fleets, table, whole
from benchmarks.dispatch.matrix import OURS, PERFECT, Outcome
from benchmarks.dispatch.results import Results, figure
from benchmarks.dispatch.scenarios import STEPS

__all__ = ["REGULATION", "STEP_NAMES", "acceptance", "regulation", "steady", "step_cell", "steps"]


def _share(share: float | None) -> str:
    return "standby" if share is None else f"{100 * share:.0f} %"


STEP_NAMES = [f"{_share(before)} to {_share(after)}" for before, after in STEPS]

REGULATION = (
    Shown("A", "score/accuracy", digits=3),
    Shown("D", "score/delay", digits=3),
    Shown("P", "score/precision", digits=3),
    Shown("S", "score/total", digits=3),
    Shown("RMSE %", "rmse_percent"),
    Shown("MAE %", "mae_percent"),
    Shown("bias %", "bias_percent"),
    Shown("in ±5 %", "within_5", 100.0),
    Shown("in ±10 %", "within_10", 100.0),
    Shown("energy 5 min %", "energy_error_5min", 100.0),
    Shown("energy 15 min %", "energy_error_15min", 100.0),
    Shown("cycles/h", "wear/cycles"),
    Shown("± between miners", "wear/cycles_spread"),
    Shown("freq. changes/h", "wear/frequency_changes"),
    Shown("J/TH", "joules_per_terahash"),
)


def regulation(results: Results) -> Iterator[str]:
    yield "## Regulation"
    yield (
        "Baseline 60 %, ±35 % of the capability offered. RMSE, MAE and bias in % of what is offered, bands "
        "in % of the target. *TH per energy*: hashes for the same energy, perfect knowledge = 100 %. "
        "Controllers that know no modes stand under on/off."
    )
    for site in fleets(results, "regulation"):
        for caiso in (True, False):
            fields = fields_of(site) | {"caiso": caiso}
            rows = [
                [name, *_regulation_row(results, name, fields)]
                for name in results.controllers()
                if results.select("regulation", name, **fields)
            ]
            if rows:
                days = len({o.job.signal for o in results.select("regulation", OURS, **fields)})
                signal = f"CAISO, mean of {days} day{'s' if days > 1 else ''}" if caiso else "RegA"
                yield f"### {fleet_name(site)}: {signal}"
                yield table(["", *(shown.head for shown in REGULATION), "TH per energy %"], rows)


def _regulation_row(results: Results, controller: str, fields: dict[str, object]) -> list[Cell]:
    values = ((shown, results.mean(shown.path, "regulation", controller, **fields)) for shown in REGULATION)
    row: list[Cell] = [None if value is None else shown.text(value) for shown, value in values]
    mine, perfect = (
        results.mean("joules_per_terahash", "regulation", name, **fields) for name in (controller, PERFECT)
    )
    return [*row, f"{100 * perfect / mine:.1f}" if mine and perfect else None]


def steps(results: Results) -> Iterator[str]:
    yield "## Steps"
    yield (
        "Seconds of dead time / from 10 to 90 % / until power stays within ±5 %; overshoot and remaining "
        "error in % of the step. No ramp limit. One miner more or less is the best that on/off can do: with"
        " few miners a step of 10 % cannot be met within ±5 % by any controller."
    )
    for site in fleets(results, "steps"):
        rows = [
            [controller, *(step_cell(outcome, name) for name in STEP_NAMES)]
            for controller in results.controllers()
            for outcome in results.select("steps", controller, **fields_of(site))
        ]
        yield f"### {fleet_name(site)}"
        yield table(["", *STEP_NAMES], rows)


def step_cell(outcome: Outcome, name: str) -> str:
    """Word the response to one step."""
    step = figure(outcome, f"steps/{name}") or {}
    times = " / ".join(
        NONE if step.get(key) is None else str(step[key]) for key in ("dead_time", "rise", "settled")
    )
    return f"{times}; {100 * step['overshoot']:.0f}, {100 * step['steady_error']:.0f}"


def acceptance(results: Results) -> Iterator[str]:
    yield "## Acceptance test and honesty"
    yield (
        "From standby, ±5 %, two samples 5 s apart: seconds until passed, 120 are allowed; the fleet has "
        "been in use for a quarter of an hour before. *Soonest*: when so much is given if the whole fleet "
        "is woken at once. *Declared*: the capacity that the controller declares, in % of the true one, and"
        " the share of half an hour, from the 120th second on, in which it was delivered (less than 5 % "
        "below)."
    )
    rows = []
    for site in fleets(results, "acceptance"):
        soonest = _soonest(results, site)
        for controller in results.controllers():
            for outcome in results.select("acceptance", controller, **fields_of(site)):
                tests = figure(outcome, "acceptance")
                times = [whole(tests[name]["seconds"]) for name in ("60 %", "90 %", "declared")]
                declared, honest = (figure(outcome, path) for path in ("declared_share", "honest_share"))
                shares = f"{100 * declared:.0f}", f"{100 * honest:.1f}"
                rows.append([fleet_name(site), controller, *times, soonest, *shares])
    head = ["fleet", "", "60 %", "90 %", "declared", "soonest 60 / 90 %", "declared %", "delivered %"]
    yield table(head, rows)


def _soonest(results: Results, site: Fleet) -> str:
    found = results.select("acceptance", None, **fields_of(site))
    each = [
        min((time for o in found if (time := figure(o, f"soonest/{name}")) is not None), default=None)
        for name in ("60 %", "90 %")
    ]
    return " / ".join(map(whole, each))


def steady(results: Results) -> Iterator[str]:
    yield "## Steady state"
    yield (
        "Three targets for half an hour each, on a fleet that has been in use before, without the first "
        "eight minutes: share of seconds within ±5 %, mean error, and how many commands reached miners "
        "meanwhile."
    )
    rows = []
    for site in fleets(results, "steady"):
        for controller in results.controllers():
            for outcome in results.select("steady", controller, **fields_of(site)):
                levels = figure(outcome, "levels")
                each = [
                    f"{100 * level['within_5']:.0f} ({level['bias_percent']:+.1f})"
                    for level in levels.values()
                ]
                share = f"{100 * figure(outcome, 'steady_within_5'):.1f}"
                rows.append([fleet_name(site), controller, *each, share, str(figure(outcome, "steady_acts"))])
    yield table(["fleet", "", "at 50 %", "at 75 %", "at 35 %", "all, %", "commands"], rows)
