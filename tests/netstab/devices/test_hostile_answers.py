"""No answer of a device holds the interpreter, and no text of one gets through too long or invalid."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from canned_miner import fixture
from hypothesis import given, settings
from hypothesis import strategies as st

from netstab.devices.antminer import api_protocol, cgi, configuration, form, identity
from netstab.devices.antminer.loose_json import has_missing_value, parse
from netstab.devices.antminer.naming import firmware_version, label, model_name
from netstab.devices.antminer.texts import LONGEST_TEXT
from netstab.errors import DeviceError, MalformedAnswer
from netstab.wire.bounds import LARGEST_ANSWER

SIZE = 250_000
"""Four times what is taken of an answer."""

LIMIT = 1.0
"""Seconds of processor time; a text of that size takes json.loads about two milliseconds."""

INVALID = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def _identity_of(body: bytes) -> None:
    system = cgi.parse_system_info(body)
    identity.web_identity(system, {}, identity.firmware_of(str(system["minertype"]), {}))


def _form_of(body: bytes) -> None:
    conf = configuration.parse_configuration(body)
    configuration.redacted(conf)
    configuration.is_vnish(conf)
    with suppress(DeviceError):
        configuration.check(conf)
    form.encode_form(form.form_fields(conf))


def _misplaced(body: bytes) -> None:
    with suppress(DeviceError):
        configuration.check({"x": body.decode("utf-8", "replace")})


PARSERS: dict[str, Callable[[bytes], object]] = {
    "stats": api_protocol.parse_stats,
    "summary": api_protocol.parse_summary,
    "pools": api_protocol.parse_pools,
    "version": lambda body: identity.api_identity(api_protocol.parse_version(body)),
    "btminer": api_protocol.parse_btminer,
    "status page": lambda body: cgi.status_reading(cgi.parse_miner_status(body), "Antminer S9"),
    "system page": _identity_of,
    "configuration": _form_of,
    "misplaced field": _misplaced,
    "missing value": has_missing_value,
    "web content": lambda body: cgi.content(401, body.decode("latin-1"), body),
    "refusal": cgi.sleep_was_refused,
    "model": lambda body: model_name(body.decode("latin-1")),
    "label": lambda body: label(body.decode("latin-1")),
    "firmware version": lambda body: firmware_version(body.decode("latin-1")),
}


def in_time(parser: str, body: bytes) -> float:
    """Return the seconds of this thread that a parser took, with a device's error as a good answer."""
    began = time.thread_time()
    with suppress(DeviceError):
        PARSERS[parser](body)
    return time.thread_time() - began


ATTACKS = {
    "escaped quotes that never close": b"{" + b'"\\' * (SIZE // 2),
    "quotes that never close": b'{"a' * (SIZE // 3),
    "digits of a version": b'{"minertype":"' + b"1" * SIZE + b'"}',
    "dots of a version": b'{"minertype":"' + b"1." * (SIZE // 2) + b'"}',
    "fields in fields": b'{"x":"' + b"_ant_a" * (SIZE // 6) + b'"}',
    "blanks after colons": b'{"a":' + b" " * SIZE,
    "commas": b"{" + b"," * SIZE,
    "commas and blanks": b"[ " + b", " * (SIZE // 2),
    "braces and blanks": b"{" + b"} " * (SIZE // 2),
    "realms": b'realm="' * (SIZE // 7),
    "not numbers": b"{" + b"nan-inf" * (SIZE // 7),
    "deep nesting": b'{"a":' * (SIZE // 5),
    "deep lists": b'{"a":' + b"[" * 900 + b"]" * 900 + b"}",
    "escapes": b'{"a":"' + b"\\u0000" * (SIZE // 6) + b'"}',
    "one long number": b'{"a":' + b"9" * SIZE + b"}",
    "many objects": b'{"STATS":[' + b"{}" * (SIZE // 2) + b"]}",
}


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("attack", ATTACKS)
def test_every_parser_of_device_text_takes_linear_time(parser: str, attack: str) -> None:
    assert in_time(parser, ATTACKS[attack]) < LIMIT


def test_no_miner_has_more_boards_or_pools_than_any_can_have() -> None:
    chains = [{"index": index, "chain_acn": 1, "rate": 2e6 + index} for index in range(2000)]
    assert len(cgi.status_reading({"devs": chains}, "Some other miner").boards) == 16
    assert len(api_protocol.parse_pools(json.dumps({"POOLS": [{}] * 5000}).encode())) == 16


fragments = st.text('"\\{}[]:,. _ant=-+0159eEuNfi\n\x00<realm', min_size=1, max_size=7).map(str.encode)


@settings(max_examples=150)
@given(st.sampled_from(sorted(PARSERS)), fragments, fragments, fragments)
def test_no_repeated_text_holds_a_parser(parser: str, head: bytes, repeated: bytes, tail: bytes) -> None:
    body = b'{"a":' + head + repeated * (SIZE // len(repeated)) + tail
    assert in_time(parser, body) < LIMIT


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from (*_texts(key), *_texts(each))
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


texts = (
    st.text(st.characters(exclude_categories=()), max_size=400) | st.just("\ud800") | st.just("x" * 50_000)
)
documents = st.recursive(
    texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)


printable = st.text("abc 019:,", min_size=100, max_size=600)


@settings(max_examples=150)
@given(st.dictionaries(texts, documents, max_size=4) | st.dictionaries(printable, printable, max_size=3))
def test_every_text_of_an_answer_is_valid_and_short(document: dict[str, Any]) -> None:
    found = list(_texts(parse(json.dumps(document).encode())))
    assert all(len(text) <= LONGEST_TEXT and not INVALID.search(text) for text in found)
    "".join(found).encode()  # fails on a lone surrogate


NAMES = ("minertype", "hostname", "macaddr")


@settings(max_examples=100)
@given(st.fixed_dictionaries(dict.fromkeys(NAMES, texts)))
def test_an_identity_holds_nothing_but_short_valid_texts_whatever_a_device_calls_itself(
    system: dict[str, str],
) -> None:
    read = cgi.parse_system_info(json.dumps(system).encode())
    found = identity.web_identity(read, {}, identity.firmware_of(str(read["minertype"]), {}))
    for text, longest in (
        (found.model, 64),
        (found.firmware_version, 64),
        (found.mac, 17),
        (found.hostname, 253),
    ):
        assert len(text) <= longest
        assert not INVALID.search(text)
        text.encode()


def test_a_configuration_that_would_have_to_be_changed_to_be_valid_is_refused_and_never_written_back() -> (
    None
):
    conf = fixture("vnish39_device_bmminer_conf_good.json")
    assert configuration.parse_configuration(conf)
    for hostile in (rb"\ud800", rb"\u0007", b"x" * 1025):
        with pytest.raises(MalformedAnswer):
            configuration.parse_configuration(
                conf.replace(b'"bitmain-freq" : "', b'"bitmain-freq" : "' + hostile, 1)
            )


def test_what_is_taken_of_an_answer_leaves_room_over_the_largest_that_was_recorded() -> None:
    recorded = [fixture("vnish386_s9_stats.raw.txt"), fixture("vnish39_device_bmminer_conf_good.json")]
    assert 4 * max(map(len, recorded)) < LARGEST_ANSWER < 100_000
