"""What Awesome Miner writes is read whatever the locale, the nesting and what is missing."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netstab.devices.awesome_miner.document import listed
from netstab.devices.awesome_miner.naming import UNNAMED, named
from netstab.devices.awesome_miner.texts import address, moment, rate
from netstab.errors import MalformedAnswer


def entry(number: int, **changes: Any) -> dict[str, Any]:
    """Return a miner's entry with the members that the models of its clients have."""
    told: dict[str, Any] = {
        "id": number,
        "name": f"S9-{number:02}",
        "hostname": "127.0.7.57",
        "groupId": 2,
        "pool": "pool.example:3333",
        "temperature": "71 °C",
        "hardware": None,
        "statusInfo": {"statusDisplay": "Mining", "statusLine3": "1h 12m "},
        "progressInfo": {"line1": "Accepted: 310", "line2": "Rejected: 0", "line3": "HW Errors: 12"},
        "speedInfo": {"logInterval": 5, "hashrate": "13,6 TH/s", "hashrateValue": 13600000, "line2": None},
        "coinInfo": {"displayName": "Bitcoin (BTC)", "revenuePerDay": "$0,61", "revenuePerDayValue": 0.61},
        "updatedUtc": "2026-11-26T10:00:00.1234567Z",
        "updated": "2026-11-26 11:00:00",
        "poolList": [{"id": 0, "minerID": number, "statusInfo": {"statusDisplay": "Enabled"}}],
        "gpuList": [],
        "asicList": [{"name": "ASIC 0", "deviceInfo": {"fanSpeed": 4200, "temperature": 71}}],
        "canReboot": True,
        "canStop": True,
        "canRestart": True,
        "canStart": False,
        "hasValidStatus": True,
    }
    return told | changes


def written(*groups: object, **members: object) -> bytes:
    return json.dumps({"groupList": list(groups), "metaData": {}, **members}, ensure_ascii=False).encode()


NO_BREAK, NARROW = "\u00a0", "\u202f"


@pytest.mark.parametrize(
    ("text", "number", "hashrate"),
    [
        ("27,1 TH/s", 27.1, 27_100.0),
        ("27.1 TH/s", 27.1, 27_100.0),
        (f"27,1{NO_BREAK}TH/s", 27.1, 27_100.0),
        (f"1{NARROW}234,5 GH/s", 1234.5, 1234.5),
        (f"187{NO_BREAK}300,1 MH/s", 187_300.1, 187.3001),
        ("1.234,5 GH/s", 1234.5, 1234.5),
        ("1,234.5 GH/s", 1234.5, 1234.5),
        ("1\u2019234.5 GH/s", 1234.5, 1234.5),
        ("1.234.567 kH/s", 1_234_567.0, 1.234567),
        ("0 H/s", 0.0, 0.0),
        ("0,00 TH/s", 0.0, 0.0),
        ("1,2 PH/s", 1.2, 1_200_000.0),
        ("12 Sol/s", 12.0, None),
        ("187 300,1", 187_300.1, None),
    ],
)
def test_a_hash_rate_is_read_in_the_writing_of_any_locale(
    text: str, number: float, hashrate: float | None
) -> None:
    found = rate(text)
    assert found is not None
    assert found.number == pytest.approx(number)
    assert found.hashrate == (None if hashrate is None else pytest.approx(hashrate))


@pytest.mark.parametrize("text", [None, 5, True, "", "-", "N/A", "TH/s", "n.\u00a0c.", [], {}, "\u0663 TH/s"])
def test_what_is_no_hash_rate_is_none(text: object) -> None:
    assert rate(text) is None


def test_a_moment_has_seven_digits_of_a_second_or_fewer_or_is_none() -> None:
    at = 1795687200.0
    assert moment("2026-11-26T10:00:00.1234567Z") == pytest.approx(at + 0.123456)
    assert moment("2026-11-26T10:00:00.5Z") == at + 0.5
    assert moment("2026-11-26T10:00:00Z") == moment("2026-11-26T10:00:00") == at
    assert moment("2026-11-26T11:00:00.0000000+01:00") == at
    for nothing in (None, 0, "", "2026-11-26", "2026-13-26T10:00:00Z", "26.11.2026 10:00:00", "0" * 10_000):
        assert moment(nothing) is None


def test_an_address_is_found_with_a_port_or_without_and_a_name_is_none() -> None:
    for typed in ("127.0.7.57", "127.0.7.57:4028", " 127.0.7.57 ", "http://127.0.7.57/"):
        assert address(typed) == "127.0.7.57"
    for name in ("s9-07", "s9-07.farm.example:4028", "127.0.7", "127.0.7.300", "127.0.7.057", "::1", None, 7):
        assert address(name) == ""


@pytest.mark.parametrize(
    ("name", "hardware", "model"),
    [
        ("S9-07", "Antminer S9", "Antminer S9"),
        ("Antminer S9-07", "", "Antminer S9"),
        ("hall 2 Antminer S19j Pro 12", "", "Antminer S19j Pro"),
        ("", "S21", "Antminer S21"),
        ("rack 3", "Bitmain Antminer S19 XP (140T)", "Antminer S19 XP"),
    ],
)
def test_a_model_is_known_by_its_whole_name(name: str, hardware: str, model: str) -> None:
    found = named(name, hardware)
    assert found.name == model
    assert found.power > 1000


@pytest.mark.parametrize(
    ("name", "hardware"),
    [
        ("S9-07", ""),  # a shelf, maybe
        ("Antminer S9 hall 2", ""),
        ("Antminer S19 XP Turbo", "ASIC"),
        ("Antminer", "ASIC"),
        ("Whatsminer S9", ""),
        ("", ""),
    ],
)
def test_a_model_that_is_not_certain_is_none(name: str, hardware: str) -> None:
    assert named(name, hardware) is UNNAMED


def test_miners_of_all_groups_are_found_and_one_in_several_is_one() -> None:
    inner = {"id": 3, "minerList": [entry(7), entry(8)], "groupList": None}
    outer = {"id": 2, "minerList": [entry(7)], "groupList": [inner, None, {"groupList": [inner]}]}
    found = listed(written(outer, None, {"minerList": None}))
    assert sorted(found) == [7, 8]
    assert found[7].hostname == "127.0.7.57"
    assert (found[7].hashes, found[7].hashrate) == (True, 13_600.0)
    assert (found[7].can_stop, found[7].can_start, found[7].valid) == (True, False, True)


def test_groups_are_walked_in_hundreds_of_levels_and_beyond_what_is_decodable_the_answer_is_malformed() -> (
    None
):
    def nested(levels: int) -> bytes:
        return b'{"groupList":[' * levels + json.dumps({"minerList": [entry(7)]}).encode() + b"]}" * levels

    assert list(listed(nested(300))) == [7]
    with pytest.raises(MalformedAnswer):
        listed(nested(100_000))


def test_whether_one_hashes_is_said_by_the_number_before_the_text() -> None:
    def hashes(**speed: object) -> bool | None:
        return listed(written({"minerList": [entry(1, speedInfo=speed)]}))[1].hashes

    assert hashes(hashrate="0,0 TH/s", hashrateValue=12000) is True
    assert hashes(hashrate="13,6 TH/s", hashrateValue=0) is False
    assert hashes(hashrate="0 H/s") is False
    assert hashes(hashrate="13,6 TH/s", hashrateValue=None) is True
    assert hashes(hashrate=None) is hashes(hashrate="", hashrateValue="1") is hashes() is None


def test_one_entry_that_is_none_spoils_no_other() -> None:
    odd: list[object] = [None, 5, "miner", [], {}, {"id": "7"}, {"id": True}, {"id": -1}, {"id": 2**70}]
    spoilt = entry(9, speedInfo="fast")
    bare = {"id": 1, "speedInfo": None, "hostname": None, "updatedUtc": None, "canStop": "true"}
    found = listed(written({"minerList": [*odd, spoilt, bare, entry(2)]}))
    assert sorted(found) == [1, 2]
    assert (found[1].hashes, found[1].valid, found[1].can_stop, found[1].updated) == (None, None, False, "")


def test_what_a_user_has_typed_is_one_line_of_sensible_length_and_valid() -> None:
    typed = "S9\x1b[31m\n\u2028 07\x00" + "x" * 1000
    [found] = listed(written({"minerList": [entry(1, name=typed, hostname=typed, hardware=["S9"])]})).values()
    assert found.name == found.hostname
    assert found.name.startswith("S9 [31m 07 x")
    assert (len(found.name), found.name.isprintable(), found.hardware) == (64, True, "")


def test_a_name_that_is_no_text_hides_nobody() -> None:
    for odd in (b"\\ud800", b"\\udc00\\ud800", b"\xff\xfe", "\ufffd".encode()):
        body = b'{"groupList": [{"minerList": [{"id": 1, "name": "' + odd + b'"}, {"id": 2}]}]}'
        found = listed(body)
        assert sorted(found) == [1, 2]
        assert found[1].name.encode()


def places(value: Any) -> list[tuple[Any, Any]]:
    """Name every place in a document: what holds it, and its key or number there."""
    if isinstance(value, dict):
        here: list[tuple[Any, Any]] = [(value, key) for key in value]
    elif isinstance(value, list):
        here = [(value, number) for number in range(len(value))]
    else:
        return []
    return here + [place for holder, at in here for place in places(holder[at])]


@pytest.mark.parametrize("instead", [None, 5, "text", [], {}, True])
def test_anything_may_be_null_or_odd_wherever_it_stands(instead: object) -> None:
    whole = json.loads(written({"minerList": [entry(7)], "groupList": [{"minerList": [entry(8)]}]}))
    for holder, at in places(whole):
        kept, holder[at] = holder[at], instead
        try:
            found = listed(json.dumps(whole).encode())
        except MalformedAnswer:
            assert instead is not None
        else:
            assert found.keys() <= {5, 7, 8}
        holder[at] = kept
    assert sorted(listed(json.dumps(whole).encode())) == [7, 8]


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b"null", b'{"error": "key"}', b'{"groupList": 5}', b"\xff\xfe"]
)
def test_what_is_no_list_of_miners_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        listed(body)


def test_a_site_without_miners_is_no_error() -> None:
    assert listed(written()) == listed(b'{"groupList": null, "metaData": {}}') == {}


WHOLE = written(
    {"id": 2, "minerList": [entry(7), entry(8, hardware="Antminer S9")], "groupList": [{"minerList": None}]}
)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_a_document_with_other_bytes_is_read_or_malformed_and_nobody_in_it_is_made_up(
    data: st.DataObject,
) -> None:
    body = bytearray(WHOLE)
    for place in data.draw(st.lists(st.integers(0, len(body) - 1), min_size=1, max_size=8)):
        body[place] = data.draw(st.integers(0, 255))
    began = time.thread_time()
    try:
        found = listed(bytes(body))
    except MalformedAnswer:
        found = {}
    assert time.thread_time() - began < 0.5
    assert len(found) <= 2
    for miner in found.values():
        assert max(map(len, (miner.name, miner.hostname, miner.hardware, miner.updated))) <= 64
        assert 0 <= miner.hashrate < 1e10


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=200), st.text(max_size=200))
def test_no_text_is_too_odd(one: str, other: str) -> None:
    began = time.thread_time()
    found = rate(one)
    assert found is None or (found.number >= 0 and (found.hashrate is None or 0 <= found.hashrate < 1e10))
    assert moment(one) is None or isinstance(moment(one), float)
    assert address(one) == "" or address(one) in one
    assert named(one, other).power >= 0
    assert time.thread_time() - began < 0.5
