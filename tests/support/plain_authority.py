"""Who commands, in plain words: a model that knows neither events nor the rule's own code."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from many_fronts import Site

from events.commands import Activate, ApplyPower, Deactivate, Release, SetOverride
from events.state import FRONTS, Source
from netstab.errors import CommandRejected
from netstab.units import WallTime, Watts


@dataclass
class Word:
    """What a front wants: a power since `begun`, or standby since `said`."""

    power: float | None
    begun: int
    said: int
    until: float | None = None


class Model:
    """The rule in plain words: numbers stand for the order in which things were said."""

    def __init__(self, priority: tuple[Source, ...]) -> None:
        self.priority, self.count = priority, 0
        self.words: dict[Source, Word] = {}
        self.spoke: set[Source] = set()
        self.overridden = False
        self.left: float | None = None
        self.by: Source | None = None
        self.nothing = True

    def say(self, source: Source, power: float | None, until: float | None) -> None:
        self.count += 1
        last = self.words.get(source)
        goes_on = power is not None and last is not None and last.power is not None
        begun = last.begun if last is not None and goes_on else self.count
        self.words[source] = Word(power, begun, self.count, until)
        self.spoke.add(source)
        self.rule()

    def drop(self, source: Source) -> None:
        self.count += 1
        if self.words.pop(source, None) is not None:
            self.rule()

    def operate(self, power: float | None) -> None:
        self.count += 1
        self.words, self.left, self.by, self.nothing = {}, power, None, False

    def rule(self) -> None:
        """Give command to the first that has a power no higher standby holds back, else keep standby."""
        self.nothing = False
        for place, source in enumerate(self.priority):
            word = self.words.get(source)
            above = [self.words[each] for each in self.priority[:place] if each in self.words]
            held = any(each.power is None and word and each.said > word.begun for each in above)
            if word is not None and word.power is not None and not held:
                self.left, self.by = word.power, source
                return
        self.left = None
        self.by = next((each for each in self.priority if each in self.words), None)


powers = st.sampled_from([0.0, 500.0, 1460.0, 2920.0])
ends = st.none() | st.none() | st.integers(1, 30).map(float)
fronts = st.sampled_from(FRONTS)
WORDS = st.one_of(
    st.tuples(st.just("activate"), fronts, powers, ends),
    st.tuples(st.just("activate"), fronts, powers, ends),
    st.tuples(st.just("standby"), fronts, st.none(), st.none()),
    st.tuples(st.just("release"), fronts, st.none(), st.none()),
    st.tuples(st.just("override"), fronts, st.none() | powers, st.none()),
    st.tuples(st.just("end of override"), fronts, st.none(), st.none()),
    st.tuples(st.just("apply"), fronts, powers, st.none()),
    st.tuples(st.just("wait"), fronts, st.none(), st.integers(1, 12).map(float)),
)
"""What is said, by which front, at which power, and for how long."""


class Both:
    """A site and the model, told the same."""

    def __init__(self, priority: tuple[Source, ...]) -> None:
        self.site, self.model = Site(priority), Model(priority)

    def take(self, what: str, front: Source, power: Any, seconds: float | None) -> None:
        until = None if seconds is None else WallTime(self.site.now + seconds)
        match what:
            case "activate":
                self._said(Activate(Watts(power), until), front, power, until)
            case "standby":
                self._said(Deactivate(), front, None, None)
            case "release":
                self.site.taken(Release(), front)
                self.model.drop(front)
            case "wait":
                for _ in range(round(seconds or 0)):
                    self._wait()
            case _:
                self._operated(what, power)

    def _said(self, command: Activate | Deactivate, front: Source, power: Any, until: Any) -> None:
        answer = self.site.say(command, front)
        assert isinstance(answer, CommandRejected) == self.model.overridden
        if not self.model.overridden:
            self.model.say(front, power, until)

    def _operated(self, what: str, power: Any) -> None:
        if what == "end of override":
            self.site.taken(SetOverride(enabled=False, target=None), Source.DASHBOARD)
            self.model.overridden = False
            return
        overrides = what == "override"
        command = SetOverride(enabled=True, target=power) if overrides else ApplyPower(Watts(power))
        self.site.taken(command, Source.DASHBOARD)
        self.model.overridden = self.model.overridden or overrides
        self.model.operate(power)

    def _wait(self) -> None:
        """Let a second pass in which all are heard, and have end in the model what ends."""
        self.site.controller.loop.listen(dict.fromkeys(FRONTS, self.site.controller.now))
        self.site.wait(1)
        for front in reversed(self.model.priority):
            word = self.model.words.get(front)
            if word is not None and word.until is not None and self.site.now >= word.until:
                self.model.drop(front)
