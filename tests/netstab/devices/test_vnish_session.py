"""How devices on Vnish 1.x are shown a password: seldom, and never again soon after they have refused one."""

from collections.abc import Callable, Iterator

import pytest
from vnish_site import Site, vnish_site

from netstab.devices.port import always
from netstab.devices.vnish import session
from netstab.errors import (
    CommandRefused,
    DeviceError,
    MalformedAnswer,
    NotAMiner,
    Unauthorized,
    Withdrawn,
)
from netstab.simulation.faces.face import HttpRequest, WebAnswer
from netstab.simulation.faces.vnish import VNISH_1_3, VnishFace
from netstab.units import Seconds


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with vnish_site(VNISH_1_3, monkeypatch) as site:
        yield site


@pytest.fixture
def another_password(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with vnish_site(VNISH_1_3, monkeypatch, password="of another site") as site:
        yield site


def told(site: Site) -> None:
    site.driver.restart(site.endpoint, always)


def test_one_password_is_shown_for_many_commands(site: Site) -> None:
    site.driver.identify(site.endpoint)
    site.look()
    assert site.tries == 0
    for _ in range(3):
        told(site)
    assert (site.tries, site.writes) == (1, ["mining/restart"] * 3)


def test_a_token_that_has_expired_costs_one_more_and_the_command_is_carried_out_once(site: Site) -> None:
    told(site)
    site.fleet.skip(7200)
    told(site)
    assert (site.tries, site.writes) == (2, ["mining/restart"] * 2)
    site.act(lambda face: face.door.expire())
    told(site)
    assert (site.tries, site.writes) == (3, ["mining/restart"] * 3)


def test_a_device_that_takes_none_of_its_own_tokens_is_asked_twice_and_no_more(site: Site) -> None:
    site.act(lambda face: setattr(face.door, "knows", lambda _headers, _now: False))
    with pytest.raises(Unauthorized, match="token"):
        told(site)
    assert (site.tries, site.writes) == (2, [])


def test_a_password_that_was_refused_is_not_tried_again(another_password: Site) -> None:
    site = another_password
    for _ in range(5):
        with pytest.raises(Unauthorized, match="VNISH_PASSWORD"):
            told(site)
    with pytest.raises(Unauthorized, match="VNISH_PASSWORD"):
        site.driver.find_mode(site.endpoint, enabled=True)
    assert site.tries == 1
    assert site.look().hashrate > 0


def test_a_refused_password_is_tried_again_once_its_time_is_over(
    another_password: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = another_password
    monkeypatch.setattr(session, "WRONG_FOR", Seconds(0.0))
    for _ in range(2):
        with pytest.raises(Unauthorized):
            told(site)
    site.act(lambda face: setattr(face.door, "password", "of another site"))
    told(site)
    assert (site.tries, site.writes) == (3, ["mining/restart"])


def test_after_too_many_tries_none_is_made_whoever_made_them(site: Site) -> None:
    def tried(face: VnishFace) -> None:
        for _ in range(3):
            face.door.unlock("a guess", face.machine.now)

    site.act(tried)
    site.act(lambda face: setattr(face.door, "is_locked", lambda _now: False))  # what it answers decides
    site.act(lambda face: setattr(face.door, "unlock", _counted(face, 429)))
    for _ in range(4):
        with pytest.raises(Unauthorized, match="no more tries"):
            told(site)
    assert site.tries == 3 + 1


def _counted(face: VnishFace, status: int) -> Callable[[object, float], tuple[int, str]]:
    def unlock(_password: object, _now: float) -> tuple[int, str]:
        face.door.tries += 1
        return status, ""

    return unlock


def test_after_a_restart_of_the_server_one_try_is_made_with_its_first_command(another_password: Site) -> None:
    site = another_password
    for _ in range(2):
        with pytest.raises(Unauthorized):
            told(site)
    site.forget()
    site.look()
    assert site.tries == 1
    for _ in range(2):
        with pytest.raises(Unauthorized):
            told(site)
    assert site.tries == 2


def test_a_withdrawn_command_shows_no_password(site: Site) -> None:
    with pytest.raises(Withdrawn):
        site.driver.sleep(site.endpoint, lambda: False)
    assert (site.tries, site.writes) == (0, [])


def test_a_factory_reset_ends_what_the_device_has_given(site: Site) -> None:
    site.driver.factory_reset(site.endpoint, always)
    told(site)
    assert site.tries == 2


def test_whoever_else_answers_at_its_address_is_shown_no_password(site: Site) -> None:
    shown: list[str] = []

    def web(request: HttpRequest) -> WebAnswer | None:
        shown.append(request.body)
        return WebAnswer(b'{"token": "of somebody else"}')

    site.act(lambda face: setattr(face, "web", web))
    with pytest.raises(NotAMiner):
        told(site)
    assert set(shown) == {""}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (WebAnswer(b"<html></html>", content_type="text/html"), MalformedAnswer),
        (WebAnswer(b'{"token": 5}'), MalformedAnswer),
        (WebAnswer(b"", "500 Internal Server Error"), CommandRefused),
    ],
)
def test_an_answer_without_a_token_is_an_error_and_nothing_is_sent(
    site: Site, answer: WebAnswer, error: type[DeviceError]
) -> None:
    def web(face: VnishFace) -> Callable[[HttpRequest], WebAnswer | None]:
        return lambda request: answer if request.path.endswith("unlock") else VnishFace.web(face, request)

    site.act(lambda face: setattr(face, "web", web(face)))
    with pytest.raises(error):
        told(site)
    site.act(lambda face: face.__dict__.pop("web"))
    assert site.writes == []
