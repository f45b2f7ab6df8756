"""A simulated device on Vnish 1.x: what it answers, and what it counts as never to be sent."""

import json
from random import Random
from typing import Any, cast

import pytest

from netstab.simulation.faces.face import HttpRequest, Kind, Place, WebAnswer
from netstab.simulation.faces.vnish import VNISH_1_2, VNISH_1_3, VNISH_SWITCHER, VnishFace
from netstab.simulation.faces.vnish_door import API_KEY, LOCKED_FOR, TRIES
from netstab.units import MinerId

KEY = {"x-api-key": API_KEY}


def built(kind: Kind) -> VnishFace:
    return cast("VnishFace", kind.build(Place(MinerId("127.0.0.1"), "02:00:7f:00:00:01", Random(1))))


def asked(
    face: VnishFace, path: str, body: object = None, headers: dict[str, str] | None = None
) -> WebAnswer:
    sent = "" if body is None else json.dumps(body)
    method = "GET" if body is None else "POST"
    answer = face.web(HttpRequest(method, f"/api/v1/{path}", headers or {}, sent))
    assert answer is not None
    return answer


def told(face: VnishFace, path: str) -> Any:
    return json.loads(asked(face, path).body)


def forbidden(face: VnishFace) -> list[str]:
    return [touch.forbidden for touch in face.machine.forbidden]


@pytest.mark.parametrize("path", ["chips", "mining/stop", "../cgi-bin/get_system_info.cgi"])
def test_a_path_that_it_does_not_read_is_answered_with_a_page_and_status_200(path: str) -> None:
    answer = asked(built(VNISH_1_2), path)
    assert (answer.status, answer.body[:9]) == ("200 OK", b"<!doctype")


def test_1_3_has_boards_and_a_throttle_and_1_2_has_chains_and_none() -> None:
    older, newer = built(VNISH_1_2), built(VNISH_1_3)
    assert len(told(older, "chains")) == len(told(newer, "boards")) == 3
    assert asked(older, "boards").body[:1] == asked(newer, "chains").body[:1] == b"<"
    assert asked(older, "mining/throttle", {"percent": 50}, KEY).body[:1] == b"<"
    assert asked(newer, "mining/throttle", {"percent": 50}, KEY).status == "200 OK"
    assert told(newer, "summary")["miner"]["miner_status"]["throttled"] == 50
    assert "throttled" not in told(older, "summary")["miner"]["miner_status"]


def test_commands_ask_for_a_token_or_a_key_and_reads_for_nothing() -> None:
    face = built(VNISH_1_3)
    assert asked(face, "mining/stop", {}).status.startswith("401")
    assert asked(face, "settings").status.startswith("401")
    assert not face.machine.writes
    token = json.loads(asked(face, "unlock", {"pw": "admin"}).body)["token"]
    assert asked(face, "mining/stop", {}, {"authorization": f"Bearer {token}"}).status == "200 OK"
    face.settle(7200.0)
    assert asked(face, "mining/start", {}, {"authorization": f"Bearer {token}"}).status.startswith("401")
    assert asked(face, "mining/start", {}, KEY).status == "200 OK"


def test_after_too_many_tries_each_further_one_is_forbidden_and_shuts_it_for_longer() -> None:
    face = built(VNISH_1_3)
    answers = [asked(face, "unlock", {"pw": "guess"}).status[:3] for _ in range(TRIES)]
    assert answers == ["403"] * (TRIES - 1) + ["429"]
    assert forbidden(face) == []
    assert asked(face, "unlock", {"pw": "admin"}).status.startswith("429")
    assert forbidden(face) == ["it has had too many tries"]
    face.settle(LOCKED_FOR + 1)
    assert asked(face, "unlock", {"pw": "admin"}).status == "200 OK"


def with_preset(face: VnishFace, preset: str, **changed: object) -> dict[str, Any]:
    stored = json.loads(asked(face, "settings", headers=KEY).body)["miner"]["overclock"]
    return {"miner": {"overclock": {**stored, "preset": preset, **changed}}}


@pytest.mark.parametrize(
    ("kind", "preset", "changed", "why"),
    [
        (VNISH_1_2, "2800", {}, []),
        (VNISH_1_2, "2640", {}, ["it begins to tune a preset, for hours"]),
        (VNISH_1_2, "2800", {"globals": {}}, ["it loses what its owner has set"]),
        (VNISH_SWITCHER, "2550", {}, ["it fights the preset switcher"]),
    ],
)
def test_settings_that_nobody_may_send_are_counted(
    kind: Kind, preset: str, changed: dict[str, object], why: list[str]
) -> None:
    face = built(kind)
    assert json.loads(asked(face, "settings", with_preset(face, preset, **changed), KEY).body)
    assert forbidden(face) == why


def test_what_is_not_taken_is_answered_as_what_is() -> None:
    face = built(VNISH_1_2)
    face.restart_required = False
    taken = asked(face, "settings", with_preset(face, "2800"), KEY)
    face.refuses = True
    assert asked(face, "settings", with_preset(face, "2550"), KEY) == taken
    assert told(face, "perf-summary")["current_preset"]["name"] == "2800"


def test_a_switcher_moves_it_and_a_pause_is_never_asked_for() -> None:
    face = built(VNISH_SWITCHER)
    before = face.machine.power
    face.settle(1000.0)
    assert face.machine.power != pytest.approx(before, rel=0.01)
    asked(face, "mining/pause", {}, KEY)
    assert forbidden(face) == ["what it does is not known"]
