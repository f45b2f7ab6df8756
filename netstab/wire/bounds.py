"""What bounds an exchange, in time and size."""

import math
import time

__all__ = ["LARGEST_ANSWER", "MOST_PIECES", "after", "left_until"]

LARGEST_ANSWER = 64 * 1024  # bytes; of the recorded answers of all makers the largest has 8,500
MOST_PIECES = 1024  # of one answer: each costs as much to take in, and who drips it by the byte has thousands


def after(seconds: float) -> float:
    """Return the moment so many seconds from now, on the monotonic clock that deadlines are kept on."""
    return time.monotonic() + seconds


def left_until(expires: float, within: float = math.inf) -> float:
    """Return the seconds that are left, at most those; raises `TimeoutError` once there are none."""
    left = min(within, expires - time.monotonic())
    if left <= 0:
        raise TimeoutError
    return left
