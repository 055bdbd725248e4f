"""How a client configures its session."""

from __future__ import annotations

import json
from collections.abc import Iterator

from conformance.clients.rules.base import Finding, rule
from conformance.clients.view import Played, Session, body
from conformance.wire.transcript import Frame

FORMATS = (
    ("input_audio_format",),
    ("output_audio_format",),
    ("audio", "input", "format"),
    ("audio", "output", "format"),
)


def refused(session: Session, update: Frame) -> bool:
    """Whether an update was answered by an error: nothing else of the client's stood between the two."""
    answer = session.next(update, "session.updated", "error")
    if answer is None or answer.type != "error":
        return False
    between = session.frames[update.index + 1 : answer.index]
    return not any(frame.side == "client" and frame.type is not None for frame in between)


@rule("CLI-020", "asked for no response after an update")
def updates_are_awaited(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        for update in session.said("session.update"):
            create = session.next(update, "response.create")
            if create is not None:
                answer = session.next(update, "session.updated", "error")
                early = answer is None or answer.index > create.index
                yield (
                    session.told(create, "sent response.create before its session.update was answered")
                    if early
                    else None
                )


@rule("CLI-021", "had no update refused")
def refused_updates_are_not_repeated(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        before: dict[str, int] = {}
        for update in session.said("session.update"):
            if refused(session, update):
                same = json.dumps(update.event.get("session"), sort_keys=True)
                before[same] = before.get(same, 0) + 1
                yield session.told(update, "sent the same refused session.update again") if before[same] == 2 else None


@rule("CLI-022", "configured nothing once audio was sent")
def formats_stay(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        audio = session.said("input_audio_buffer.append")
        first = audio[0].index if audio else len(session.frames)
        before = [frame for frame in session.said("session.update") if frame.index < first]
        for update in session.said("session.update"):
            if update.index < first:
                continue
            changed = [path for path in FORMATS if _changes(before, session, update, path)]
            yield session.told(update, f"changes `{'.'.join(changed[0])}` after its first audio") if changed else None


def _changes(before: list[Frame], session: Session, update: Frame, path: tuple[str, ...]) -> bool:
    """Whether an update gives a format another value than was given or shown before."""
    given = body(update.event, "session", *path[:-1]).get(path[-1])
    if given is None:
        return False
    known = [body(frame.event, "session", *path[:-1]).get(path[-1]) for frame in before]
    known.append(body(session.settings(update.index), *path[:-1]).get(path[-1]))
    named = [value for value in known if value is not None]
    return bool(named) and given not in named


@rule("CLI-023", "named no voice once audio had come")
def the_voice_stays(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        spoken = session.heard("response.audio.delta")
        for update in session.said("session.update"):
            voice = body(update.event, "session").get("voice")
            if isinstance(voice, str) and spoken and spoken[0].index < update.index:
                yield (
                    session.told(update, "changes the voice after the model has spoken")
                    if voice != session.settings(update.index).get("voice")
                    else None
                )


@rule("CLI-024", "gave no audio format")
def formats_are_given_once(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        for update in session.said("session.update"):
            given = body(update.event, "session")
            flat = {name for name in ("input_audio_format", "output_audio_format") if name in given}
            nested = [side for side in ("input", "output") if "format" in body(given, "audio", side)]
            if flat or nested:
                yield session.told(update, "gives audio formats both flat and nested") if flat and nested else None
