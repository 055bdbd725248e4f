"""Text that is no JSON, too much of it, or JSON that two readers read differently."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from .kit import PATIENT, TEXT, either, finding, frame, harmless, text
from .relay import Relay, Talk


def _usage(event: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """The event with its usage changed, where it has one."""
    usage = (event.get("response") or {}).get("usage") if event["type"] == "response.done" else None
    if usage:
        change(usage)
    return event


class Replaces(Relay):
    """Says `words` in the place of the first event of each response."""

    words: ClassVar[str]

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [frame(TEXT, self.words.encode()) if event["type"] == "response.created" else text(event)]


class SendsAWord(Replaces):
    """Sends a word that is no JSON."""

    right = finding("JSON")
    words = "ok"


class SendsAPageOfHtml(Replaces):
    """Sends the page of a proxy."""

    right = finding("JSON")
    words = "<html><h1>502 Bad Gateway</h1></script><script>alert(1)</script></html>"


class SendsAnArray(Replaces):
    """Sends events as an array."""

    right = finding("object")
    words = '[{"type":"response.created"}]'


class SendsNull(Replaces):
    """Sends null."""

    right = finding("object")
    words = "null"


class NestsAHundredThousandLevels(Replaces):
    """Sends JSON that is 100,000 levels deep."""

    right = finding("deep|nested|levels")
    words = '{"type":"response.created","response":' + "[" * 100_000 + "]" * 100_000 + "}"


class NestsNineHundredLevels(Replaces):
    """Sends JSON that is 900 levels deep."""

    right = finding("deep|nested|levels")
    words = '{"type":"response.created","response":' + '{"a":' * 900 + "1" + "}" * 900 + "}"


class NeverClosesItsBrackets(Replaces):
    """Sends 200 KB of opening brackets."""

    right = finding("JSON|deep|nested|levels")
    words = "[" * 200_000


class NamesAMemberTwice(Relay):
    """Gives each event a second type, so that two readers read two events."""

    right = either("twice|duplicate|session.created")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        words = json.dumps(event, ensure_ascii=False)
        return [frame(TEXT, (words[:-1] + ',"type":"error"}').encode())]


class CountsInFourHundredDigits(Relay):
    """Gives a token count of 400 digits."""

    right = finding("usage|token|number|digits")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [text(_usage(event, lambda usage: usage.update(output_tokens=10**400 - 1)))]


class CountsInTenThousandDigits(Relay):
    """Gives a token count of 10,000 digits, more than Python reads."""

    right = finding("usage|token|number|digits|JSON")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [_digits(event) if event["type"] == "response.done" else text(event)]


def _digits(event: dict[str, Any]) -> bytes:
    words = json.dumps(_usage(event, lambda usage: usage.update(output_tokens="MANY")))
    return frame(TEXT, words.replace('"MANY"', "9" * 10_000).encode())


class CountsInTinyFractions(Relay):
    """Gives a token count of 1e-999 and one of 1e999."""

    right = finding("usage|token|number")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        words = json.dumps(_usage(event, lambda usage: usage.update(output_tokens="TINY", input_tokens="VAST")))
        return [frame(TEXT, words.replace('"TINY"', "1e-999").replace('"VAST"', "1e999").encode())]


class CountsInWords(Relay):
    """Gives its token counts as text."""

    right = finding("usage|token")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [text(_usage(event, lambda usage: usage.update({key: str(usage[key]) for key in usage})))]


class CountsWithoutNumbers(Relay):
    """Gives NaN and Infinity for token counts, which JSON does not have."""

    right = finding("NaN|Infinity|JSON|number")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        nan, inf = float("nan"), float("-inf")
        return [text(_usage(event, lambda usage: usage.update(output_tokens=nan, input_tokens=inf)))]


class SendsHalfCharacters(Relay):
    """Sends lone surrogates, in words and in the session's id."""

    right = finding("surrogate")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        if isinstance(event.get("session"), dict):
            event["session"]["id"] = "sess_\ud800\udfff\ud83d"
        if "delta" in event:
            event["delta"] = "\udc00"
        return [frame(TEXT, json.dumps(event).encode())]


class SendsNul(Relay):
    """Sends NUL in its words, escaped, which it may."""

    right = harmless("")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [text({**event, "note": "a\0b"})]


class EndsTheScript(Relay):
    """Puts markup into every event that would end a script, a comment or a table."""

    right = harmless("")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [text({**event, "note": "</script><script>alert(1)</script><!-- ]]> --><td onload='x'>{{7*7}}"})]


class DrivesTheTerminal(Relay):
    """Refuses everything with an error that clears the screen, sets its title and rings the bell."""

    right = finding("", seconds=PATIENT)
    holds = ("connection/Sanity", "session/FirstUpdate", "responses/Typed")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        if event["type"] in {"session.created", "error"}:
            return [text(event)]
        said = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202egnirts\u2028"
        about = {"type": "server_error", "code": said, "message": said, "param": said}
        return [text({"event_id": event["event_id"], "type": "error", "error": about})]


class EmptiesItsMembers(Relay):
    """Sends null for every member but the type."""

    right = finding("")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [text({key: value if key == "type" else None for key, value in event.items()})]


class MixesItsTypes(Relay):
    """Sends a list for every object, an object for every list, and a number for every text but the type."""

    right = finding("")

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        other = {str: 7, dict: [[]], list: {"0": {}}, int: "7", float: "7", bool: None}
        return [text({key: value if key == "type" else other.get(type(value)) for key, value in event.items()})]
