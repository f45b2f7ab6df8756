import pytest

from actors.fence import WakeFence


def test_only_an_order_above_the_fence_may_start_anything() -> None:
    fence = WakeFence()
    with fence.raised(7):
        pass
    assert [fence.allows(order) for order in (6, 7, 8)] == [False, False, True]


def test_a_closed_fence_lets_no_order_through() -> None:
    fence = WakeFence()
    fence.close()
    assert fence.closed
    assert not fence.allows(10**9)


def test_the_fence_stands_while_the_order_is_being_recorded_and_goes_back_if_that_fails() -> None:
    fence, stood = WakeFence(), []

    def record() -> None:
        stood.append(fence.allows(7))
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"), fence.raised(7):
        record()
    assert stood == [False]
    assert fence.allows(1)
