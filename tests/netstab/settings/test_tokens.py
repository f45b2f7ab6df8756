"""Tokens are read from texts and files, and never shown."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unusable import refused, written

from netstab.settings import read_settings
from netstab.settings.tokens import from_text

ONE, TWO = "0123456789abcdef", "fedcba9876543210=="
NAMES = ("EMS_TOKEN", "DASHBOARD_TOKEN", "VIEWER_TOKEN")


def test_no_token_is_set_unless_one_is() -> None:
    access = read_settings({"EMS_TOKEN": " ", "VIEWER_TOKEN_FILE": ""}).access
    assert not any((access.ems_tokens, access.dashboard_tokens, access.viewer_tokens))
    assert access.advice == ()


def test_a_token_without_a_name_has_its_settings() -> None:
    access = read_settings({"EMS_TOKEN": ONE, "DASHBOARD_TOKEN": TWO, "VIEWER_TOKEN": "v" * 16}).access
    assert access.ems_tokens.name_of(ONE.encode()) == "ems"
    assert access.dashboard_tokens.name_of(TWO.encode()) == "dashboard"
    assert access.viewer_tokens.name_of(b"v" * 16) == "viewer"
    assert access.ems_tokens.name_of(TWO.encode()) is None


def test_several_people_have_tokens_with_their_names_and_one_may_have_two() -> None:
    tokens = from_text(f"alice:{ONE}, bob@site:{TWO},alice:{'a' * 16}", "dashboard")
    assert [tokens.name_of(each.encode()) for each in (ONE, TWO, "a" * 16)] == ["alice", "bob@site", "alice"]


@pytest.mark.parametrize("content", [f"{ONE}\n", ONE, f"  alice:{ONE}\n\nbob:{TWO}\n", f"x:{TWO},{ONE}"])
def test_a_file_holds_one_or_several(tmp_path: Path, content: str) -> None:
    access = read_settings({"EMS_TOKEN_FILE": written(tmp_path, content)}).access
    assert access.ems_tokens.name_of(ONE.encode()) in ("ems", "alice")


@pytest.mark.parametrize(
    "text",
    [
        "short",
        "a" * 15,
        "a" * 600,
        "with a space 0123456789",
        "ümlaut-0123456789abcd",
        f"{ONE},",
        ",",
        f"{ONE},{TWO},x",
        f"a b:{ONE}",
        f"{'n' * 41}:{ONE}",
        ONE + "\n" + ONE,
        ONE + "\x00",
    ],
)
def test_what_is_no_token_is_refused_by_name_and_not_shown(text: str) -> None:
    for name in NAMES[:2]:
        said = refused({name: text})
        assert f"{name} must be a token of at least 16" in said
        assert "got ***" in said
        assert text not in said or text == ","


def test_a_file_that_is_none_is_refused_by_the_settings_name_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place in (str(tmp_path / "missing"), str(tmp_path), str(tmp_path / "pipe"), f"secret-{ONE}", "\x00"):
        said = refused({"EMS_TOKEN_FILE": place})
        assert "EMS_TOKEN_FILE must name a file that can be read" in said
        assert place not in said
    assert "holds nothing" in refused({"EMS_TOKEN_FILE": written(tmp_path, " \n")})
    said = refused({"EMS_TOKEN_FILE": written(tmp_path, "secret\n")})
    assert "whose content cannot be used: it must be a token of at least 16" in said
    assert "secret" not in said
    assert "too large" in refused({"EMS_TOKEN_FILE": written(tmp_path, f"{ONE}\n" * 5000)})


def test_a_file_that_every_user_can_read_is_told(tmp_path: Path) -> None:
    tight = read_settings({"DASHBOARD_TOKEN_FILE": written(tmp_path, ONE)})
    assert tight.access.advice == ()
    [said] = read_settings({"DASHBOARD_TOKEN_FILE": written(tmp_path, ONE, 0o644)}).access.advice
    assert "DASHBOARD_TOKEN can be read by every user" in said


def test_a_token_for_the_ems_alone_leaves_the_dashboards_commands_open_which_is_told() -> None:
    [said] = read_settings({"EMS_TOKEN": ONE}).access.advice
    assert "DASHBOARD_TOKEN is not" in said


@pytest.mark.parametrize("block", ["0.0.0.0/0", "::/0", "203.0.113.0/24", "10.0.0.0/7"])
def test_networks_that_are_not_private_without_a_token_are_told(block: str) -> None:
    for surface in ("EMS", "DASHBOARD"):
        given = {f"{surface}_ALLOWED_NETWORKS": f"10.1.2.0/24, ::1, {block}"}
        [said] = read_settings(given).access.advice
        assert f"{surface}_TOKEN is not set" in said
        assert "10.1.2.0" not in said
        tokens = {"EMS_TOKEN": ONE, "DASHBOARD_TOKEN": TWO}
        assert read_settings({**given, **tokens}).access.advice == ()


def test_what_could_be_meant_in_two_ways_is_refused_at_the_start(tmp_path: Path) -> None:
    both = {"EMS_TOKEN": ONE, "EMS_TOKEN_FILE": written(tmp_path, TWO)}
    assert "EMS_TOKEN_FILE must not be set beside EMS_TOKEN" in refused(both)
    assert "DASHBOARD_TOKEN must hold other tokens" in refused(
        {"EMS_TOKEN": ONE, "DASHBOARD_TOKEN": f"a:{ONE}"}
    )
    shared = {"DASHBOARD_TOKEN": ONE, "VIEWER_TOKEN_FILE": written(tmp_path, ONE)}
    assert "VIEWER_TOKEN_FILE must hold other tokens" in refused(shared)
    assert "VIEWER_TOKEN needs DASHBOARD_TOKEN" in refused({"VIEWER_TOKEN": ONE})


def test_who_is_served_is_said_in_one_line() -> None:
    settings = read_settings({"EMS_TOKEN": ONE, "EMS_ALLOWED_NETWORKS": "10.1.2.3, ::1"})
    assert str(settings.access) == (
        "the EMS's calls to 10.1.2.3/32,::1/128, with a token;"
        " all else to loopback and private networks, without a token"
    )


def test_nothing_shows_a_token() -> None:
    settings = read_settings({"EMS_TOKEN": ONE, "DASHBOARD_TOKEN": f"alice:{TWO}"})
    shown = f"{settings!r} {settings.access!r} {settings.access}"
    assert ONE not in shown
    assert TWO not in shown
    assert "digest" not in shown


@given(st.text(max_size=80))
def test_any_text_gives_tokens_or_a_sentence_that_does_not_hold_it(text: str) -> None:
    try:
        from_text(text, "ems")
    except ValueError as error:
        assert len(text) < 4 or text not in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("10.1.2.3", ["10.1.2.3/32"]),
        (" 0.0.0.0/0 , ::/0", ["0.0.0.0/0", "::/0"]),
        ("::ffff:10.1.0.0/112", ["10.1.0.0/16"]),
        ("10.1.2.3/16,", ["10.1.0.0/16"]),
    ],
)
def test_networks_of_clients_are_of_either_kind(text: str, blocks: list[str]) -> None:
    assert [str(each) for each in read_settings({"EMS_ALLOWED_NETWORKS": text}).access.ems_networks] == blocks


@pytest.mark.parametrize("text", ["", " , ", "all", "10.0.0.0/33", "10.0.0.1;::1"])
def test_what_is_no_network_of_clients_is_refused_at_the_start(text: str) -> None:
    for name in ("EMS_ALLOWED_NETWORKS", "DASHBOARD_ALLOWED_NETWORKS"):
        assert f"{name} must be" in refused({name: text})


def test_modbus_masters_that_are_not_private_are_warned_of_for_none_has_a_password() -> None:
    given = {"MODBUS_LISTEN": "127.0.0.1:1502", "MODBUS_ALLOWED_NETWORKS": "10.0.0.0/8,203.0.113.0/24"}
    [said] = read_settings(given).advice
    assert "masters of 203.0.113.0/24" in said
    assert read_settings({**given, "MODBUS_LISTEN": ""}).advice == ()
    assert read_settings({**given, "MODBUS_ALLOWED_NETWORKS": "10.0.0.0/8"}).advice == ()
