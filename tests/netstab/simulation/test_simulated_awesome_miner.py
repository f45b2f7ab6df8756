"""The simulated Awesome Miner answers as clients of the real one know it, on loopback."""

from typing import Any

import requests

from netstab.simulation.awesome_miner import SimulatedAwesomeMiner, Stops, Watched, rig
from netstab.simulation.awesome_miner.documents import Locale
from netstab.simulation.awesome_miner.server import LOOKS_EVERY

MEMBERS = {
    *("id", "name", "hostname", "groupId", "pool", "temperature", "hardware", "statusInfo", "progressInfo"),
    *("speedInfo", "coinInfo", "updatedUtc", "updated", "poolList", "gpuList", "pgaList", "asicList"),
    *("hasPool", "hasGpu", "hasPga", "hasAsic", "canReboot", "canStop", "canRestart", "canStart", "canPool"),
    "hasValidStatus",
}


def watched(count: int) -> list[Watched]:
    return [Watched(place, f"S9-{place}", f"127.0.7.{place}", rig(place)) for place in range(1, count + 1)]


def get(behind: SimulatedAwesomeMiner, path: str) -> Any:
    return requests.get(behind.url + path, timeout=60).json()


def post(behind: SimulatedAwesomeMiner, path: str) -> int:
    return requests.post(behind.url + path, timeout=60).status_code


def one(behind: SimulatedAwesomeMiner, number: int) -> Any:
    return get(behind, f"/api/miners/{number}")


def test_groups_nest_one_is_null_and_members_are_those_of_its_clients() -> None:
    with SimulatedAwesomeMiner(watched(9), clock=lambda: 0.0) as behind:
        document = get(behind, "/api/miners")
        outer = document["groupList"][0]
        assert len(outer["minerList"]) == 4
        assert len(outer["groupList"][0]["groupList"][0]["minerList"]) == 1
        assert None in document["groupList"]
        assert all(set(miner) == MEMBERS for miner in outer["minerList"])
        assert get(behind, "/api/summary")["algorithmList"]
        assert get(behind, "/api/notifications")["notificationCount"] == 0


def test_numbers_are_written_as_the_locale_has_them() -> None:
    texts = {}
    for locale in Locale:
        with SimulatedAwesomeMiner(watched(1), locale=locale, clock=lambda: 0.0) as behind:
            texts[locale] = one(behind, 1)["speedInfo"]["hashrate"]
    assert texts == {Locale.COMMA: "13,6\u00a0TH/s", Locale.POINT: "13.6 TH/s"}


def test_what_it_tells_is_seconds_old_and_a_stop_takes_effect_later() -> None:
    with SimulatedAwesomeMiner(watched(1), clock=lambda: 0.0) as behind:
        behind.skip(LOOKS_EVERY)
        assert post(behind, "/api/miners/1?action=stop") == 200
        behind.skip(4.0)
        before = one(behind, 1)
        assert (before["speedInfo"]["hashrateValue"] > 0, before["canStop"]) == (True, True)
        behind.skip(40.0)
        after = one(behind, 1)
        assert (after["speedInfo"]["hashrateValue"], after["canStop"], after["canStart"]) == (0, False, True)
        assert after["updatedUtc"] > before["updatedUtc"]
        assert post(behind, "/api/miners/1?action=start") == 200
        behind.skip(200.0)
        assert one(behind, 1)["speedInfo"]["hashrateValue"] > 0


def test_some_cannot_be_stopped_some_do_not_stop_and_some_are_not_reached() -> None:
    miners = watched(3)
    miners[0].switchable, miners[1].stops, miners[2].offline = False, Stops.NOTHING, True
    with SimulatedAwesomeMiner(miners, clock=lambda: 0.0) as behind:
        assert one(behind, 1)["canStop"] is False
        assert post(behind, "/api/miners/2?action=stop") == 200
        before = one(behind, 3)
        behind.skip(100.0)
        assert one(behind, 2)["speedInfo"]["hashrateValue"] > 0
        assert one(behind, 3)["hasValidStatus"] is False
        assert one(behind, 3)["updatedUtc"] == before["updatedUtc"]


def test_an_unknown_number_or_action_is_not_found_and_what_nobody_may_send_is_kept() -> None:
    with SimulatedAwesomeMiner(watched(1), clock=lambda: 0.0) as behind:
        assert [post(behind, f"/api/miners/{end}") for end in ("9?action=stop", "1?action=dance")] == [
            404
        ] * 2
        assert post(behind, "/api/miners/1?action=reboot") == 200
        assert behind.forbidden == ["reboot 1"]


def test_a_wrong_key_is_answered_with_a_page() -> None:
    with SimulatedAwesomeMiner(watched(1), key="right", clock=lambda: 0.0) as behind:
        answer = requests.get(f"{behind.url}/api/miners?key=wrong", timeout=60)
        assert answer.text.startswith("<!DOCTYPE html>")
        assert get(behind, "/api/miners?key=right")["groupList"]
