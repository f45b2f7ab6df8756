"""What is counted of requests: by route and code, and nothing of what clients send."""

import requests
from falcon.testing.client import TestClient
from scraped import Scrape
from stub_fleet import StubFleet, dependencies
from waiting import PATIENCE

from api.app import create_app, create_server
from api.dependencies import Dependencies
from api.metrics import refused_unread
from api.serving.server import Server
from netstab.units import Seconds


def scrape(client: TestClient) -> Scrape:
    answer = client.simulate_get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return Scrape(answer.text)


def test_requests_are_counted_by_method_route_and_code(client: TestClient) -> None:
    client.simulate_get("/dashboard/api/miners/127.0.1.56")
    client.simulate_get("/dashboard/api/miners/127.0.1.167/")
    client.simulate_get("/dashboard/api/miners/127.0.1.99")
    client.simulate_post("/api/deactivate", json={})
    seen = scrape(client)
    route = "/dashboard/api/miners/{miner_id}"
    count = "netstab_http_requests_total"
    assert seen(count, method="GET", route=route, code="200") == 2
    assert seen(count, method="GET", route=route, code="404") == 1
    assert seen(count, method="POST", route="/api/deactivate", code="200") == 1
    assert seen("netstab_http_request_seconds_count", surface="ems") == 1
    assert seen("netstab_http_request_seconds_count", surface="dashboard") == 3


def test_whatever_clients_ask_for_makes_no_label(client: TestClient) -> None:
    for number in range(50):
        client.simulate_get(f"/no/such/path-{number}")
        client.simulate_get(f"/dashboard/api/miners/127.0.2.{number}")
        client.simulate_get(f"/static/{number}.js")
        client.simulate_get("/", headers={"Host": f"evil-{number}.example"})
    seen = scrape(client)
    count = "netstab_http_requests_total"
    assert seen(count, method="GET", route="none", code="404") == 50
    assert seen(count, method="GET", route="none", code="400") == 50
    assert seen(count, method="GET", route="/static/{name:path}", code="404") == 50
    assert seen.values(count, "method") == {"GET"}
    assert len([name for name, _ in seen.samples if name == count]) < 8


def test_methods_that_are_none_are_counted_as_one(server: Server) -> None:
    base = f"http://127.0.0.1:{server.port}"
    for number in range(5):
        requests.request(f"PROPFIND{number}", base, timeout=PATIENCE)
    seen = Scrape(requests.get(f"{base}/metrics", timeout=PATIENCE).text)
    assert seen.values("netstab_http_requests_total", "method") == {"other"}


def test_moments_at_which_counters_began_are_left_out(client: TestClient) -> None:
    client.simulate_get("/healthz")
    assert not [name for name, _ in scrape(client).samples if name.endswith("_created")]


def test_it_is_shown_to_head_as_well_and_kept_as_a_file_by_no_browser(client: TestClient) -> None:
    answer = client.simulate_head("/metrics")
    assert (answer.status_code, answer.text) == (200, "")
    assert "content-disposition" not in answer.headers


def test_what_never_reached_a_route_is_counted_too(fleet: StubFleet) -> None:
    given: Dependencies = dependencies(fleet)
    server = create_server(create_app(given), "127.0.0.1", 0, refused=refused_unread(given.metrics))
    server.start()
    try:
        base = f"http://127.0.0.1:{server.port}"
        assert requests.get(base, headers={"X-Long": "x" * 40_000}, timeout=PATIENCE).status_code == 431
        seen = Scrape(requests.get(f"{base}/metrics", timeout=PATIENCE).text)
    finally:
        server.stop(Seconds(PATIENCE))
    assert seen("netstab_http_requests_total", method="other", route="none", code="431") == 1


def test_two_servers_in_one_process_count_apart(fleet: StubFleet) -> None:
    first, second = (TestClient(create_app(dependencies(fleet)), headers={"Host": "localhost"}) for _ in "ab")
    first.simulate_get("/healthz")
    assert scrape(second)("netstab_http_requests_total", method="GET", route="/healthz", code="200") is None
