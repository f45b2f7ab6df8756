"""What of a power the orders explain. Pure.

The rule: an order explains one passage of power to what it asks, never back and never past it. One that
another overtakes before it is fulfilled still explains the way that was left of it, once, for as long as the
fleet takes to carry out an order: what has begun to start comes. So all movements that are explained, added
up, are bounded by those of the orders, and under an order that stands no oscillation is explained, whatever
its size.
"""

from collections.abc import Iterator, Sequence

__all__ = ["Moment", "explained", "unexplained"]

Moment = tuple[float, float]
"""A time in s and a power in W."""


def unexplained(power: Sequence[Moment], orders: Sequence[Moment], responds_within: float) -> list[float]:
    """Return what of each sample of `power` no order explains, in W. Both are in the order of time.

    `orders` are powers that are pursued from a moment on, in standby what the fleet draws idle;
    `responds_within` are the seconds that the fleet declares to need for one.
    """
    followed = explained(power, orders, responds_within)
    return [drawn - level for (_, drawn), level in zip(power, followed, strict=True)]


def explained(power: Sequence[Moment], orders: Sequence[Moment], responds_within: float) -> Iterator[float]:
    """Give for each sample the power in W that orders account for; it begins at the first sample."""
    left = list(reversed(orders))
    level, target = power[0][1] if power else 0.0, None
    owed: list[Moment] = []  # of orders overtaken: until when, and how much further power may move for it
    for now, drawn in power:
        while left and left[-1][0] <= now:
            at, asked = left.pop()
            if target is not None and asked != target:
                owed.append((at + responds_within, target - level))
            target = asked
        owed = [(until, way) for until, way in owed if until > now]
        ways = [0.0, 0.0 if target is None else target - level, *(way for _, way in owed)]
        moved = min(max(drawn - level, min(ways)), max(ways))
        level += moved
        owed = [(until, after) for until, way in owed if (after := _left(way, moved))]
        yield level


def _left(way: float, moved: float) -> float:
    """Return what of a way is left once power has moved; a move against it takes nothing of it."""
    if way * moved <= 0:
        return way
    return way - moved if abs(way) > abs(moved) else 0.0
