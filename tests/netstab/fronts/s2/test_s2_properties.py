"""Whatever a CEM sends, in any order: nothing breaks, each is answered once, as the schemas allow."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from s2_conversation import NOON, Conversation
from s2_schemas import is_valid

from netstab.fronts.s2.offer import STANDBY, id_of
from netstab.fronts.s2.received import Unusable, decoded
from netstab.fronts.s2.session import Answered, Closed, Frame, Opened, Ticked
from netstab.units import WallTime, rfc3339

_IDS = st.sampled_from(["aa", "b-1", "instruction:3", "4f6a5a52-0c0f-4a53-9d0e-3d8f4f6a5a52", "", "x", "ä"])
_TIMES = st.one_of(
    st.floats(-1e6, 1e6).map(lambda offset: rfc3339(WallTime(NOON + offset))),
    st.sampled_from(["2026-01-20T12:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "now"]),
)
_NUMBERS = st.one_of(
    st.floats(-1e9, 1e9), st.integers(-10, 50000), st.sampled_from([0.5, 1, 1e300, "1", None])
)
_ELEMENTS = st.fixed_dictionaries(
    {
        "duration": st.one_of(st.integers(-1, 100_000), st.sampled_from([1.5, 2.0, 10**15])),
        "upper_limit": _NUMBERS,
        "lower_limit": st.sampled_from([0, 0.0, -1, 5]),
    }
)
_ENVELOPES = st.fixed_dictionaries(
    {
        "id": _IDS,
        "commodity_quantity": st.sampled_from(
            ["ELECTRIC.POWER.3_PHASE_SYMMETRIC", "ELECTRIC.POWER.L1", "GAS"]
        ),
        "power_envelope_elements": st.lists(_ELEMENTS, max_size=4),
    }
)
_FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "Handshake": {
        "role": st.sampled_from(["CEM", "RM", "cem"]),
        "supported_protocol_versions": st.one_of(st.none(), st.lists(st.text(max_size=3), max_size=2)),
    },
    "HandshakeResponse": {"selected_protocol_version": st.sampled_from(["0.0.2-beta", "1", 5])},
    "SelectControlType": {
        "control_type": st.sampled_from(
            [
                "OPERATION_MODE_BASED_CONTROL",
                "POWER_ENVELOPE_BASED_CONTROL",
                "NOT_CONTROLABLE",
                "NO_SELECTION",
                "NONE",
            ]
        )
    },
    "ReceptionStatus": {
        "subject_message_id": _IDS,
        "status": st.sampled_from(["OK", "TEMPORARY_ERROR", "PERMANENT_ERROR", "INVALID_DATA", "FINE"]),
    },
    "OMBC.Instruction": {
        "id": _IDS,
        "execution_time": _TIMES,
        "operation_mode_id": st.sampled_from([STANDBY, id_of("mining"), "aa"]),
        "operation_mode_factor": _NUMBERS,
        "abnormal_condition": st.sampled_from([True, False, 0]),
    },
    "PEBC.Instruction": {
        "id": _IDS,
        "execution_time": _TIMES,
        "abnormal_condition": st.booleans(),
        "power_constraints_id": st.sampled_from(["CONSTRAINTS", "aa", ""]),
        "power_envelopes": st.lists(_ENVELOPES, max_size=2),
    },
    "RevokeObject": {
        "object_type": st.sampled_from(["OMBC.Instruction", "PEBC.Instruction", "FRBC.Instruction", "all"]),
        "object_id": _IDS,
    },
    "SessionRequest": {"request": st.sampled_from(["RECONNECT", "TERMINATE", "STAY"])},
}


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a message that may miss a field, have one more, or hold what it must not."""
    kind = draw(st.sampled_from(sorted(_FIELDS)))
    message = {"message_type": kind} | {name: draw(field) for name, field in _FIELDS[kind].items()}
    if kind != "ReceptionStatus":
        message["message_id"] = draw(_IDS)
    if draw(st.integers(0, 9)) == 0:
        message.pop(draw(st.sampled_from(sorted(message))))
    if draw(st.integers(0, 9)) == 0:
        message["more"] = draw(st.none() | st.text(max_size=2))
    return message


@given(messages())
def test_what_the_schemas_allow_is_read_and_nothing_else(message: dict[str, Any]) -> None:
    if "message_type" not in message:
        assert isinstance(decoded(json.dumps(message)), Unusable)
        return
    times = [message.get("execution_time", rfc3339(NOON))]
    valid = is_valid(message) and all(_is_time(time) for time in times)
    assert isinstance(decoded(json.dumps(message)), Unusable) is not valid


def _is_time(text: str) -> bool:
    return text not in ("now", "2026-01-20T12:00:00")  # the schemas' format asks for an offset


@given(st.one_of(st.text(), st.binary(), st.recursive(st.none() | st.text(), st.lists).map(json.dumps)))
def test_no_text_and_no_bytes_break_the_reading(frame: str | bytes) -> None:
    decoded(frame)


_EVENTS = st.one_of(
    messages().map(lambda message: Frame(json.dumps(message))),
    st.one_of(st.text(max_size=9), st.binary(max_size=9)).map(Frame),
    st.sampled_from([Ticked(), Closed(), "taken", "refused"]),
    st.uuids().map(Opened),
)


@given(st.booleans(), st.lists(st.tuples(_EVENTS, st.floats(0, 100), st.booleans()), max_size=15))
def test_each_message_is_answered_once_whatever_came_before(
    by_limits: bool, events: list[tuple[Any, float, bool]]
) -> None:
    talk = Conversation()
    talk.open("POWER_ENVELOPE_BASED_CONTROL" if by_limits else "OPERATION_MODE_BASED_CONTROL")
    for event, passed, holds in events:
        talk.now = WallTime(talk.now + passed)
        talk.sees(holds=holds, commands=holds, override_since=None if holds else NOON)
        refused = "no" if event == "refused" else None
        ticket = talk.tickets[-1] if talk.tickets else ""
        talk.on(
            Answered(ticket, refused) if isinstance(event, str) else _based(event, talk.session.described)
        )
        answers = talk.kinds().count("ReceptionStatus")
        assert answers == (1 if isinstance(event, Frame) and not _is_answer(event) else 0)
    assert len(talk.session.book.waiting) <= 100


def _based(event: Any, constraints: str) -> Any:
    """Return the event; an instruction that is to fit is based on the constraints that hold."""
    if not isinstance(event, Frame) or isinstance(event.content, bytes):
        return event
    return Frame(event.content.replace("CONSTRAINTS", constraints or "none"))


def _is_answer(frame: Frame) -> bool:
    try:
        message = json.loads(frame.content)
    except ValueError:
        return False
    return isinstance(message, dict) and message.get("message_type") == "ReceptionStatus"
