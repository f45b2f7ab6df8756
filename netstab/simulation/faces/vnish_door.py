"""Who a machine on Vnish 1.x lets in: a password with few tries, tokens that expire, a key that does not."""

from collections.abc import Mapping

__all__ = ["API_KEY", "Door"]

API_KEY = "an api key"
TOKEN_LASTS, LOCKED_FOR, TRIES = 3600.0, 600.0, 3
"""Seconds, and how many wrong passwords in a row shut it; none of them is documented."""


class Door:
    """`tries` counts the passwords that it was shown. Times are in seconds of physics."""

    def __init__(self) -> None:
        self.password, self.tries = "admin", 0
        self._tokens: dict[str, float] = {}
        self._wrong, self._locked_until = 0, 0.0

    def is_locked(self, now: float) -> bool:
        return now < self._locked_until

    def unlock(self, password: object, now: float) -> tuple[int, str]:
        """Return the status of the answer, and with 200 a token; each try while it is locked adds to that."""
        self.tries += 1
        if self.is_locked(now):
            self._locked_until = now + LOCKED_FOR
            return 429, ""
        if password != self.password:
            self._wrong += 1
            if self._wrong < TRIES:
                return 403, ""
            self._locked_until = now + LOCKED_FOR
            return 429, ""
        given = f"token-{self.tries}"
        self._wrong, self._tokens[given] = 0, now + TOKEN_LASTS
        return 200, given

    def knows(self, headers: Mapping[str, str], now: float) -> bool:
        shown = headers.get("authorization", "").removeprefix("Bearer ")
        return headers.get("x-api-key") == API_KEY or self._tokens.get(shown, 0.0) > now

    def expire(self) -> None:
        """Know none of the tokens any more that were given."""
        self._tokens.clear()
