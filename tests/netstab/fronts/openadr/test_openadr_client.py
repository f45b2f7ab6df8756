"""What a VEN asks of a VTN over real sockets; each exchange is held to the specification's own document."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from openadr_events import SECRET, settings
from validated import VERSIONS, require_sound

from netstab.errors import CounterpartLost
from netstab.fronts.openadr import access
from netstab.fronts.openadr.client import VtnClient
from netstab.fronts.openadr.look import look
from netstab.simulation.vtn import Exchange, SimulatedVtn, VtnTrouble


@pytest.fixture(params=VERSIONS)
def vtn(request: pytest.FixtureRequest) -> Iterator[SimulatedVtn]:
    with SimulatedVtn(version=request.param, secret=SECRET) as served:
        yield served
        require_sound(served)


def asked(vtn: SimulatedVtn) -> list[str]:
    return [f"{each.method} {each.path}" for each in vtn.exchanges]


def with_events(vtn: SimulatedVtn, number: int) -> list[str]:
    program = vtn.make("programs", {"programName": "curtailment"})
    return [vtn.make("events", {"programID": program["id"], "intervals": []})["id"] for _ in range(number)]


def test_the_program_is_found_by_its_name_and_all_pages_of_its_events_are_read(vtn: SimulatedVtn) -> None:
    for number in range(60):
        vtn.make("programs", {"programName": f"another {number}"})
    ids = with_events(vtn, 120)
    vtn.make("events", {"programID": "p1", "intervals": []})
    polled = VtnClient(settings(vtn, program="curtailment")).poll()
    assert {each.id for each in polled.events} == set(ids)
    with pytest.raises(CounterpartLost, match="no program 'unheard of'"):
        VtnClient(settings(vtn, program="unheard of")).poll()


def test_no_event_is_overlooked_where_another_goes_while_pages_are_read(
    vtn: SimulatedVtn, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = with_events(vtn, 99)
    answer, gone = vtn.answer, [ids[0], ids[1]]

    def tampered(request: Exchange) -> tuple[int, object]:
        found = answer(request)
        if request.path == "/events" and gone:
            vtn.remove("events", gone.pop())
        return found

    monkeypatch.setattr(vtn, "answer", tampered)
    polled = VtnClient(settings(vtn)).poll()
    assert {each.id for each in polled.events} >= set(ids[2:])


def test_more_events_than_are_read_are_refused_rather_than_cut_off(
    vtn: SimulatedVtn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netstab.fronts.openadr.client._MOST_PAGES", 2)
    with_events(vtn, 120)
    with pytest.raises(CounterpartLost, match="lists more than 98 events"):
        VtnClient(settings(vtn)).poll()


def test_more_intervals_than_are_followed_are_refused_rather_than_cut_off(
    vtn: SimulatedVtn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netstab.fronts.openadr.client.MOST_INTERVALS", 5)
    vtn.make("events", {"programID": "p1", "intervals": [{"id": each, "payloads": []} for each in range(6)]})
    with pytest.raises(CounterpartLost, match="more than 5 intervals"):
        VtnClient(settings(vtn)).poll()


def test_more_reports_than_are_made_are_refused_rather_than_held_against_the_fleet(
    vtn: SimulatedVtn, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = {"programID": "p1", "intervals": [], "reportDescriptors": [{"payloadType": "DEMAND"}] * 51}
    vtn.make("events", many)
    polled = VtnClient(settings(vtn)).poll()
    assert (polled.events, polled.unusable) == ([], ["event e1: it asks for more than 50 reports"])
    monkeypatch.setattr("netstab.fronts.openadr.client.MOST_REPORTS", 49)
    vtn.change("events", "e1", reportDescriptors=many["reportDescriptors"][:50])
    with pytest.raises(CounterpartLost, match="ask for more than 49 reports"):
        VtnClient(settings(vtn)).poll()


def test_a_vtn_that_gives_the_first_page_for_each_is_not_asked_for_ever(
    vtn: SimulatedVtn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_events(vtn, 50)
    answer = vtn.answer

    def tampered(request: Exchange) -> tuple[int, object]:
        return answer(replace(request, query="") if request.path == "/events" else request)

    monkeypatch.setattr(vtn, "answer", tampered)
    with pytest.raises(CounterpartLost, match="begins where the one before ended"):
        VtnClient(settings(vtn)).poll()
    assert asked(vtn).count("GET /events") == 20


def test_targets_are_named_at_each_read_and_in_the_first_version_by_their_types(vtn: SimulatedVtn) -> None:
    program = vtn.make("programs", {"programName": "curtailment"})["id"]
    first = vtn.version == "3.0.1"
    for name in ("north", "south"):
        target: Any = {"type": "GROUP", "values": [name]} if first else name
        vtn.make("events", {"programID": program, "intervals": [], "eventName": name, "targets": [target]})
    polled = VtnClient(settings(vtn, targets=("north", "VEN=me") if first else ("north", "me"))).poll()
    assert [each.event_name for each in polled.events] == ["north"]
    queries = [each.query for each in vtn.exchanges if each.path == "/events"]
    if first:
        assert [query.partition("&skip")[0] for query in queries] == [
            "targetType=GROUP&targetValues=north",
            "targetType=VEN&targetValues=me",
        ]
    else:
        assert queries == ["targets=north&targets=me&skip=0&limit=50"]


def test_a_token_is_had_once_renewed_before_it_ends_and_once_when_it_is_not_taken(
    vtn: SimulatedVtn, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = [0.0]
    monkeypatch.setattr(access, "monotonic", lambda: later[0])
    vtn.expires_in = 1000
    client = VtnClient(settings(vtn))
    for moment, tokens in ((0, 1), (799, 1), (801, 2), (1600, 2)):
        later[0] = moment
        client.poll()
        assert vtn.tokens == tokens
    vtn.expire_tokens()
    client.poll()
    assert vtn.tokens == 3
    vtn.trouble = VtnTrouble(status=403, only="/events")
    with pytest.raises(CounterpartLost, match="answers /events with 403"):
        client.poll()
    assert vtn.tokens == 4, "once, and not again and again"


def test_the_token_endpoint_is_the_setting_else_what_the_vtn_names_else_its_own(vtn: SimulatedVtn) -> None:
    VtnClient(settings(vtn)).poll()
    assert asked(vtn)[0] == ("POST /auth/token" if vtn.version == "3.0.1" else "GET /auth/server")
    vtn.exchanges.clear()
    VtnClient(settings(vtn, token_url=f"{vtn.url}/auth/token")).poll()
    assert asked(vtn)[0] == "POST /auth/token"
    with pytest.raises(CounterpartLost, match="gives no token: it answers with 400"):
        VtnClient(settings(vtn, client_secret="wrong")).poll()
    vtn.trouble = VtnTrouble(status=404, only="/auth/server")
    assert VtnClient(settings(vtn)).poll().events == []


def test_a_public_vtn_is_asked_without_a_token_and_need_not_register_us() -> None:
    with SimulatedVtn() as vtn:
        with_events(vtn, 1)
        client = VtnClient(settings(vtn, client_id=""))
        assert len(client.poll().events) == 1
        assert not any("authorization" in each.headers for each in vtn.exchanges)
        vtn.trouble = VtnTrouble(status=403, only="/vens")
        assert client.register(2.92).startswith("The VEN is not registered: ")
        require_sound(vtn)


def test_the_ven_and_its_resource_are_made_once_and_found_again(vtn: SimulatedVtn) -> None:
    client = VtnClient(settings(vtn))
    assert client.register(2.92) == client.register(2.92) == ""
    [ven], [resource] = vtn.listed("vens"), vtn.listed("resources")
    assert (ven["venName"], resource["resourceName"], resource["venID"]) == ("site-7", "fleet", ven["id"])
    assert resource["attributes"] == [{"type": "MAX_POWER_CONSUMPTION", "values": [2.92]}]


def test_a_report_takes_the_place_of_one_of_the_same_name(vtn: SimulatedVtn) -> None:
    [event_id] = with_events(vtn, 1)
    client = VtnClient(settings(vtn))
    document = {"eventID": event_id, "clientName": "site-7", "reportName": "DEMAND", "resources": []}
    if vtn.version == "3.0.1":
        document["programID"] = "p1"
    assert [client.send(document), client.send(document)] == [201, 200]
    assert len(vtn.listed("reports")) == 1
    assert client.reported(event_id) == {"DEMAND"}


@pytest.mark.parametrize(
    "trouble", [VtnTrouble(status=302, location="http://127.0.0.1:1/"), VtnTrouble(status=500)]
)
def test_who_sends_us_elsewhere_or_fails_is_no_vtn(trouble: VtnTrouble) -> None:
    with SimulatedVtn() as vtn:
        vtn.trouble = trouble
        with pytest.raises(CounterpartLost, match=r"not followed|with 500"):
            VtnClient(settings(vtn, client_id="")).poll()
        assert asked(vtn) == ["GET /events"]


def test_a_vtn_that_is_gone_is_said_to_be_in_words() -> None:
    with SimulatedVtn() as vtn:
        gone = settings(vtn, client_id="")
    with pytest.raises(CounterpartLost, match="refuses connections"):
        VtnClient(gone).poll()


@pytest.mark.parametrize("answer", [{"events": []}, "none", 7])
def test_an_answer_that_is_no_list_is_no_empty_one(answer: object, monkeypatch: pytest.MonkeyPatch) -> None:
    with SimulatedVtn() as vtn:
        monkeypatch.setattr(vtn, "answer", lambda _: (200, answer))
        with pytest.raises(CounterpartLost, match="an answer that is no list"):
            VtnClient(settings(vtn, client_id="")).poll()


def test_a_token_endpoint_that_would_have_the_secret_in_the_clear_is_not_trusted() -> None:
    assert access._as_safe("https://auth.example/token", "https://vtn.example")
    assert access._as_safe("http://127.0.0.1/token", "http://127.0.0.1")
    assert not access._as_safe("http://auth.example/token", "https://vtn.example")
    assert not access._as_safe("file:///etc/passwd", "http://127.0.0.1")


def test_a_look_says_what_there_is_before_a_start(vtn: SimulatedVtn) -> None:
    program = vtn.make("programs", {"programName": "curtailment"})["id"]
    payloads = [{"type": "CURVE", "values": [1]}]
    period = {"start": "2026-11-26T12:00:00Z", "duration": "PT15M"}
    vtn.make(
        "events",
        {"programID": program, "intervalPeriod": period, "intervals": [{"id": 0, "payloads": payloads}]},
    )
    found = look(settings(vtn, program="curtailment"))
    assert found.endswith("lists 1 events of ours; 1 things in them are not followed.")
    assert not vtn.listed("vens")
