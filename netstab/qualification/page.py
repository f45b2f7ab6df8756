"""The report for people: one page that stands alone and prints. Pure."""

from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files

from netstab.qualification.bench import Played, Qualification
from netstab.qualification.criteria import MARKS, Criteria
from netstab.qualification.plot import plot
from netstab.qualification.report import About
from netstab.qualification.verdict import Bound, Figure, Outcome
from netstab.units import kilowatts

__all__ = ["page"]

_STYLE = files(__package__).joinpath("page.css").read_text(encoding="utf-8")

_VARIANTS = "ab"  # of a test, that have their criteria in common

_LEGEND = (
    "Green: the site meter. Dashed: what was ordered. Amber: what the controller expected once all that it "
    "had commanded has happened. Grey ground: before the test begins. Red: where a figure was decided."
)


def page(found: Qualification, about: About, criteria: Criteria) -> str:
    """Return the report as HTML without anything from elsewhere."""
    verdict = "All tests were passed." if found.passed else "Not all tests were passed."
    resource = found.resource
    offered = (
        f"{resource.units} units. By the site meter {kilowatts(resource.capability)} kW with all running, "
        f"{kilowatts(resource.standby)} kW in standby. Declared ramp {kilowatts(resource.ramp)} kW/s."
    )
    parts = [
        f"<h1>Qualification: {escape(about.site)}</h1><p>{verdict} {offered}</p><p>{_LEGEND}</p>",
        _summary(found.tests),
        *(_section(played) for played in found.tests),
        *_proof(about),
        _criteria(criteria, {played.verdict.test.rstrip(_VARIANTS) for played in found.tests}),
    ]
    head = f'<meta charset="utf-8"><title>Qualification: {escape(about.site)}</title><style>{_STYLE}</style>'
    viewport = '<meta name="viewport" content="width=device-width">'
    return (
        f'<!doctype html><html lang="en"><head>{head}{viewport}</head><body>{"".join(parts)}</body></html>\n'
    )


def _summary(tests: Iterable[Played]) -> str:
    rows = (
        f"<tr><td>{played.procedure.name}</td><td>{escape(played.procedure.title)}</td>"
        f"<td{_class(played.verdict.outcome is Outcome.PASSED)}>{played.verdict.outcome}</td>"
        f"<td>{escape(played.verdict.limited_by)}</td></tr>"
        for played in tests
    )
    return f"<table><tr><th>test<th><th>verdict<th>what limits it</tr>{''.join(rows)}</table>"


def _section(played: Played) -> str:
    rows = "".join(map(_bound, played.verdict.bounds))
    figures = map(_figure, played.verdict.figures)
    notes = "".join(f"<p>{escape(note)}</p>" for note in played.recording.notes)
    head = "<tr><th>figure<th><th>bound<th>margin<th></tr>"
    return (
        f"<section><h2>{played.procedure.name}: {escape(played.procedure.title)}</h2>{plot(played)}"
        f"{notes}<table>{head}{rows}{''.join(figures)}</table></section>"
    )


def _figure(figure: Figure) -> str:
    value = "-" if figure.value is None else f"{figure.value:.4g}"
    return (
        f"<tr><td>{escape(figure.name)}</td><td class=figure>{value} {escape(figure.unit)}</td>"
        "<td></td><td></td><td>told</td></tr>"
    )


def _bound(bound: Bound) -> str:
    relation = "at least" if bound.at_least else "at most"
    held = "held" if bound.held else "not held"
    told = held if bound.required else f"{held}, not required"
    return (
        f"<tr><td>{escape(bound.name)}</td><td class=figure>{bound.figure:.4g} {escape(bound.unit)}</td>"
        f"<td>{relation} {bound.limit:.4g}</td><td class=figure>{bound.margin:+.4g}</td>"
        f"<td{_class(bound.held or not bound.required)}>{told}</td></tr>"
    )


def _class(good: bool) -> str:
    return "" if good else ' class="failed"'


def _proof(about: About) -> Iterator[str]:
    yield "<h2>Proof</h2><p>Each order is an event of the command log: its version, id and hash are in "
    yield "<code>report.json</code>."
    if about.head:
        yield f" The log ends with <code>{escape(about.head)}</code>:</p>"
        yield f"<p><code>netstab log --database {escape(about.log)} verify"
        yield f" --head {escape(about.head)}</code></p>"
    yield f"<p>netstab {escape(about.software)}, seed {about.seed}.</p>"
    if about.dispatch:
        kept = "; ".join(
            f"{name.replace('_', ' ')} {'not declared' if value is None else value}"
            for name, value in about.dispatch.items()
        )
        yield f"<p>Dispatch kept to: {escape(kept)}.</p>"


def _criteria(criteria: Criteria, tests: set[str]) -> str:
    rows = (
        f"<tr><td>{escape(each.key)}</td><td class=figure>{each.value:g} {escape(each.unit)}</td>"
        f"<td>{escape(each.mark)}</td><td>{escape(each.source)}</td></tr>"
        for each in criteria
        if each.key.partition(".")[0] in tests | {"site"}
    )
    marks = "; ".join(f"{mark}: {meaning}" for mark, meaning in MARKS.items())
    return f"<h2>Criteria</h2><p>{escape(marks)}.</p><table>{''.join(rows)}</table>"
