"""What reverse proxies forward counts where they are trusted, and from nobody else."""

import pytest
from clients_at import serving
from dashboard import is_refusal
from falcon.testing import Result
from hypothesis import given
from hypothesis import strategies as st
from stub_fleet import StubFleet, two_miners

PROXY, OUTSIDE = "10.9.9.9", "203.0.113.5"
FORWARDED = {"X-Forwarded-For": OUTSIDE, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "fleet.example"}
SPOOFED = (
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-For": "127.0.0.1, 127.0.0.1"},
    {"Forwarded": "for=127.0.0.1"},
    {"X-Real-Ip": "127.0.0.1"},
    {"X-Forwarded-For": "127.0.0.1", "Forwarded": "for=127.0.0.1", "X-Forwarded-By": PROXY},
)


def activate(fleet: StubFleet, address: str, headers: dict[str, str], **environment: str) -> Result:
    client = serving(fleet, address, **environment)
    return client.simulate_post("/api/activate", json={"activationPowerInKw": 1}, headers=headers)


def told(fleet: StubFleet) -> list[str]:
    """Return the addresses of those whose commands reached the fleet."""
    return [given[-1] for given in fleet.given]


@pytest.mark.parametrize("headers", SPOOFED)
def test_nobody_outside_gets_in_by_claiming_to_be_forwarded(
    fleet: StubFleet, headers: dict[str, str]
) -> None:
    for settings in ({}, {"TRUSTED_PROXIES": PROXY}):
        answer = activate(fleet, OUTSIDE, headers, **settings)
        assert is_refusal(answer, 403, "NETWORK_NOT_ALLOWED")
    assert fleet.given == []


@pytest.mark.parametrize("headers", SPOOFED)
def test_nobody_inside_puts_another_address_into_the_log(fleet: StubFleet, headers: dict[str, str]) -> None:
    claimed = {name: value.replace("127.0.0.1", "192.168.7.7") for name, value in headers.items()}
    assert activate(fleet, "10.0.0.5", claimed, TRUSTED_PROXIES=PROXY).status_code == 200
    assert "192.168.7.7" not in repr(fleet.given)
    assert "10.0.0.5" in repr(fleet.given)


def test_a_trusted_proxys_client_is_judged_in_its_place(fleet: StubFleet) -> None:
    answer = activate(fleet, PROXY, {"X-Forwarded-For": OUTSIDE}, TRUSTED_PROXIES=PROXY)
    assert is_refusal(answer, 403, "NETWORK_NOT_ALLOWED")
    assert OUTSIDE in answer.json["message"]
    allowed = {"TRUSTED_PROXIES": "10.9.9.0/24", "EMS_ALLOWED_NETWORKS": "203.0.113.0/24"}
    assert activate(fleet, PROXY, {"X-Forwarded-For": OUTSIDE}, **allowed).status_code == 200
    assert OUTSIDE in repr(fleet.given)
    assert is_refusal(activate(fleet, PROXY, {}, **allowed), 403, "NETWORK_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("chain", "client"),
    [
        (f"127.0.0.1, {OUTSIDE}", OUTSIDE),
        (f"127.0.0.1, {OUTSIDE}, {PROXY}", OUTSIDE),
        (f"127.0.0.1,{OUTSIDE}:4711", OUTSIDE),
        ("127.0.0.1, [2001:db8::1]:4711", "2001:db8::1"),
        ("127.0.0.1, [2001:db8::1]", "2001:db8::1"),
        ("127.0.0.1, 2001:db8::1", "2001:db8::1"),
        (f"127.0.0.1, ::ffff:{OUTSIDE}", OUTSIDE),
    ],
)
def test_of_a_chain_the_last_that_is_no_proxy_counts_for_all_before_it_may_be_made_up(
    fleet: StubFleet, chain: str, client: str
) -> None:
    answer = activate(fleet, PROXY, {"X-Forwarded-For": chain}, TRUSTED_PROXIES=PROXY)
    assert is_refusal(answer, 403, "NETWORK_NOT_ALLOWED")
    assert client in answer.json["message"]


def test_what_a_proxy_asks_for_itself_comes_from_it(fleet: StubFleet) -> None:
    assert activate(fleet, PROXY, {}, TRUSTED_PROXIES=PROXY).status_code == 200
    assert activate(fleet, PROXY, {"X-Forwarded-For": PROXY}, TRUSTED_PROXIES=PROXY).status_code == 200
    assert repr(fleet.given).count(PROXY) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "unknown"},
        {"X-Forwarded-For": "127.0.0.1,"},
        {"X-Forwarded-For": ", ".join(["10.9.9.9"] * 21)},
        {"X-Forwarded-For": "_hidden"},
        {"X-Forwarded-Proto": "ftp"},
        {"X-Forwarded-Proto": "https, wss"},
    ],
)
def test_what_a_trusted_proxy_says_and_cannot_be_used_is_refused(
    fleet: StubFleet, headers: dict[str, str]
) -> None:
    answer = activate(fleet, PROXY, headers, TRUSTED_PROXIES=PROXY)
    assert is_refusal(answer, 400, "INVALID_INPUT")
    assert fleet.given == []


@given(st.text(max_size=60))
def test_any_text_in_the_headers_of_a_proxy_has_an_answer(text: str) -> None:
    fleet = StubFleet(two_miners())
    raw = text.encode().decode("latin-1")
    extras = {"HTTP_X_FORWARDED_FOR": raw, "HTTP_X_FORWARDED_HOST": raw, "HTTP_X_FORWARDED_PROTO": raw}
    answer = serving(fleet, PROXY, TRUSTED_PROXIES=PROXY).simulate_get("/api/status", extras=extras)
    assert answer.status_code in (200, 400, 403)


def test_the_name_that_the_browser_asked_for_is_judged_behind_a_proxy(fleet: StubFleet) -> None:
    settings = {"TRUSTED_PROXIES": PROXY, "ALLOWED_HOSTS": "fleet.example"}
    own = {
        "X-Forwarded-Host": "fleet.example",
        "X-Forwarded-Proto": "https",
        "Origin": "https://fleet.example",
    }
    assert activate(fleet, PROXY, own, **settings).status_code == 200
    foreign = own | {"Origin": "https://evil.example"}
    assert is_refusal(activate(fleet, PROXY, foreign, **settings), 403, "FOREIGN_SITE")
    rebound = own | {"X-Forwarded-Host": "evil.example", "Origin": "https://evil.example"}
    assert is_refusal(activate(fleet, PROXY, rebound, **settings), 400, "UNKNOWN_HOST")


def test_a_proxy_that_passes_on_what_a_page_wrote_does_not_hide_the_name_it_was_asked_by(
    fleet: StubFleet,
) -> None:
    """A page whose name was rebound may set X-Forwarded-Host; Host it may not."""
    headers = {"Host": "evil.example", "X-Forwarded-Host": "localhost", "Origin": "http://evil.example"}
    answer = activate(fleet, PROXY, headers, TRUSTED_PROXIES=PROXY)
    assert is_refusal(answer, 400, "UNKNOWN_HOST")


def test_of_anybody_else_a_forwarded_host_or_scheme_is_not_read(fleet: StubFleet) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "localhost:8000"}
    assert is_refusal(activate(fleet, "10.0.0.5", headers), 400, "UNKNOWN_HOST")
    headers = {"Origin": "https://localhost:8000", "X-Forwarded-Proto": "https"}
    assert is_refusal(activate(fleet, "10.0.0.5", headers), 403, "FOREIGN_SITE")
