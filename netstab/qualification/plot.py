"""A test as a drawing: what was ordered, what the meter showed, what the controller expected. SVG. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from netstab.qualification.bench import Played
from netstab.qualification.site import Sample

__all__ = ["plot"]

_WIDTH, _HEIGHT = 960, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 12, 32
_ACROSS, _DOWN = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM


class _Scale:
    """From seconds and W to places of the drawing."""

    def __init__(self, seconds: float, most: float) -> None:
        self.seconds, self.most = max(seconds, 1.0), max(most, 1.0)

    def x(self, at: float) -> float:
        return _LEFT + _ACROSS * at / self.seconds

    def y(self, power: float) -> float:
        return _TOP + _DOWN * (1 - power / self.most)


def plot(played: Played) -> str:
    """Return one test as an SVG that stands alone: colours are those of the classes of the page around it."""
    samples, plan = played.recording.samples, played.recording.plan
    most = 1.08 * max(max(sample.metered or 0.0, sample.target or 0.0) for sample in samples)
    scale = _Scale(plan.seconds, most)
    marks = [bound.at for bound in played.verdict.bounds if bound.at is not None and bound.required]
    before = scale.x(plan.begins) - _LEFT
    parts = [
        f'<rect class="before" x="{_LEFT}" y="{_TOP}" width="{before:.1f}" height="{_DOWN}"/>',
        *_grid(scale),
        *(_upright("worst", scale.x(at)) for at in marks),
        _line("expected", ((sample.at, sample.expected) for sample in _thinned(samples)), scale),
        _line("metered", _envelope(samples), scale),
        _line("ordered", _held(samples), scale),
    ]
    label = escape(f"{played.procedure.name}: power ordered and metered over time")
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _line(kind: str, points: Iterable[tuple[float, float | None]], scale: _Scale) -> str:
    """Draw a line, which is broken where nothing is known."""
    path, pen = [], "M"
    for at, power in points:
        if power is None:
            pen = "M"
            continue
        path.append(f"{pen}{scale.x(at):.1f} {scale.y(power):.1f}")
        pen = "L"
    return f'<path class="{kind}" d="{"".join(path)}"/>'


def _thinned(samples: Sequence[Sample]) -> Sequence[Sample]:
    return samples[:: max(1, len(samples) // _ACROSS)]


def _envelope(samples: Sequence[Sample]) -> Iterator[tuple[float, float | None]]:
    """Return the least and the most of each place of the drawing: a single second's dip stays seen."""
    width = max(1, len(samples) // _ACROSS)
    for place in range(0, len(samples), width):
        group = samples[place : place + width]
        powers = [sample.metered for sample in group if sample.metered is not None]
        at = group[0].at
        if len(powers) < len(group):
            yield at, None
        elif powers[0] < powers[-1]:
            yield from ((at, min(powers)), (at, max(powers)))
        else:
            yield from ((at, max(powers)), (at, min(powers)))


def _held(samples: Sequence[Sample]) -> Iterator[tuple[float, float | None]]:
    """Return the orders as steps; standby is drawn as nothing ordered."""
    before: float | None = None
    for sample in samples:
        if sample.target != before:
            yield sample.at, before
            yield sample.at, sample.target
            before = sample.target
    yield samples[-1].at, before


def _grid(scale: _Scale) -> Iterator[str]:
    for power in _ticks(scale.most / 1000, 5):
        y = scale.y(1000 * power)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{power:g}</text>'
    for minute in _ticks(scale.seconds / 60, 12):
        x = scale.x(60 * minute)
        yield f'<text x="{x:.1f}" y="{_HEIGHT - 14}" text-anchor="middle">{minute:g}</text>'
    yield f'<text x="{_LEFT - 6}" y="{_HEIGHT - 14}" text-anchor="end">kW, min</text>'


def _ticks(most: float, about: int) -> list[float]:
    """Return round figures from 0 to `most`, about so many."""
    raw, unit = most / about, 1e-3
    while unit * 10 <= raw:
        unit *= 10
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= raw)
    return [round(place * step, 6) for place in range(int(most / step) + 1)]


def _upright(kind: str, x: float) -> str:
    return f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_TOP + _DOWN}"/>'
