"""Serves the dashboard: one page, its modules and styles, and Plotly from its installed wheel."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import falcon

from api.static import Page, StaticFile

__all__ = ["add_dashboard"]

_PAGE = Path(__file__).parent / "dashboard"
_PLOTLY = Path("package_data", "plotly.min.js")


def add_dashboard(app: falcon.App[Any, Any]) -> None:
    """Add `/` and all files below `/static/`."""
    app.add_route("/", Page(StaticFile(_PAGE / "index.html")))
    app.add_route("/static/{name:path}", _Files(_files()))


@cache
def _files() -> dict[str, StaticFile]:
    own = (path for path in _PAGE.rglob("*") if path.suffix in (".css", ".js", ".svg"))
    files = {path.relative_to(_PAGE).as_posix(): StaticFile(path) for path in own}
    return {**files, "plotly.min.js": StaticFile(_plotly())}


def _plotly() -> Path:
    """Find Plotly's script without importing its Python side, which takes a second."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("The package plotly is not installed.")
    return Path(spec.origin).parent / _PLOTLY


class _Files:
    """Serves what was there at start and nothing else: a name is looked up, never made a path."""

    def __init__(self, files: dict[str, StaticFile]) -> None:
        self._files = files

    def on_get(self, request: falcon.Request, response: falcon.Response, name: str) -> None:
        file = self._files.get(name)
        if file is None:
            raise falcon.HTTPNotFound
        Page.send(file, request, response)
