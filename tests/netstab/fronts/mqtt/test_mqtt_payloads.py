"""The payload of a command is read as JSON writes it, or refused with what would be one."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.fronts.mqtt.payloads import COMMANDS, LONGEST_VALID, BadPayload, Run, Target
from netstab.units import Seconds, Watts


@pytest.mark.parametrize(
    ("name", "payload", "asked"),
    [
        ("target", b"1.5", Target(Watts(1500))),
        ("target", b"2", Target(Watts(2000))),
        ("target", b" 0 ", Target(Watts(0))),
        ("target", b"1e-3", Target(Watts(1))),
        ("target", b"-0.5", Target(Watts(-500))),
        ("target", b'{"kw": 1.5, "valid_s": 60}', Target(Watts(1500), Seconds(60))),
        ("target", b'{"kw": 1.5}', Target(Watts(1500))),
        ("target_w", b"1500", Target(Watts(1500))),
        ("target_w", b'{"w": 1500, "valid_s": 0.5}', Target(Watts(1500), Seconds(0.5))),
        ("run", b"ON", Run(on=True)),
        ("run", b"off", Run(on=False)),
    ],
)
def test_a_command_is_read(name: str, payload: bytes, asked: object) -> None:
    assert COMMANDS[name](payload) == asked


@pytest.mark.parametrize("name", ["target", "target_w", "run"])
@pytest.mark.parametrize(
    "payload",
    [
        *(
            b"",
            b" ",
            b"None",
            b"null",
            b"true",
            b"1,5",
            b"1.5 kW",
            b'"1.5"',
            b"NaN",
            b"inf",
            b"1e999",
            b"[1]",
        ),
        *(
            b"{}",
            b'{"kw": "1"}',
            b'{"kw": 1, "w": 2}',
            b'{"kw": 1, "valid_s": 0}',
            b'{"kw": 1, "valid_s": -1}',
        ),
        *(b'{"kw": 1, "valid_s": 1e9}', b"\xff\xfe", b"1" * 65, b"0" * 64, b"+1", b"0x10"),
    ],
)
def test_what_is_no_command_is_refused(name: str, payload: bytes) -> None:
    with pytest.raises(BadPayload):
        COMMANDS[name](payload)


@given(st.sampled_from(sorted(COMMANDS)), st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_payload_is_a_command_or_refused_with_a_short_sentence(name: str, payload: bytes) -> None:
    try:
        asked = COMMANDS[name](payload)
    except BadPayload as refused:
        assert str(refused)[-1] == "."  # noqa: PT017
        assert len(str(refused)) < 300  # noqa: PT017
    else:
        assert isinstance(asked, Run) or math.isfinite(asked.power)


@given(st.floats(0, 1e6), st.none() | st.floats(0.001, LONGEST_VALID))
def test_what_a_client_writes_is_what_is_asked_for(kilowatts: float, valid: float | None) -> None:
    document = {"kw": round(kilowatts, 3)} | ({} if valid is None else {"valid_s": round(valid, 3)})
    asked = COMMANDS["target"](json.dumps(document).encode())
    assert isinstance(asked, Target)
    assert asked.power == pytest.approx(1000 * document["kw"], abs=1e-3)
    assert asked.valid == document.get("valid_s")
