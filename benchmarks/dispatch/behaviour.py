"""How controllers behaved, as tables: rules kept, disturbances, and virtual time against real sockets."""

from collections.abc import Iterator

from benchmarks.dispatch.markdown import table, whole
from benchmarks.dispatch.matrix import OURS
from benchmarks.dispatch.real import Agreement
from benchmarks.dispatch.restart import Restart
from benchmarks.dispatch.results import Results, figure

__all__ = [
    "agreement",
    "agreement_line",
    "disturbed",
    "repeated",
    "restart",
    "restart_line",
    "rules_kept",
    "silence",
]


def rules_kept(results: Results) -> Iterator[str]:
    yield "## Rules kept"
    yield (
        "Violations, summed over all runs. *limited* is an hour of orders at random, every fifth of them "
        "standby, with a ramp limit of 5 % of the capability in a second, minimum on and off times of a "
        "minute, waves of a fifth of the fleet and two miners held by an operator; only the product is "
        "asked to keep to all that."
    )
    kinds = ("ramp", "hold", "minimum_times", "deactivate")
    rows = []
    for controller in results.controllers():
        for kind in ("limited", "all others"):
            found = [
                outcome
                for outcome in results.outcomes
                if outcome.job.controller == controller
                and (outcome.job.kind == "limited") == (kind == "limited")
            ]
            if found:
                sums = [sum(figure(outcome, f"violations/{name}") for outcome in found) for name in kinds]
                rows.append([controller, kind, str(len(found)), *map(str, sums)])
    yield table(["", "runs", "count", *(name.replace("_", " ") for name in kinds)], rows)


def disturbed(results: Results) -> Iterator[str]:
    yield "## When things go wrong"
    yield (
        "Field, 50 miners, on/off. *Dead*: power lost for good at a moment drawn; *misreporting*: own "
        "figures of 50 to 160 % of the truth. Offered and targets are those of the fleet before."
    )
    rows = []
    for name in dict.fromkeys(outcome.job.signal for outcome in results.select("disturbed")):
        for controller in results.controllers():
            for outcome in results.select("disturbed", controller, signal=name):
                calm = results.select("disturbed steady", controller, signal=name)
                within = f"{100 * figure(calm[0], 'steady_within_5'):.1f}" if calm else None
                score = [
                    figure(outcome, f"score/{part}") for part in ("accuracy", "delay", "precision", "total")
                ]
                rows.append([name, controller, *score, f"{figure(outcome, 'rmse_percent'):.1f}", within])
    rows.sort(key=lambda row: str(row[0]))
    yield table(["", "", "A", "D", "P", "S", "RMSE %", "steady in ±5 %, %"], rows)


def repeated(results: Results) -> Iterator[str]:
    yield "## A setpoint that is repeated"
    yield (
        "60 % of the capability for half an hour, of a fleet of which nothing was learned yet: given once, "
        "and repeated every 4 s as many an EMS does. Repeating disturbs nothing: a deviation is corrected "
        "all the same."
    )
    rows = []
    for outcome in results.select("repeated", OURS):
        site, every = outcome.job.site, outcome.job.signal
        share, error = (figure(outcome, f"second_half_{name}") for name in ("within_5", "error_percent"))
        said = f"every {every} s" if every != "0" else "once"
        seconds = whole(figure(outcome, "in_band_from"))
        rows.append([site.name, said, seconds, f"{100 * share:.1f}", f"{error:+.1f}"])
    head = ["fleet", "given", "in ±5 % for good from, s", "second half in ±5 %, %", "its mean error, %"]
    yield table(head, rows)


def silence() -> Iterator[str]:
    yield "## Silence of the EMS"
    yield (
        "By rule: `EMS_TIMEOUT_SECONDS` after its last command, at the next second's tick, the failsafe is "
        "entered and recorded; its power is then a step like any other."
    )


def restart(shown: Restart | None) -> Iterator[str]:
    yield "## A restart of the server under load"
    yield restart_line(shown) if shown else "Not run."


def restart_line(shown: Restart) -> str:
    return (
        "Over real sockets, 20 miners at 60 % of the capability: the server is stopped and started on its "
        f"log. It is away for {shown.without:.1f} s; from then until half a minute later power is outside "
        f"±5 % for {shown.outside:.1f} s, furthest {100 * shown.furthest:.1f} % off, and the second server "
        f"sends {shown.commands} commands."
    )


def agreement(shown: Agreement | None) -> Iterator[str]:
    yield "## Virtual time against real sockets"
    yield agreement_line(shown) if shown else "Not run."


def agreement_line(shown: Agreement) -> str:
    return (
        "The same fleet and orders through the real server, HTTP and sockets: "
        f"{shown.same} of {shown.orders} orders had exactly the same miners run, "
        f"{100 * shown.alike:.1f} % of all setpoints were the same; "
        f"the two powers differ by {shown.rmse_percent:.1f} % of the capability (RMSE)."
    )
