"""What a site's server tells, from its answers to a reading and to capabilities; whatever it sends."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.devices.port import Activity, Endpoint, always
from netstab.devices.site import driver as site
from netstab.devices.site.driver import EMS_TOKEN, VIEWER_TOKEN, SiteDriver
from netstab.devices.web import Web
from netstab.errors import CommandRefused, DeviceError, NotAMiner, Unauthorized, Unreachable
from netstab.units import MinerId
from netstab.wire.http import Answer, Content
from netstab.wire.login import Login

AT = Endpoint(MinerId("127.0.0.1"), 0, 8000)
STATUS = {
    "isAvailableForDispatch": True,
    "runningStatus": 2,
    "ratedPowerInKw": 292.0,
    "activePowerInKw": 151.2,
}
DISPATCH = {"in_command": "ems", "target_power_kw": 150.0, "limits": []}
CAPACITY = {
    "fleet_id": "02:00:00:00:00:07",
    "fleets_below": [],
    "rated_power_kw": 292.0,
    "reachable_power_kw": 292.0,
    "minimum_power_kw": 10.2,
    "lowest_power_kw": 11.609,
    "power_step_kw": 1.409,
}


class CannedWeb(Web):
    """Answers from pages; keeps what was posted."""

    def __init__(self, pages: Mapping[str, tuple[int, bytes]]) -> None:
        super().__init__()
        self.pages = dict(pages)
        self.posted: list[tuple[str, Any]] = []

    def logged_in(self, _login: Login | None, _credentials: Mapping[str, str] | None = None) -> Web:
        return self

    def ask(self, endpoint: Endpoint, path: str, content: Content | None = None, **_: object) -> Answer:
        if content is not None:
            self.posted.append((path, json.loads(content.data)))
        status, body = self.pages.get(path, (200, b"{}"))
        return Answer(status, 'Bearer realm="netstab"' if status == 401 else "", body)


def driver(
    status: dict[str, Any] | None = None,
    dispatch: dict[str, Any] | None = None,
    capacity: dict[str, Any] | None = None,
) -> tuple[SiteDriver, CannedWeb]:
    pages = {site.STATUS: STATUS | (status or {}), site.DISPATCH: DISPATCH | (dispatch or {})}
    pages[site.CAPACITY] = CAPACITY | (capacity or {})
    web = CannedWeb({path: (200, json.dumps(page).encode()) for path, page in pages.items()})
    return SiteDriver(web), web


def test_a_site_is_read_as_one_unit_with_its_order_as_setting() -> None:
    reading = asyncio.run(driver()[0].poll(AT))
    assert (reading.activity, reading.power, reading.setting) == (Activity.HASHING, 151_200.0, 150_000)
    assert (reading.reach, reading.takes_no_orders, reading.fleets) == (None, "", ("02:00:00:00:00:07",))


@pytest.mark.parametrize(
    ("status", "dispatch", "activity"),
    [
        ({"runningStatus": 1}, {}, Activity.STARTING),
        ({}, {"target_power_kw": None}, Activity.HASHING),  # it sheds yet
        ({"activePowerInKw": 12.0}, {"target_power_kw": None}, Activity.STOPPED),
        ({"runningStatus": 1}, {"target_power_kw": 0.0}, Activity.STOPPED),
        ({"activePowerInKw": -3.0}, {"target_power_kw": 0.0}, Activity.STOPPED),
    ],
)
def test_what_a_site_does_is_judged_by_its_order_and_by_what_it_draws(
    status: dict[str, Any], dispatch: dict[str, Any], activity: Activity
) -> None:
    assert driver(status, dispatch)[0].probe(AT).activity is activity


@pytest.mark.parametrize(
    ("status", "dispatch", "capacity", "words"),
    [
        ({"isAvailableForDispatch": False}, {"in_command": "override"}, {}, "override"),
        ({"isAvailableForDispatch": False}, {}, {}, "fault"),
        ({}, {}, {"lowest_power_kw": 0.0}, "none of its units"),
    ],
)
def test_a_site_that_takes_no_orders_says_why(
    status: dict[str, Any], dispatch: dict[str, Any], capacity: dict[str, Any], words: str
) -> None:
    assert words in driver(status, dispatch, capacity)[0].probe(AT).takes_no_orders


def test_what_a_site_can_draw_falls_with_its_units_and_with_its_limits() -> None:
    assert driver(capacity={"reachable_power_kw": 201.44})[0].probe(AT).reach == 201_000.0
    limited = {"limits": [{"power_kw": 90.0}, {"power_kw": 120.0}]}
    assert driver(dispatch=limited, capacity={"reachable_power_kw": 201.44})[0].probe(AT).reach == 90_000.0


def test_who_else_commands_a_site_is_its_setting_and_no_power() -> None:
    for other in ("failsafe", "operator", "override"):
        assert driver(dispatch={"in_command": other})[0].probe(AT).setting == other


def test_a_site_has_a_range_from_its_lowest_power_to_its_rating() -> None:
    found = driver()[0].identify(AT)
    assert (found.model, found.mac, found.provisional) == ("Site", "02:00:00:00:00:07", False)
    points = found.capabilities.points
    assert points[0].power == pytest.approx(12_000, abs=1400)
    assert points[-1].power == 292_000.0
    assert found.capabilities.idle_power == 10_000.0
    assert driver(capacity={"minimum_power_kw": 10.23, "lowest_power_kw": 11.63})[0].identify(AT) == found


def test_a_site_without_a_usable_unit_is_known_and_not_controlled_yet() -> None:
    found = driver(capacity={"lowest_power_kw": 0.0, "power_step_kw": 0.0})[0].identify(AT)
    assert (found.provisional, found.capabilities.controllable) == (True, False)


def test_a_site_of_one_unit_has_one_power() -> None:
    one = {"rated_power_kw": 1.46, "reachable_power_kw": 1.46, "minimum_power_kw": 0.05}
    found = driver(capacity={**one, "lowest_power_kw": 1.5, "power_step_kw": 1.41})[0].identify(AT)
    assert [point.power for point in found.capabilities.points] == [1460.0]


def test_a_standby_is_no_site_and_one_that_sees_no_unit_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="standby"):
        driver(capacity={"fleet_id": None})[0].identify(AT)
    offline, web = driver()
    web.pages[site.STATUS] = (503, b'{"accepted": false, "message": "All 3 miners are unreachable."}')
    with pytest.raises(Unreachable, match="All 3 miners"):
        offline.probe(AT)


def test_a_site_under_override_is_told_nothing() -> None:
    overridden, web = driver(dispatch={"in_command": "override"})
    for command in (
        lambda: overridden.sleep(AT, always),
        lambda: overridden.wake(AT, always),
        lambda: overridden.apply(AT, 100_000, always),
    ):
        with pytest.raises(CommandRefused, match="override"):
            command()
    assert web.posted == []


def test_an_order_is_sent_unless_the_ems_has_set_it_already() -> None:
    ours, web = driver()
    assert ours.apply(AT, 150_000, always) is False
    assert ours.apply(AT, 90_500, always) is True
    ours.renew(AT, 90_500, always)
    ours.renew(AT, None, always)
    ours.sleep(AT, always)
    activated = ("/api/activate", {"activationPowerInKw": 90.5})
    assert web.posted == [activated, activated, ("/api/deactivate", {}), ("/api/deactivate", {})]
    web.pages[site.ACTIVATE] = (
        400,
        b'{"accepted": false, "message": "Requested power exceeds rated limits."}',
    )
    with pytest.raises(CommandRefused, match="exceeds rated limits"):
        ours.apply(AT, 999_000, always)


@pytest.mark.parametrize("status", [401, 403])
def test_a_site_that_does_not_let_us_in_is_told_in_its_own_words(status: int) -> None:
    closed, web = driver()
    web.pages[site.STATUS] = (status, b'{"message": "The token is none of EMS_TOKEN."}')
    web.pages[site.ACTIVATE] = web.pages[site.STATUS]
    for asked in (lambda: closed.probe(AT), lambda: closed.apply(AT, 1000, always)):
        with pytest.raises(Unauthorized, match="The token is none of EMS_TOKEN"):
            asked()


@pytest.mark.parametrize("challenge", ["", "Bearer", 'Basic realm="netstab-fake"', 'Bearer realm="another"'])
def test_what_asks_for_a_token_and_is_not_of_this_product_is_shown_none(
    challenge: str,
) -> None:
    shown: list[Login | None] = []

    class Stranger(Web):
        def logged_in(self, login: Login | None, credentials: Mapping[str, str] | None = None) -> Web:
            return Stranger(self.credentials, login=login)

        def ask(self, *_: object, **__: object) -> Answer:
            shown.append(self.login)
            return Answer(401, challenge, b"{}")

    with pytest.raises(NotAMiner):
        SiteDriver(Stranger({EMS_TOKEN: "one", VIEWER_TOKEN: "other"})).identify(AT)
    assert shown == [None]


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
fields = st.sampled_from([*STATUS, *DISPATCH, *CAPACITY])


@given(st.dictionaries(fields, json_values, max_size=4), st.sampled_from([200, 401, 404, 500, 503]))
def test_whatever_a_server_says_is_a_reading_of_finite_powers_or_one_error(
    changes: dict[str, Any], code: int
) -> None:
    pages = {
        path: (code, json.dumps(page | {key: changes[key] for key in changes.keys() & page.keys()}).encode())
        for path, page in ((site.STATUS, STATUS), (site.DISPATCH, DISPATCH), (site.CAPACITY, CAPACITY))
    }
    asked = SiteDriver(CannedWeb(pages))
    try:
        reading = asked.probe(AT)
        assert 0 <= reading.power <= 1e9
        assert reading.reach is None or 0 < reading.reach <= 1e9
        found = asked.identify(AT).capabilities
        assert all(0 < point.power <= 1e9 for point in found.points[:: max(1, len(found.points) // 7)])
    except DeviceError:
        pass


@given(st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode()))
def test_what_is_no_server_of_a_fleet_is_no_site(body: bytes) -> None:
    with pytest.raises(NotAMiner):
        SiteDriver(CannedWeb({site.CAPACITY: (200, body)})).identify(AT)
