from netstab.fronts.pause import pause_after
from netstab.units import Seconds


def test_what_is_refused_again_and_again_is_said_ever_more_rarely_but_once_a_minute() -> None:
    pauses = [pause_after(None)]
    for _ in range(6):
        pauses.append(pause_after(pauses[-1]))
    assert pauses == [Seconds(each) for each in (2, 4, 8, 16, 32, 60, 60)]
