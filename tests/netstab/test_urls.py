"""What may be shown of a URL, whatever its password is made of."""

import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.urls import authority, database_url_fault, without_password

PASSWORDS = st.text("@/:%#?&=+'\\[], a1", min_size=1, max_size=20).map(lambda text: "§".join(["", *text, ""]))
"""Marked between all characters, so that no fragment goes unseen."""


def forms(password: str) -> list[str]:
    """Write a password in every place where one may stand, encoded and as it is."""
    encoded = quote(password, safe="")
    places = [
        "postgresql://me:{}@10.0.0.1:5432/log",
        "postgresql://me:{}@10.0.0.1/log?sslmode=require",
        "postgresql://10.0.0.1/log?user=me&password={}",
        "postgresql:///log?password={}&host=/run",
        "mysql://me:{}@10.0.0.1/log",
        "http://me:{}@10.0.0.9/status",
        "http://10.0.0.9/status?token={}#top",
        "host=10.0.0.1 user=me password={} dbname=log",
        "host=10.0.0.1 passwd='{}'",
        "me:{}@10.0.0.1/log",
    ]
    alone = [f"postgresql://{encoded}@10.0.0.1/log", f"modbus://{encoded}@10.0.0.9"]
    return [*alone, *(place.format(text) for place in places for text in (password, encoded))]


@given(PASSWORDS)
def test_no_part_of_a_password_is_shown(password: str) -> None:
    for url in forms(password):
        shown = without_password(url)
        assert "§" not in shown, url
        assert quote("§") not in shown, url


@given(st.text(max_size=60))
def test_showing_a_url_twice_shows_the_same(text: str) -> None:
    shown = without_password(text)
    assert without_password(shown) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///data/me@work/netstab.db", "sqlite:///data/me@work/netstab.db"),
        ("postgresql://me:secret@10.0.0.1:5432/log", "postgresql://me:***@10.0.0.1:5432/log"),
        ("postgresql://me:p%40ss%2Fw@[::1]/log?sslmode=on", "postgresql://me:***@[::1]/log?***"),
        ("postgresql://a:1,b:2/log", "postgresql://a:1,b:2/log"),
        ("postgresql://me:p@ss/w@10.0.0.1/log", "postgresql://***"),
        ("http://10.0.0.9/status", "http://10.0.0.9/status"),
        ("192.168.7.0/24", "192.168.7.0/24"),
    ],
)
def test_what_is_no_password_is_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown


@given(PASSWORDS)
def test_a_database_takes_any_password_that_is_percent_encoded(password: str) -> None:
    assert database_url_fault(f"postgresql://me:{quote(password, safe='')}@10.0.0.1:5432/log") == ""


@pytest.mark.parametrize("password", ["p@ss", "pa/ss", "1/2@3", "p%ss", "100%"])
def test_a_password_that_would_be_read_in_another_way_is_refused(password: str) -> None:
    fault = database_url_fault(f"postgresql://me:{password}@10.0.0.1/log")
    assert "percent-encoded" in fault
    assert password not in fault


@pytest.mark.parametrize("text", ["a:" * 50_000, "http://" + "@," * 50_000, "passw" * 50_000, "," * 100_000])
def test_long_text_is_looked_at_in_linear_time(text: str) -> None:
    started = time.thread_time()
    without_password(text)
    database_url_fault(f"postgresql://{text}")
    assert time.thread_time() - started < 0.5


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert [authority(host, 8000) for host in ("::", "127.0.0.1")] == ["[::]:8000", "127.0.0.1:8000"]
