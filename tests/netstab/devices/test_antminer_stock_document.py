"""What is written to an Antminer on Bitmain's firmware: its pools as they were read, or nothing."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from antminer_pages import CONFIGURATION, POOLS, body
from hypothesis import given, settings
from hypothesis import strategies as st

from netstab.devices.antminer_stock import document
from netstab.devices.antminer_stock.document import Form, WorkMode
from netstab.errors import CommandRefused, ConfigurationUnwritable, DeviceError, MalformedAnswer

READ = body(CONFIGURATION)


def checked(**changed: Any) -> document.Stored:
    return document.checked(document.parsed(body({**CONFIGURATION, **changed})))


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in CONFIGURATION.items() if name not in names}


def posted(stored: document.Stored, mode: WorkMode, form: Form = Form.PAGE) -> dict[str, Any]:
    told = json.loads(document.written(stored, mode, form).data)
    assert isinstance(told, dict)
    return told


def test_what_is_written_is_what_the_devices_own_page_writes() -> None:
    content = document.written(checked(), WorkMode.ASLEEP)
    assert content.kind == "application/json"
    assert json.loads(content.data) == {
        "bitmain-fan-ctrl": False,
        "bitmain-fan-pwn": "100",
        "freq-level": "100",
        "miner-mode": 1,
        "pools": POOLS,
    }
    assert "wörker".encode() in content.data, "as a browser writes it"


def test_the_other_form_has_the_mode_as_text_and_by_the_name_that_it_is_read_by() -> None:
    content = document.written(checked(), WorkMode.ASLEEP, Form.TEXT)
    told = json.loads(content.data)
    assert (content.kind, told["miner-mode"], told["bitmain-work-mode"]) == ("text/plain", "1", "1")
    assert told["pools"] == POOLS


def test_numbers_and_switches_are_written_as_they_were_read() -> None:
    told = posted(
        checked(**{"bitmain-fan-pwm": 80, "bitmain-freq-level": 60, "bitmain-fan-ctrl": True}),
        WorkMode.NORMAL,
    )
    assert (told["bitmain-fan-pwn"], told["freq-level"], told["bitmain-fan-ctrl"]) == (80, 60, True)


def test_a_board_without_a_voltage_of_its_own_is_written_as_any_other() -> None:
    stored = document.checked(document.parsed(body(without("bitmain-voltage", "bitmain-freq"))))
    assert posted(stored, WorkMode.ASLEEP)["pools"] == POOLS


OLDER = {**without("bitmain-work-mode", "bitmain-freq-level"), "miner-mode": 3, "freq-level": "80"}


def test_an_older_builds_names_are_read_as_well() -> None:
    stored = document.checked(document.parsed(body(OLDER)))
    assert stored.mode is WorkMode.LOW_POWER
    assert posted(stored, WorkMode.ASLEEP)["freq-level"] == "80"


UNWRITABLE: dict[str, Mapping[str, Any]] = {
    "no mode": without("bitmain-work-mode"),
    "an unknown mode": {**CONFIGURATION, "bitmain-work-mode": "4"},
    "a mode that is none": {**CONFIGURATION, "bitmain-work-mode": True},
    "two modes": {**CONFIGURATION, "miner-mode": 1},
    "no fan switch": without("bitmain-fan-ctrl"),
    "a fan switch that is none": {**CONFIGURATION, "bitmain-fan-ctrl": 2},
    "no fan speed": without("bitmain-fan-pwm"),
    "an empty fan speed": {**CONFIGURATION, "bitmain-fan-pwm": ""},
    "no level": without("bitmain-freq-level"),
    "a level in words": {**CONFIGURATION, "bitmain-freq-level": "high"},
    "no pools": without("pools"),
    "pools that are none": {**CONFIGURATION, "pools": None},
    "two pools": {**CONFIGURATION, "pools": POOLS[:2]},
    "four pools": {**CONFIGURATION, "pools": [*POOLS, POOLS[0]]},
    "three empty pools": {**CONFIGURATION, "pools": [POOLS[2]] * 3},
    "a pool without a password": {**CONFIGURATION, "pools": [{"url": "a", "user": "b"}, *POOLS[1:]]},
    "a pool with more": {**CONFIGURATION, "pools": [{**POOLS[0], "proxy": "c"}, *POOLS[1:]]},
    "a pool in numbers": {**CONFIGURATION, "pools": [{**POOLS[0], "user": 7}, *POOLS[1:]]},
    "a pool that breaks its line": {**CONFIGURATION, "pools": [{**POOLS[0], "user": "a\nb"}, *POOLS[1:]]},
    "a pool with a quote": {**CONFIGURATION, "pools": [{**POOLS[0], "pass": 'x"y'}, *POOLS[1:]]},
    "a pool with a backslash": {**CONFIGURATION, "pools": [{**POOLS[0], "user": "a\\b"}, *POOLS[1:]]},
    "a pool that is no text": {**CONFIGURATION, "pools": [{**POOLS[0], "user": "\ud800"}, *POOLS[1:]]},
    "a pool without an end": {**CONFIGURATION, "pools": [{**POOLS[0], "url": "a" * 5000}, *POOLS[1:]]},
    "more pools elsewhere": {**CONFIGURATION, "fee-pools": "stratum+tcp://x"},
    "more than a value": {**CONFIGURATION, "bitmain-profiles": {"1": "x"}},
    "nothing": {},
}


@pytest.mark.parametrize("found", UNWRITABLE.values(), ids=UNWRITABLE)
def test_a_document_that_could_not_be_written_back_as_it_is_is_refused(found: Mapping[str, Any]) -> None:
    with pytest.raises(ConfigurationUnwritable):
        document.checked(document.parsed(body(found)))


MALFORMED = (
    b"",
    b"null",
    b"[]",
    b"{",
    READ[:-1],
    READ + b"}",
    b"\xff" + READ,
    b'{"a":NaN}',
    b'{"a":1,"a":2}',
)


@pytest.mark.parametrize("answer", [*MALFORMED, b"[" * 50_000, b'{"pools":[],"pools":[]}', b"9" * 9000])
def test_what_is_not_to_the_letter_a_configuration_is_malformed(answer: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        document.parsed(answer)


def test_nothing_is_repaired_or_cut() -> None:
    for repaired in (READ.replace(b'"0"', b"", 1), READ.replace(b"}]", b"},]")):
        with pytest.raises(MalformedAnswer):
            document.parsed(repaired)


def test_a_refusal_does_not_tell_what_a_pool_has() -> None:
    secret = {**CONFIGURATION, "pools": [{**POOLS[0], "pass": "s3cret", "more": ""}, *POOLS[1:]]}
    with pytest.raises(ConfigurationUnwritable, match="pool 1") as refused:
        document.checked(secret)
    assert "s3cret" not in str(refused.value)


FOUND: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "as meant": ({"bitmain-work-mode": "1"}, ()),
    "as a number": ({"bitmain-work-mode": 1, "bitmain-fan-pwm": 100, "bitmain-fan-ctrl": "false"}, ()),
    "ignored": ({}, ("work mode",)),
    "without a pool": ({"bitmain-work-mode": "1", "pools": POOLS[:2]}, ("pools",)),
    "with another password": (
        {"bitmain-work-mode": "1", "pools": [{**POOLS[0], "pass": "y"}, *POOLS[1:]]},
        ("pools",),
    ),
    "with another fan": ({"bitmain-work-mode": "1", "bitmain-fan-pwm": "90"}, ("bitmain-fan-pwm",)),
    "with another level": ({"bitmain-work-mode": "1", "bitmain-freq-level": "80"}, ("bitmain-freq-level",)),
    "with what nobody wrote": ({"bitmain-work-mode": "1", "bitmain-freq": "600"}, ("bitmain-freq",)),
    "with something new": ({"bitmain-work-mode": "1", "new": "1"}, ("new",)),
}


@pytest.mark.parametrize(("found", "named"), FOUND.values(), ids=FOUND)
def test_what_differs_after_a_write_is_named(found: dict[str, Any], named: tuple[str, ...]) -> None:
    assert document.differences(checked(), WorkMode.ASLEEP, {**CONFIGURATION, **found}) == named


def test_a_key_that_is_gone_after_a_write_is_named() -> None:
    found = {**without("pools"), "bitmain-work-mode": "1"}
    assert document.differences(checked(), WorkMode.ASLEEP, found) == ("pools",)


@pytest.mark.parametrize(
    "said", [b'{"stats":"error","code":"M001","msg":"Invalid pool!"}', b'{"code":"M001"}']
)
def test_a_refusal_is_told_in_the_devices_words(said: bytes) -> None:
    with pytest.raises(CommandRefused, match=r"Invalid pool!|no reason given"):
        document.refuse_refusal(said)


@pytest.mark.parametrize("said", [b'{"stats":"success","code":"M000","msg":"OK!"}', b"ok", b"", b"[1]"])
def test_any_other_answer_to_a_write_is_no_refusal(said: bytes) -> None:
    document.refuse_refusal(said)


def mutations(answer: bytes) -> st.SearchStrategy[bytes]:
    """Bytes replaced, cut out, cut off or put in."""
    signs = [
        b"null",
        b"[]",
        b"{}",
        b'"',
        b"\\",
        b"\\ud800",
        b"\\u0000",
        b",",
        b"}",
        b'"pools":[],',
        b"\xc3",
        b"1e999",
    ]
    return st.builds(
        lambda start, length, inserted: answer[:start] + inserted + answer[start + length :],
        st.integers(0, len(answer)),
        st.integers(0, 60) | st.just(len(answer)),
        st.binary(max_size=6) | st.sampled_from(signs),
    )


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 400)
    | st.text(max_size=6)
    | st.sampled_from(["0", "1", "3", "100"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["url", "user", "pass", "x"]), inner)
    ),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(st.sampled_from([*CONFIGURATION, "miner-mode", "x"]), VALUES).map(
    lambda changed: body({**CONFIGURATION, **changed})
)


@settings(max_examples=500)
@given(mutations(READ) | mutations(body(OLDER)) | DOCUMENTS, st.sampled_from(WorkMode), st.sampled_from(Form))
def test_pools_are_written_as_they_were_read_or_nothing_is(answer: bytes, mode: WorkMode, form: Form) -> None:
    began = time.process_time()
    with suppress(DeviceError):
        stored = document.checked(document.parsed(answer))
        told = posted(stored, mode, form)
        read = json.loads(answer)
        assert told["pools"] == read["pools"]
        assert len(told["pools"]) == 3
        assert any(pool["url"] for pool in told["pools"])
        assert told["bitmain-fan-ctrl"] == read["bitmain-fan-ctrl"]
        assert told["bitmain-fan-pwn"] == read.get("bitmain-fan-pwm", read.get("bitmain-fan-pwn"))
        assert told["freq-level"] == read.get("bitmain-freq-level", read.get("freq-level"))
        assert int(told["miner-mode"]) == mode
    assert time.process_time() - began < 1.0
