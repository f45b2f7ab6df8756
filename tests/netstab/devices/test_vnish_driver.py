"""The driver of Vnish 1.x against simulated devices, on real sockets: presets, throttle, what is left be."""

import json
from collections.abc import Callable, Iterator

import pytest
from vnish_site import Site, vnish_site

from netstab.devices.families import family_of, identify
from netstab.devices.port import Activity, Firmware, always
from netstab.errors import (
    CommandRefused,
    ConfigurationDiffers,
    MalformedAnswer,
    StillStarting,
    TimedOut,
    Withdrawn,
)
from netstab.power.tuning import Tuning
from netstab.power.unit import Capabilities
from netstab.simulation.faces.face import HttpRequest, WebAnswer
from netstab.simulation.faces.machine import Port, Trouble
from netstab.simulation.faces.vnish import VNISH_1_2, VNISH_1_3, VNISH_SWITCHER, VnishFace
from netstab.units import Setting

OWN = Tuning(3340, plain=False, settings=(("preset", "3340"),))


@pytest.fixture
def throttled(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with vnish_site(VNISH_1_3, monkeypatch) as site:
        yield site


@pytest.fixture
def preset(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with vnish_site(VNISH_1_2, monkeypatch) as site:
        yield site


@pytest.fixture
def switcher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with vnish_site(VNISH_SWITCHER, monkeypatch) as site:
        yield site


def offered(site: Site) -> Capabilities:
    return site.driver.identify(site.endpoint).capabilities


def apply(site: Site, setting: Setting) -> bool:
    return site.driver.apply(site.endpoint, setting, always)


def test_both_generations_are_found_and_driven_as_what_they_are(throttled: Site) -> None:
    for version, name in (("1.3.4", "AnthillOS"), ("1.2.7", "Vnish")):
        throttled.set(version=version)
        found = identify(throttled.endpoint, throttled.web)
        assert (found.firmware, found.firmware_version, found.model) == (
            Firmware.VNISH,
            version,
            "Antminer S21 Pro",
        ), name
        assert family_of(found.firmware, found.model, version).key == "vnish_rest"
        assert not found.provisional


def test_it_is_found_by_its_web_server_alone_while_it_sleeps(throttled: Site) -> None:
    throttled.driver.sleep(throttled.endpoint, always)
    throttled.fleet.trouble(throttled.miner_id, Trouble.REFUSES, Port.API)
    found = identify(throttled.endpoint, throttled.web)
    assert (found.model, found.capabilities.range is not None) == ("Antminer S21 Pro", True)


def test_sleep_passes_by_shutting_down_and_a_wake_by_minutes_of_starting(throttled: Site) -> None:
    throttled.driver.sleep(throttled.endpoint, always)
    assert throttled.look().activity is Activity.STARTING  # it shuts down
    throttled.fleet.skip(10)
    assert throttled.look().activity is Activity.STOPPED
    throttled.driver.wake(throttled.endpoint, always)
    throttled.fleet.skip(100)
    assert throttled.look().activity is Activity.STARTING
    throttled.fleet.skip(250)
    assert throttled.look().activity is Activity.HASHING
    assert throttled.writes == ["mining/stop", "mining/start"]


def test_a_failure_is_told_with_its_code_and_ends_with_what_caused_it(throttled: Site) -> None:
    throttled.act(lambda face: face.fail(12))
    found = throttled.look()
    assert (found.activity, found.uncertain) == (
        Activity.STOPPED,
        "its firmware reports a failure, code 12",
    )
    throttled.driver.wake(throttled.endpoint, always)
    throttled.fleet.skip(300)
    assert throttled.look().activity is Activity.STOPPED
    throttled.set(failure=None)
    throttled.driver.wake(throttled.endpoint, always)
    throttled.until(Activity.HASHING)


def test_a_throttle_is_told_in_percent_and_read_back_in_watts(throttled: Site) -> None:
    powers = offered(throttled).range
    assert powers is not None
    for share in (0.2, 0.5, 0.99, 1.0):
        setting = powers.point(powers.highest.__class__(3340 * share)).setting
        assert apply(throttled, setting)
        throttled.fleet.skip(60)
        found = throttled.look()
        assert (found.setting, found.activity) == (setting, Activity.HASHING)
        assert found.power == pytest.approx(3340 * share * 0.98, rel=0.02)
        assert not apply(throttled, setting)
    assert throttled.writes == ["throttle 20", "throttle 50", "throttle 99", "throttle 100"]


def test_a_throttle_that_is_not_taken_is_seen_by_its_reading_and_not_by_the_answer(throttled: Site) -> None:
    throttled.set(refuses=True)
    assert apply(throttled, 1670)
    assert throttled.look().setting == 3340


def test_a_throttle_of_another_preset_than_was_scanned_is_refused_before_anything_is_sent(
    throttled: Site,
) -> None:
    throttled.act(lambda face: face.choose("2800"))
    with pytest.raises(CommandRefused, match="another preset"):
        apply(throttled, 3340)
    assert throttled.writes == []
    assert apply(throttled, 1400)


def test_what_1_2_runs_at_is_changed_alone_and_mining_begins_anew_only_where_it_ran(preset: Site) -> None:
    steps = offered(preset).steps
    assert [step.setting for step in steps] == [2550, 2800, 3070, 3340]
    kept: list[Tuning] = []
    assert preset.driver.apply(preset.endpoint, 2800, always, kept.append)
    assert kept == [OWN]
    assert preset.writes == ["preset 2800", "mining/restart"]
    preset.until(Activity.HASHING)
    assert preset.look().setting == 2800
    preset.driver.sleep(preset.endpoint, always)
    preset.fleet.skip(20)
    assert apply(preset, 3070)
    assert preset.writes[2:] == ["mining/stop", "preset 3070"]
    assert preset.look().setting == 3070


def test_mining_goes_on_where_the_answer_asks_for_no_restart(preset: Site) -> None:
    preset.set(restart_required=False)
    assert apply(preset, 2550)
    assert preset.writes == ["preset 2550"]
    assert (preset.look().setting, preset.look().activity) == (2550, Activity.HASHING)


def test_a_preset_that_was_not_stored_is_an_error_though_the_answer_is_the_same(preset: Site) -> None:
    preset.set(refuses=True)
    with pytest.raises(ConfigurationDiffers, match="2550"):
        apply(preset, 2550)
    assert preset.writes == ["preset 2550"]


def test_its_owners_preset_is_put_back_and_what_somebody_else_has_chosen_stays(preset: Site) -> None:
    assert apply(preset, 2550)
    preset.until(Activity.HASHING)
    assert preset.driver.restore(preset.endpoint, OWN, always)
    preset.until(Activity.HASHING)
    assert preset.look().setting == 3340
    assert not preset.driver.restore(preset.endpoint, OWN, always)
    preset.act(lambda face: face.choose("4690"))
    preset.fleet.skip(5000)
    assert not preset.driver.restore(preset.endpoint, OWN, always)
    assert preset.look().setting == 4690


def test_no_command_begins_to_tune_a_preset(preset: Site) -> None:
    for untuned in (2640, 4690, 1234):
        with pytest.raises(CommandRefused, match="no tuned preset"):
            apply(preset, untuned)
    preset.set(tuned=frozenset({"2550", "2800"}))
    with pytest.raises(CommandRefused, match="to come back"):
        apply(preset, 2550)
    assert preset.writes == []
    assert not offered(preset).tunable
    assert offered(preset).switchable


def test_an_owner_who_has_it_tune_itself_is_not_disturbed_but_by_a_stop(preset: Site) -> None:
    preset.act(lambda face: face.choose("3160"))
    assert preset.look().self_tuning == "auto-tuning"
    with pytest.raises(StillStarting, match="tunes itself"):
        apply(preset, 2550)
    with pytest.raises(StillStarting, match="tunes itself"):
        preset.driver.restore(preset.endpoint, OWN, always)
    assert preset.writes == []
    preset.driver.sleep(preset.endpoint, always)
    assert preset.writes == ["mining/stop"]


def test_a_preset_switcher_is_seen_and_never_fought(switcher: Site) -> None:
    assert switcher.look().self_tuning == "preset switcher"
    for setting in (1400, 2550, 2800):
        with pytest.raises(StillStarting, match="switch that off"):
            apply(switcher, setting)
    with pytest.raises(StillStarting):
        switcher.driver.restore(switcher.endpoint, OWN, always)
    before = switcher.look().setting
    switcher.fleet.skip(1000)
    assert switcher.look().setting != before
    assert switcher.writes == []
    switcher.driver.sleep(switcher.endpoint, always)
    switcher.act(lambda face: face.set_switcher(enabled=False))
    assert switcher.look().self_tuning == ""


def test_a_switcher_that_is_on_in_what_is_stored_is_not_written_over(preset: Site) -> None:
    preset.act(lambda face: face.stored.update(preset_switcher={"enabled": True}))
    with pytest.raises(StillStarting):
        apply(preset, 2550)
    assert preset.writes == []


@pytest.mark.parametrize(("version", "told"), [("1.2.7", "{'on': True}"), ("1.3.4", "{'is_enabled': True}")])
def test_it_is_found_by_its_light_in_the_words_of_its_version(
    throttled: Site, version: str, told: str
) -> None:
    throttled.set(version=version)
    assert throttled.driver.find_mode(throttled.endpoint, enabled=True)
    assert not throttled.driver.find_mode(throttled.endpoint, enabled=False)
    assert throttled.writes[0] == f"blink {told}"


def test_its_process_its_system_and_its_defaults_begin_anew(throttled: Site) -> None:
    for act in (throttled.driver.restart, throttled.driver.reboot, throttled.driver.factory_reset):
        act(throttled.endpoint, always)
    assert throttled.writes == ["mining/restart", "system/reboot", "system/reboot"]


def test_details_tell_what_becomes_of_sleep_without_a_try_of_the_password(throttled: Site) -> None:
    found = throttled.driver.details(throttled.endpoint)
    assert (throttled.tries, "remain_stopped_on_reboot" in found.config) == (0, False)
    assert (found.system["fw_name"], len(found.pools), found.shares["accepted"]) == ("AnthillOS", 2, 1599)
    throttled.driver.find_mode(throttled.endpoint, enabled=False)
    assert throttled.driver.details(throttled.endpoint).config["remain_stopped_on_reboot"] is True
    assert "pass" not in str(throttled.driver.details(throttled.endpoint).config)


def test_half_an_answer_is_no_reading(throttled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netstab.devices.vnish.reads.READ", 1.0)
    throttled.set(silent_at=frozenset({"perf-summary"}))
    with pytest.raises(TimedOut):
        throttled.look()


def test_what_does_not_tell_all_yet_is_looked_at_again(throttled: Site) -> None:
    def booting(face: VnishFace) -> Callable[[HttpRequest], WebAnswer | None]:
        def web(request: HttpRequest) -> WebAnswer | None:
            return VnishFace.web(face, request) if request.path.endswith("info") else WebAnswer(b"{}")

        return web

    throttled.act(lambda face: setattr(face, "web", booting(face)))
    found = throttled.driver.identify(throttled.endpoint)
    assert (found.model, found.provisional, found.capabilities) == ("Antminer S21 Pro", True, Capabilities())


@pytest.mark.parametrize(
    ("presets", "again"),
    [(WebAnswer(b"<html></html>"), False), (WebAnswer(b"x" * 100_000), False), (None, True)],
)
def test_one_whose_presets_cannot_be_read_is_switched_all_the_same(
    preset: Site, presets: WebAnswer | None, again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def web(face: VnishFace) -> Callable[[HttpRequest], WebAnswer | None]:
        def answer(request: HttpRequest) -> WebAnswer | None:
            return presets if request.path.endswith("presets") else VnishFace.web(face, request)

        return answer

    preset.act(lambda face: setattr(face, "web", web(face)))
    if presets is None:
        monkeypatch.setattr("netstab.devices.vnish.reads.PRESETS", 0.5)
    found = preset.driver.identify(preset.endpoint)
    assert (found.capabilities.switchable, found.capabilities.tunable) == (True, False)
    assert found.provisional is again


def test_a_command_whose_answer_is_lost_may_have_been_carried_out(throttled: Site) -> None:
    throttled.driver.find_mode(throttled.endpoint, enabled=False)
    broken = WebAnswer(b"no chunk", headers="Transfer-Encoding: chunked\r\n")
    throttled.act(lambda face: setattr(face, "web", lambda _request: broken))
    with pytest.raises(MalformedAnswer) as lost:
        throttled.driver.wake(throttled.endpoint, always)
    assert lost.value.may_have_acted


def test_a_change_of_which_it_is_not_told_what_it_wants_is_no_success(preset: Site) -> None:
    def web(face: VnishFace) -> Callable[[HttpRequest], WebAnswer | None]:
        def answer(request: HttpRequest) -> WebAnswer | None:
            said = VnishFace.web(face, request)
            return WebAnswer() if request.method == "POST" and request.path.endswith("settings") else said

        return answer

    preset.act(lambda face: setattr(face, "web", web(face)))
    with pytest.raises(MalformedAnswer, match="restart"):
        apply(preset, 2550)
    assert preset.writes == ["preset 2550"]


def test_a_change_that_is_overtaken_between_its_two_steps_restarts_nothing(preset: Site) -> None:
    preset.driver.find_mode(preset.endpoint, enabled=False)
    asked = iter((True, True, True, False))  # settings, their change, settings again, the restart
    with pytest.raises(Withdrawn):
        preset.driver.apply(preset.endpoint, 2550, lambda: next(asked))
    assert preset.writes[1:] == ["preset 2550"]
    assert not apply(preset, 2550)
    assert preset.look().setting == 3340


def test_one_that_tells_its_throttle_in_its_status_alone_is_read_and_set_all_the_same(
    throttled: Site,
) -> None:
    def without(face: VnishFace) -> None:
        def web(request: HttpRequest) -> WebAnswer | None:
            answer = VnishFace.web(face, request)
            if answer is None or not request.path.endswith("/summary"):
                return answer
            told = json.loads(answer.body)
            del told["miner"]["miner_status"]["throttled"]
            return WebAnswer(json.dumps(told).encode())

        face.web = web  # type: ignore[method-assign]

    throttled.act(without)
    points = throttled.driver.identify(throttled.endpoint).capabilities.points
    wanted = points[len(points) // 2].setting
    assert apply(throttled, wanted)
    assert throttled.look().setting == wanted
    assert not apply(throttled, wanted)
    assert len(throttled.writes) == 1
