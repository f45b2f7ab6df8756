"""Serves the OpenAPI document and a page for humans that reads it; neither needs any other network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import falcon
import msgspec

from api.openapi import document
from api.routes import Route

__all__ = ["add_documentation"]

_PAGE = Path(__file__).parent / "docs"
_FILES = (
    ("/docs", "index.html", falcon.MEDIA_HTML),
    ("/docs/page.css", "page.css", "text/css; charset=utf-8"),
    ("/docs/page.js", "page.js", "text/javascript; charset=utf-8"),
)
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'"


def add_documentation(app: falcon.App[Any, Any], table: Sequence[Route]) -> None:
    """Add `/openapi.json` and `/docs`."""
    app.add_route("/openapi.json", _Static(msgspec.json.encode(document(table)), falcon.MEDIA_JSON))
    for path, name, media_type in _FILES:
        app.add_route(path, _Static((_PAGE / name).read_bytes(), media_type))


class _Static:
    def __init__(self, data: bytes, media_type: str) -> None:
        self._data = data
        self._media_type = media_type

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        response.data = self._data
        response.content_type = self._media_type
        response.set_header("Content-Security-Policy", _POLICY)
        response.set_header("X-Content-Type-Options", "nosniff")
