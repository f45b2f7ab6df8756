"""A page of another site, in an operator's browser, beside the server that the operator looks at."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from harness import Controller, asleep, commands
from playwright.sync_api import Browser

from netstab.simulation.fleet import SimulatedFleet

ATTEMPTS = """
async (base) => {
    const tries = [];
    const send = (path, options) => tries.push(
        fetch(base + path, options).then((answer) => answer.type, () => "failed")
    );
    const command = '{"activationPowerInKw": 2.92}';
    send("/api/activate", {method: "POST", mode: "no-cors", body: command});
    send("/api/activate", {method: "POST", mode: "no-cors", body: new Blob([command])});
    send("/api/activate", {method: "POST", mode: "no-cors", body: new Blob([command], {type: "text/plain"})});
    send("/api/activate", {method: "POST", mode: "cors", body: command,
                           headers: {"Content-Type": "application/json"}});
    send("/api/deactivate", {method: "POST", mode: "no-cors"});
    send("/dashboard/api/override", {method: "POST", mode: "no-cors", body: new Blob(['{"enabled": true}'])});
    send("/dashboard/api/discovery/scan", {method: "POST", mode: "no-cors"});
    send("/dashboard/api/config", {method: "PATCH", mode: "cors", body: '{"min_miner_power_percent": 9}',
                                   headers: {"Content-Type": "application/json"}});
    send("/api/status", {method: "GET", mode: "cors"});
    navigator.sendBeacon(base + "/api/activate", new Blob([command]));
    const form = document.createElement("form");
    form.method = "POST"; form.action = base + "/api/deactivate"; form.target = "frame";
    const frame = document.createElement("iframe");
    frame.name = "frame";
    document.body.append(frame, form);
    const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
    form.submit();
    await loaded;
    return Promise.all(tries);
}
"""

SANDBOXED = r"""
async (base) => {
    const frame = document.createElement("iframe");
    frame.sandbox = "allow-scripts";
    const heard = new Promise((resolve) => addEventListener("message", (event) => resolve(event.data)));
    frame.srcdoc = `<script>
        const send = (path, body) => fetch("${base}" + path, {method: "POST", mode: "no-cors", body})
            .then((answer) => answer.type, () => "failed");
        Promise.all([send("/api/activate", '{"activationPowerInKw": 2.92}'), send("/api/deactivate")])
            .then((tried) => parent.postMessage([origin, ...tried], "*"));
    <\/script>`;
    document.body.append(frame);
    return heard;
}
"""


class _EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>another site</title><body>")

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def other_site() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _EmptyPage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.mark.parametrize("name", ["127.0.0.1", "evil.example"])
def test_a_page_of_another_site_changes_nothing_and_reads_nothing(
    browser: Browser, controller: Controller, fleet: SimulatedFleet, other_site: int, name: str
) -> None:
    before = controller.history()
    page = browser.new_page()
    page.goto(f"http://{name}:{other_site}/")
    tried = page.evaluate(ATTEMPTS, controller.base)
    assert len(tried) == 9
    assert set(tried) <= {"opaque", "failed"}
    page.close()
    assert controller.history() == before
    assert commands(fleet) == []
    assert asleep(fleet)


def test_a_frame_without_an_origin_of_its_own_changes_nothing(
    browser: Browser, controller: Controller, fleet: SimulatedFleet, other_site: int
) -> None:
    before = controller.history()
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{other_site}/")
    tried = page.evaluate(SANDBOXED, controller.base)
    page.close()
    assert tried[0] == "null"
    assert set(tried[1:]) <= {"opaque", "failed"}
    assert controller.history() == before
    assert commands(fleet) == []
    assert asleep(fleet)


def test_a_name_that_was_rebound_to_the_server_shows_a_page_nothing(
    browser: Browser, controller: Controller
) -> None:
    page = browser.new_page()
    answer = page.goto(f"http://rebound.example:{controller.port}/")
    assert answer is not None
    assert answer.status == 400
    assert "rebound.example" in page.content()
    read = page.evaluate("fetch('/dashboard/api/miners').then((answer) => answer.status, () => 'blocked')")
    assert read == "blocked"
    again = page.goto(f"http://rebound.example:{controller.port}/dashboard/api/miners")
    assert again is not None
    assert again.status == 400
    page.close()
