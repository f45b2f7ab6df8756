"""Loopback addresses that no other test process uses at the same time: fixed ports are free there."""

import os

__all__ = ["own_address"]


def own_address(last: int = 1) -> str:
    """Return an address of a block of 254 that is this process's own."""
    number = os.getpid() % (64 * 254)
    return f"127.{128 + number // 254}.{1 + number % 254}.{last}"
