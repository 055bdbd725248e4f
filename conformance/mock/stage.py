"""What a mock does at chosen moments: a drop in the middle of a reply, news from a later version, a refused upgrade.

A `Moment` is data, so that a scenario can be written in a file.  None of it needs to be a lie: a quirk is a deviation
that a check has to find, a moment is what a client meets in real life.
"""

from __future__ import annotations

import copy
import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from conformance import fixtures
from conformance.mock.core import CloseWith, Drop, Out, SendEvent, SendPing, SendRaw, Silence
from conformance.mock.errors import Json
from conformance.mock.options import Moment, OptionError, nearest

if TYPE_CHECKING:
    from conformance.mock.session import Session

UPGRADE = "upgrade"
ACTIONS = ("send", "raw", "close", "drop", "silence", "ping", "hear", "set", "remove", "refuse")


def moment(row: Mapping[str, Any]) -> Moment:
    """A moment from a table of a file.  Raises OptionError, in a sentence, for what it does not know."""
    known = {field.name for field in dataclasses.fields(Moment)}
    strange = [name for name in row if name not in known]
    if strange:
        raise OptionError(f"a moment has no {strange[0]!r}; {nearest(strange[0], known)}")
    when = row.get("when")
    if not when:
        raise OptionError("a moment needs `when`: the type of an event, or `upgrade`")
    does = row.get("does", [])
    does = tuple(does if isinstance(does, list) else [does])
    for action in does:
        for name in action:
            if name not in ACTIONS and name != "times":
                raise OptionError(f"a moment can't {name!r}; {nearest(name, ACTIONS)}")
    return Moment(
        when=tuple([when] if isinstance(when, str) else when),
        does=does,
        nth=int(row.get("nth", 1)),
        session=None if row.get("session") is None else int(row["session"]),
    )


class Stage:
    """The moments of one session."""

    def __init__(self, moments: Iterable[Moment], number: int) -> None:
        self._moments = [one for one in moments if one.session in {None, number} and UPGRADE not in one.when]
        self._seen: Counter[int] = Counter()

    def emit(self, event: Json, session: Session) -> list[Out]:
        """What is put out instead of an event that is about to be sent."""
        before: list[Out] = []
        out: list[Out] = [SendEvent(event)]
        for action in self._due(event.get("type", "")):
            if "set" in action or "remove" in action:
                out = [SendEvent(_changed(one.event, action)) if isinstance(one, SendEvent) else one for one in out]
            elif "hear" in action:
                session.after(0.0, lambda words=action["hear"]: hear(session, words))  # type: ignore[misc]
            else:
                out += _outs(action, session)
        return before + out

    def receive(self, event: Json, session: Session) -> None:
        """Do what is due when the client sends an event (`when = "> session.finish"`)."""
        for action in self._due(f"> {event['type']}"):
            if "hear" in action:
                hear(session, action["hear"])
            for one in _outs(action, session):
                session.put(one)

    def _due(self, kind: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        for place, one in enumerate(self._moments):
            if kind in one.when or (kind[0] != ">" and "*" in one.when):
                self._seen[place] += 1
                if one.nth in {0, self._seen[place]}:
                    found += one.does
        return found


def _outs(action: Mapping[str, Any], session: Session) -> list[Out]:
    if "send" in action:
        times = int(action.get("times", 1))
        return [SendEvent({"event_id": session.ids.make("event"), **action["send"]}) for _ in range(times)]
    if "raw" in action:
        return [SendRaw(str(action["raw"]))]
    if "ping" in action:
        return [SendPing(str(action["ping"]).encode())]
    if "close" in action:
        return [CloseWith(int(action["close"].get("code", 1000)), str(action["close"].get("reason", "")))]
    if "drop" in action:
        return [Drop()]
    return [Silence()] if "silence" in action else []


def _changed(event: Json, action: Mapping[str, Any]) -> Json:
    made = copy.deepcopy(event)
    for path, value in action.get("set", {}).items():
        *way, last = path.split(".")
        place: Any = made
        for name in way:
            place = place.setdefault(name, {}) if isinstance(place, dict) else None
        if isinstance(place, dict):
            place[last] = copy.deepcopy(value)
    for path in action.get("remove", []):
        *way, last = path.split(".")
        place = made
        for name in way:
            place = place.get(name) if isinstance(place, dict) else None
        if isinstance(place, dict):
            place.pop(last, None)
    return made


def hear(session: Session, utterance: str) -> None:
    """Let the session hear somebody speak: a fixture's utterance and the silence that ends a turn.

    Only where the server detects turns; a client that makes its turns by hand speaks when it likes.
    """
    if session.config.turn_detection is None or session.closing is not None:
        return
    rate = session.config.input.rate
    pcm = fixtures.wav(utterance) + fixtures.silence(2 * int(session.config.turn_detection["silence_duration_ms"]))
    session.turns.hear(fixtures.resample(pcm, fixtures.INPUT_RATE, rate) if rate != fixtures.INPUT_RATE else pcm)


def refusal(moments: Iterable[Moment], number: int) -> tuple[int, str, str] | None:
    """How the n-th upgrade (from 1) is refused: (HTTP status, code, message); None: it is not."""
    for one in moments:
        if UPGRADE in one.when and one.nth in {0, number}:
            for action in one.does:
                if "refuse" in action:
                    given = action["refuse"]
                    return int(given["status"]), str(given.get("code", "")), str(given.get("message", ""))
    return None
