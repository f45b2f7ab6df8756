"""What is offered, for fleets of any size: a CEM that asks for it is told that it has it."""

import json

from hypothesis import given
from hypothesis import strategies as st
from s2_conversation import NOON, OFFER
from s2_schemas import fault

from netstab.fronts.s2.offer import Offer, description
from netstab.fronts.s2.sent import encoded
from netstab.units import Seconds, Watts

_POWERS = st.lists(st.integers(0, 10**8), min_size=3, max_size=3, unique=True).map(sorted)


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    idle, lowest, highest = (Watts(float(power)) for power in draw(_POWERS))
    count = draw(st.integers(0, 20))
    steps = tuple(Watts(idle + number / count * (highest - idle)) for number in range(1, count + 1))
    times = [Seconds(draw(st.sampled_from([0.0, 0.5, 600.0]))) for _ in range(3)]
    return Offer(idle, lowest, highest, highest, steps, *times)


@given(offers(), st.floats(0, 1), st.integers(0, 20))
def test_the_power_of_a_mode_and_factor_is_found_in_the_same_mode(
    offer: Offer, factor: float, choice: int
) -> None:
    mode = offer.modes[choice % len(offer.modes)]
    power = mode.power(factor)
    found = offer.nearest(power)
    assert mode.low - 1 <= power <= mode.high + 1
    assert abs(found.power(found.factor(power)) - power) <= 1 + 1e-6 * offer.highest
    assert not offer.differs(offer)


@given(offers())
def test_any_offer_is_described_as_the_schema_allows(offer: Offer) -> None:
    described = json.loads(encoded(description("m-1", offer, NOON)))
    assert fault(described) == ""
    ids = [mode["id"] for mode in described["operation_modes"]]
    ways = [(each["from"], each["to"]) for each in described["transitions"]]
    assert sorted(ways) == sorted((one, other) for one in ids for other in ids if one != other)
    timers = {timer["id"] for timer in described["timers"]}
    used = [each["start_timers"] + each["blocking_timers"] for each in described["transitions"]]
    assert {timer for each in used for timer in each} == timers
    assert described["operation_modes"][-1]["power_ranges"][0]["end_of_range"] == offer.highest


def test_a_mode_has_the_same_id_whatever_the_rest_is() -> None:
    many = Offer(Watts(50.0), Watts(100.0), Watts(900.0), Watts(900.0))
    assert [mode.id for mode in many.modes] == [mode.id for mode in OFFER.modes]
