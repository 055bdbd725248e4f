"""The sides of the open questions that the mock can take.

One switch per question that has a default for the mock (`mock = true` in `questions.toml`) and is not named below: its
name is the question's id in lower case without "q-", its values are the outcomes.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from conformance.mock.options import OptionError, nearest
from conformance.spec.catalogue import questions

# What has no switch, and why: questions that no probe can answer, and one outcome that follows from another.
NOT_SWITCHABLE: Mapping[str, str] = {
    "finish-error=not-refused": "follows from finish = finished, cannot be chosen by itself",
    "hosts": "the mock has one address",
    "account-refused": "the mock has no accounts; a key that holds `invalid` is refused",
    "temporary-key": "the mock's keys do not expire",
    "throttle": "the mock takes as many sessions as come",
    "commit-maximum": "no limit was ever seen; `Limits.message_bytes` bounds a message",
    "semantic-vad": "the mock hears loudness, not meaning",
    "history-overflow": "old turns are dropped silently; `Limits.audio_items` gives the error and the close instead",
    "content-safety": "the mock's answers are harmless",
    "text-with-audio-billed": "shows on an invoice only",
    "noise-billed": "follows from silence-billed",
    "idle-silence-billed": "follows from silence-billed",
    "loud-noise-billed": "follows from silence-billed",
    "silence-alone-billed": "follows from silence-billed",
    "unused-image-billed": "shows on an invoice only",
    "padding-billed": "`MockOptions.silence_billing` chooses it",
    "finished-status": "follows from finish and close-status",
    "finished-drop-status": "follows from finish and close-status",
    "fin-status": "follows from close-status",
    "rst-status": "follows from close-status",
    "finish-audio": "follows from finish",
    "finish-audio-mode": "follows from finish",
    "finish-mid-utterance": "follows from finish",
    "finish-unanswered": "follows from finish",
    "finish-twice": "follows from finish",
    "event-after-finish": "follows from finish and finish-socket",
    "finish-after-cancel": "follows from finish",
    "image-token-key": "the mock tells images apart under one name",
    "long-instructions": "the mock has no limit on text but that of a message",
    "half-close": "the socket layer ends TCP when the client does",
    "empty-session-status=cancelled": "follows from close-status = cancelled",
    "empty-session-status=in-progress": "follows from close-status = pending-until-finish",
    "session-length": "`Limits.session_seconds` and `Limits.session_close_code` choose it",
    "limit-close-codes": "the mock has no context limit and does not restart",
    "server-close-waits": "the socket layer waits a second for the client's close frame",
}


@functools.cache
def known() -> Mapping[str, tuple[str, ...]]:
    """Return every switch with its values, the default first."""
    found: dict[str, tuple[str, ...]] = {}
    for row in questions().values():
        default = [outcome.id for outcome in row.outcomes if outcome.mock]
        name = row.id.lower().removeprefix("q-")
        if default and name not in NOT_SWITCHABLE:
            found[name] = (*default, *(outcome.id for outcome in row.outcomes if not outcome.mock))
    return found


class Switches:
    """The switches of one mock; `switches["finish"]` is the value in force."""

    def __init__(self, chosen: Mapping[str, str] | None = None) -> None:
        self._chosen = dict(chosen or {})
        for name, value in self._chosen.items():
            if name not in known():
                raise OptionError(f"no switch {name!r}; {nearest(name, known())}")
            if value not in known()[name]:
                raise OptionError(f"switch {name!r} has no value {value!r}; {nearest(value, known()[name])}")

    def __getitem__(self, name: str) -> str:
        chosen = self._chosen.get(name)
        return known()[name][0] if chosen is None else chosen

    def chosen(self, name: str) -> str | None:
        """Return the value that was asked for, None when the default stands."""
        return self._chosen.get(name)
