"""The dashboard's files as they are served."""

import gzip
import re

import pytest
from falcon.testing.client import TestClient

FILES = (
    "/",
    "/static/script/main.js",
    "/static/style/theme.css",
    "/static/mark.svg",
    "/static/plotly.min.js",
)


@pytest.mark.parametrize("path", FILES)
def test_a_file_that_a_browser_has_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.simulate_get(path)
    assert first.status_code == 200
    assert first.content
    again = client.simulate_get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/static/script/main.js", "text/javascript; charset=utf-8"),
        ("/static/style/theme.css", "text/css; charset=utf-8"),
        ("/static/mark.svg", "image/svg+xml"),
    ],
)
def test_a_file_is_served_as_what_it_is(client: TestClient, path: str, media_type: str) -> None:
    assert client.simulate_get(path).headers["Content-Type"] == media_type


@pytest.mark.parametrize("path", [*FILES, "/docs"])
def test_a_page_is_fenced_in(client: TestClient, path: str) -> None:
    headers = client.simulate_get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_large_file_is_packed_for_those_who_can_unpack_it(client: TestClient) -> None:
    plain = client.simulate_get("/static/plotly.min.js")
    packed = client.simulate_get("/static/plotly.min.js", headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert len(packed.content) < len(plain.content) / 2
    assert gzip.decompress(packed.content) == plain.content


@pytest.mark.parametrize(
    "name", ["nothing.js", "../app.py", "script/../../app.py", "%2e%2e/app.py", "script", ""]
)
def test_nothing_but_the_dashboards_own_files_is_served(client: TestClient, name: str) -> None:
    answer = client.simulate_get(f"/static/{name}")
    assert answer.status_code == 404
    assert answer.headers["X-Error-Code"] == "NOT_FOUND"


def test_the_page_has_no_inline_script_or_style_and_asks_no_other_server(client: TestClient) -> None:
    page = client.simulate_get("/").text
    assert not re.search(r"https?://|<script>|<style|style=|\son\w+=", page)
    for path in re.findall(r'(?:src|href)="(/[^"]+)"', page):
        assert client.simulate_get(path).status_code == 200, path


def test_every_module_that_is_imported_is_served(client: TestClient) -> None:
    seen, waiting = set(), ["/static/script/main.js"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = client.simulate_get(path)
        assert answer.status_code == 200, path
        folder = path.rsplit("/", 1)[0]
        names = re.findall(r'(?:from |import\()"(\.[^"]+)"', answer.text)
        waiting.extend(_joined(folder, name) for name in names)
    assert len(seen) > 10


def _joined(folder: str, name: str) -> str:
    parts = folder.split("/")
    for part in name.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
