"""A site of sixty of all makes follows a signal at its meter, whatever is wrong with some of them."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from mixed_makes import MixedMakes, mixed_makes
from waiting import wait_until

from netstab.simulation.faces.machine import Port, Trouble
from netstab.simulation.physics import Stage
from netstab.units import MinerId

SETTLES = 600.0
"""Seconds of the site after which it stands at its target; the slowest unit has come by then."""

NEVER = {
    "whatsminer": r"power_limit|power_mode|miner\.power\b|passwd|pools|fastboot|upfreq|factory|reboot",
    "braiins": r"increment|decrement|factory|dps|pools|configuration|reboot|default",
    "s21": r"reset|passwd|reboot|set_miner_conf (?![01]\b)",
    "vnish": r"settings|preset|factory|apikeys|reboot",
    "luxos": r"powertarget|frequencyset|voltageset|atmset|autotuner|reset|reboot",
    "s19_old": r"",  # it knows no sleep: nothing at all
    "braiins_old": r"",
}
"""What dispatch may never ask of a family, in the words of its devices' log, beside what its face forbids."""


@pytest.fixture
def makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    with mixed_makes(tmp_path, monkeypatch) as makes:
        yield makes


def require_nothing_forbidden(makes: MixedMakes) -> None:
    assert makes.forbidden == {}
    for name, never in NEVER.items():
        written = [text for at in makes.site.at(name) for text in makes.writes(at)]
        assert [text for text in written if re.search(never, text)] == [], name
    told = {each.text for at in makes.s9.miners for each in makes.s9.commands(at)}
    assert all("do_sleep_mode" in text for text in told), told


def test_sixty_of_all_makes_follow_a_signal_within_a_percent_and_none_is_asked_what_it_must_not_be(
    makes: MixedMakes,
) -> None:
    rated = makes.api.status()["rated_power_kw"]
    for share in (0.85, 0.7, 0.9):
        assert makes.follow(round(share * rated, 1)) < SETTLES
    controllable = makes.site.mix.total - 2
    moved = [at for at in makes.others if makes.writes(at)]
    assert len(moved) > controllable / 3, "all that can be tuned take part"
    require_nothing_forbidden(makes)


Strike = Callable[[Any], object]


def wrong(trouble: Trouble) -> Strike:
    return lambda face: face.machine.troubles.update(dict.fromkeys(Port, trouble))


EVERYWHERE: tuple[Strike, ...] = (
    *(wrong(trouble) for trouble in Trouble),
    lambda face: face.machine.cut_power(),
)


def change(thing: object, **values: object) -> None:
    """Set attributes."""
    for name, value in values.items():
        setattr(thing, name, value)


def locked(face: Any) -> None:
    """Have another password, and end what was let in by the old one."""
    change(face, password="changed")
    face.expire()


def refuse(face: Any, status: str) -> None:
    """Answer each setting with a status."""
    face.instead["performance/power-target"] = (status, "")


OWN: Mapping[str, Mapping[str, Strike]] = {
    "whatsminer": {
        "write access closed": lambda face: change(face, open=False),
        "another password": lambda face: change(face, password="changed"),
        "a clock that is off": lambda face: change(face, clock_off=7200.0),
    },
    "braiins": {
        "another password": locked,
        "a token that is over": lambda face: face.expire(),
        "pages of HTML": lambda face: change(face, html=True),
    },
    "s21": {
        "another password": lambda face: change(face, password="changed"),
        "asleep by its owner": lambda face: face.set_by_owner("1"),
    },
    "vnish": {
        "another password": lambda face: change(face.door, password="changed"),
        "its own switcher": lambda face: face.set_switcher(enabled=True),
        "a token that is over": lambda face: face.door.expire(),
        "OK to all, and no effect": lambda face: change(face, refuses=True),
    },
    "luxos": {
        "another client's session": lambda face: face.hold(),
        "its own ATM": lambda face: face.enable_atm(),
    },
}
"""What may be wrong with a device of a family alone."""


ALSO: Mapping[str, Mapping[str, Strike]] = {
    "whatsminer": {
        "another salt": lambda face: change(face, salt="another"),
        "a restart of its own": lambda face: face.restart(),
    },
    "braiins": {
        "no change in this state": lambda face: refuse(face, "409 Conflict"),
        "not on this build": lambda face: refuse(face, "501 Not Implemented"),
    },
    "s21": {
        "numbers as text alone": lambda face: change(face, takes=(str,)),
        "half a configuration": lambda face: face.conf.pop("bitmain-freq-level"),
    },
    "vnish": {
        "failed": lambda face: face.fail(12),
    },
}
"""What more may be wrong with one: it refuses, or is about something of its own."""


def strike(makes: MixedMakes, faults_of: Callable[[str], Iterable[Strike]]) -> list[MinerId]:
    """Have something else be wrong with each of a family's first devices; gives those that are well."""
    well = list[MinerId]()
    for name in OWN:
        at = makes.site.at(name)
        faults = list(faults_of(name))
        for miner_id, act in zip(at, faults, strict=False):
            makes.site.faces.tamper(miner_id, act)
        well += at[len(faults) :]
    return well


def require_unharmed(makes: MixedMakes, well: Iterable[MinerId]) -> None:
    views = {at: makes.api.actor(at) for at in well}
    errors = {at: view["last_error"] for at, view in views.items()}
    late = "no_effect"  # a host that is busy sees it later than the site's time allows
    assert {at: error for at, error in errors.items() if error and error["kind"] != late} == {}
    phases = {at: view["observed"]["phase"] for at, view in views.items()}
    assert set(phases.values()) <= {"hashing", "starting", "asleep"}, phases
    require_nothing_forbidden(makes)


def test_a_site_follows_whatever_the_faults_are_that_each_make_has_of_its_own(makes: MixedMakes) -> None:
    rated = makes.api.status()["rated_power_kw"]
    well = strike(makes, lambda name: OWN[name].values())
    for share in (0.85, 0.75):
        assert makes.follow(round(share * rated, 1)) < SETTLES
    require_unharmed(makes, [*well, *makes.s9.miners])


def test_who_hangs_lies_or_is_gone_in_each_make_keeps_no_other_from_hearing(makes: MixedMakes) -> None:
    well = strike(makes, lambda name: (*EVERYWHERE, *ALSO.get(name, {}).values()))
    silent, garbage, dead, *well_s9 = makes.s9.miners
    makes.s9.hang(silent)
    makes.s9.answer_instead(garbage, api=b"SSH-2.0-dropbear", web=b"<html>")
    makes.s9.cut_power(dead)
    wait_until(lambda: makes.api.status()["online_miners"] <= makes.site.mix.total - 3 - len(EVERYWHERE))
    makes.api.deactivate()
    wait_until(lambda: all(makes.sleeps(at) for at in well))
    wait_until(lambda: all(makes.s9.inspect(at).stage is Stage.DOWN for at in well_s9))
    require_unharmed(makes, [*well, *well_s9])
