"""Well-formed events that are the wrong ones, or come at the wrong time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .kit import PATIENT, either, finding, text, untidy, unusable
from .relay import Relay, Talk


class NeverSaysThatTheSessionWasCreated(Relay):
    """Is faithful but for `session.created`, which never comes."""

    right = either("session.created")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [] if event["type"] == "session.created" else [text(event)]


class SaysNothingAtAll(Relay):
    """Upgrades, reads everything, and never says a word."""

    right = unusable("session.created")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return []


class CreatesTheSessionTwice(Relay):
    """Sends `session.created` twice."""

    right = untidy("session.created")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [text(event)] * (2 if event["type"] == "session.created" else 1)


class GivesNumbersForTypes(Relay):
    """Sends every event with a number for its type."""

    right = either("type|session.updated")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [text(event if event["type"] == "session.created" else {**event, "type": 42})]


class SpeaksOfOtherSessions(Relay):
    """Gives every session, response and item the same ids, as if the sessions of others were read from here."""

    right = finding("")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [text(_same_ids(event))]


def _same_ids(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _same_ids(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_same_ids(inner) for inner in value]
    if isinstance(value, str) and (name == "id" or name.endswith("_id")):
        return value.partition("_")[0] + "_of_another"
    return value


class StallsAfterTheThirdEvent(Relay):
    """Sends three events, and then no more."""

    right = finding("", seconds=PATIENT)
    most = 3

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [text(event)] if talk.events <= self.most else []


class StallsAfterTheEighthEvent(StallsAfterTheThirdEvent):
    """Sends eight events, and then no more."""

    most = 8


class SendsUnaskedResponses(Relay):
    """Sends the events of a response that nobody asked for behind the greeting."""

    right = finding("")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        yield text(event)
        if event["type"] == "session.created":
            ids = {"response_id": "resp_x", "item_id": "item_x", "output_index": 0, "content_index": 0}
            yield text({"event_id": "event_u1", "type": "response.text.delta", "delta": "Hello?", **ids})
            yield text({"event_id": "event_u2", "type": "response.done", "response": {"id": "resp_x"}})


class SendsEverythingTwice(Relay):
    """Sends every event twice."""

    right = finding("")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [text(event)] * 2


class SendsEventsBackwards(Relay):
    """Keeps the events of a response back, and sends them in the opposite order."""

    right = finding("")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        if not event["type"].startswith("response."):
            return [text(event)]
        talk.kept.append(text(event))
        if event["type"] != "response.done":
            return []
        kept, talk.kept = talk.kept[::-1], []
        return kept


class ChangesHalfWay(Relay):
    """Is faithful for 60 connections, and then another server: other names, other shapes."""

    right = finding("")
    holds = ("connection/Sanity", "responses/Typed", "session/FirstUpdate")
    turn = 60

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        if talk.number < self.turn_at:
            return [text(event)]
        return [text(json.loads(json.dumps(event).replace("response.", "reply.").replace("_id", "Id")))]


class ServesAnotherModel(Relay):
    """Greets with another model than the one that was asked for."""

    right = unusable("serves the model")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        if isinstance(event.get("session"), dict):
            event["session"]["model"] = "gpt-4o-realtime-preview"
        return [text(event)]


class EchoesWhatItHears(Relay):
    """Sends every event of the client back to it, beside what it should."""

    right = finding("")

    def heard(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [text(event)]


class RefusesEverything(Relay):
    """Answers every event with an error, and nothing else."""

    right = finding("", seconds=PATIENT)
    holds = ("connection/Sanity", "session/FirstUpdate", "responses/Typed")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        if event["type"] == "session.created":
            return [text(event)]
        about = {"type": "invalid_request_error", "code": "invalid_value", "message": "No.", "param": None}
        return [text({"event_id": event["event_id"], "type": "error", "error": about})]
