"""Serves the OpenAPI document and a page for humans that reads it; neither needs any other network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import falcon
import msgspec

from api.openapi import document
from api.routes import Route
from api.static import Page, StaticFile

__all__ = ["add_documentation"]

_PAGE = Path(__file__).parent / "docs"
_FILES = (("/docs", "index.html"), ("/docs/page.css", "page.css"), ("/docs/page.js", "page.js"))


def add_documentation(app: falcon.App[Any, Any], table: Sequence[Route]) -> None:
    """Add `/openapi.json` and `/docs`."""
    app.add_route("/openapi.json", _Document(msgspec.json.encode(document(table))))
    for path, name in _FILES:
        app.add_route(path, Page(StaticFile(_PAGE / name)))


class _Document:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        response.data = self._data
        response.content_type = falcon.MEDIA_JSON
