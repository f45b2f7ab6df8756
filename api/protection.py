"""What every answer tells a browser: to keep it, frame it, guess its type or run anything of it in no way.

Files of a page say for themselves what they need.
"""

from typing import Final

__all__ = ["PROTECTION"]

PROTECTION: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Headers of all answers, refusals of the server itself included, where the answer has none of its own."""
