"""What bounds an exchange, in time and size."""

import time

__all__ = ["LARGEST_ANSWER", "after"]

LARGEST_ANSWER = 64 * 1024  # bytes; of the recorded answers of all makers the largest has 8,500


def after(seconds: float) -> float:
    """Return the moment so many seconds from now, on the monotonic clock that deadlines are kept on."""
    return time.monotonic() + seconds
