"""All looks, one after the other. None waits for ever, and no fault of one keeps another from being said."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from netstab.check import devices, host, log, ways_in
from netstab.check.finding import Finding, fail, found, good, warn
from netstab.clock import wall_clock
from netstab.errors import SettingsError
from netstab.settings import Settings, read_settings
from netstab.settings.doubts import doubts
from netstab.settings.env_file import env_file_of

__all__ = ["WITHIN", "findings"]

WITHIN = 20.0
"""Seconds for one look; most end at once, a look at a host that is silent within ten."""


def findings(environment: Mapping[str, str], env_file: Path | None = None) -> Iterator[Finding]:
    """Say what is found, part by part; where the settings cannot be used, only that."""
    try:
        env_file = env_file or env_file_of(environment)
        settings = read_settings(environment, env_file)
    except SettingsError as error:
        head, *faults = str(error).splitlines()
        for fault in faults or [head]:
            yield fail("settings", fault.strip())
        return
    yield from _settings(environment, env_file, settings)
    yield from _parts(settings)


def _settings(environment: Mapping[str, str], env_file: Path | None, settings: Settings) -> Iterator[Finding]:
    yield from (warn("settings", doubt) for doubt in doubts(environment, env_file, settings))
    yield good(
        "settings",
        f"They can be used; those that are not set in the environment come from {env_file}."
        if env_file
        else "They can be used.",
    )


def _parts(settings: Settings) -> Iterable[Finding]:
    url = settings.database_url
    database = found("database", partial(log.writable, url), WITHIN)
    yield from database
    known = log.NOTHING
    if not any(finding.grade for finding in database):
        ends: list[log.Known] = []
        yield from found("log", lambda: _end(url, ends), WITHIN)
        known = ends[0] if ends else known
        yield from found("leader", partial(log.leader, url), WITHIN)
    yield from found("reserve", partial(log.reserve, settings.reserve_file), WITHIN)
    yield from found("space", partial(host.space, log.room(url)), WITHIN)
    yield from found("clock", partial(host.clock, wall_clock(), known.latest), WITHIN)
    yield from found("network", partial(host.networks, settings), WITHIN)
    yield from found("ports", partial(host.ports, settings), WITHIN)
    yield from found("descriptors", partial(host.descriptors, len(known.miners)), WITHIN)
    yield from found("meter", partial(devices.meter, settings), WITHIN)
    if settings.awesome_miner.url:
        yield from found("awesome miner", partial(devices.awesome_miner, settings), WITHIN)
    for name, look in ways_in.looks(settings).items():
        yield from found(name, partial(ways_in.finding, name, look), WITHIN)
    yield from found("miners", partial(devices.password, settings, known.miners), WITHIN)


def _end(url: str, ends: list[log.Known]) -> Iterable[Finding]:
    if not log.begun(url):
        return ()
    ends.append(log.known(url))
    return ends[0].findings
