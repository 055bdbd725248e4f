"""What a session survives: who ended the connection and why, and whether an error is really the end."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from conformance.judge import schema
from conformance.judge.evidence import Evidence
from conformance.judge.evidence.excused import exempt
from conformance.judge.evidence.frames import decoded, is_client_data, is_odd, size
from conformance.judge.evidence.requests import BACKEND, THROTTLED, Request, message
from conformance.judge.evidence.waiting import lost, waited_out
from conformance.judge.finding import Breach
from conformance.judge.rules.base import body, objects, rule
from conformance.spec import requests as excuses
from conformance.spec.profiles import SPOKEN_ONLY
from conformance.spec.requests import Excuse
from conformance.wire.gaps import Elided
from conformance.wire.transcript import Frame

# Words of errors and close reasons that are documented or seen as ends: E6, E7, E9, E10 and E14 to E17.
FATAL = (
    *BACKEND,
    *THROTTLED,
    "server_error",
    "common_error",
    "response_idle_timeout",
    "no response was generated",
    "too many audios",
    "invalidparameter",
    "good standing",
    "quota",
    "free tier",
)
SESSION_LIMIT_MS = 29 * 60 * 1000  # the shortest documented limit is 30 minutes
LARGE = 200 * 1024  # characters of a message from which on its size may be what is refused (C36)
MOST_A_SECOND = 500_000  # characters: a fifth of what was seen to end a session of a sibling (F8)
LONGEST_SIDE = 1920  # pixels
_SIZE = re.compile(rb"\xff[\xc0-\xc2]..\x08(..)(..)", re.DOTALL)  # height and width in a JPEG's frame header
IDLE_MS = 150 * 1000  # the shortest idle limit of the family is 180 s


@rule("GEN-001", "a connection that was upgraded")
def connection_stays_open(wire: Evidence) -> Iterator[Breach | None]:
    """The server ends no connection that the client has not begun to end."""
    ending = wire.ending
    if ending.first != "server":
        yield None
        return
    if not wire.excused(excuse(wire)) and not _refused_last(wire):
        said = f"closed with {ending.code_received} {ending.reason_received!r}" if ending.code_received else ending.tcp
        after = _recent(wire)
        last = f" after {after[-1].type or 'a malformed frame'}" if after else ""
        yield Breach(wire.last("close", "server") or wire.last(), f"the server ended the connection ({said}){last}")
    elif not lost(wire):
        yield None


def _refused_last(wire: Evidence) -> bool:
    """Whether an error is the last thing that was said: which errors end a session is open (C31), and GEN-019's."""
    return wire.received[-1:] != [] and wire.received[-1].type == "error"


def excuse(wire: Evidence) -> Excuse | None:
    """What may have ended the connection rightly, or None."""
    frames, ending = wire.frames, wire.ending
    if not wire.received and not any(is_client_data(frame) for frame in frames):
        return excuses.NEVER_BEGAN
    said = ending.reason_received.lower()
    if any(word in said for word in FATAL):
        return excuses.DOCUMENTED_END
    if frames and frames[-1].at - frames[0].at >= SESSION_LIMIT_MS:
        return excuses.SESSION_LIMIT
    if frames and _idle(wire) >= IDLE_MS:
        return excuses.IDLE
    if any(frame.type == "session.finish" for frame in frames if is_client_data(frame)):
        return excuses.FINISH
    if any(_odd_voice(wire, frame) for frame in frames):
        return excuses.VOICE
    if _lacks_voice(wire):
        return excuses.VOICE_OF_GREETING
    return next((why for why in (provocation(wire, frame) for frame in _recent(wire)) if why), None)


def _idle(wire: Evidence) -> float:
    """Time (ms) between the last event of a response and the end."""
    last = [frame.at for frame in wire.received if str(frame.type).startswith("response.")]
    return wire.frames[-1].at - (last[-1] if last else wire.frames[0].at)


def _odd_voice(wire: Evidence, frame: Frame) -> bool:
    if not is_client_data(frame) or not isinstance(frame.event, dict) or frame.type != "session.update":
        return False
    session = body(frame.event, "session")
    nested = body(body(session, "audio"), "output")
    chosen = [part["voice"] for part in (session, nested) if part.get("voice") is not None]
    return any(wire.profile.knows_voice(str(voice)) is not True for voice in chosen)


def _lacks_voice(wire: Evidence) -> bool:
    """Whether the model wants its voice named, and no update has named one."""
    return wire.profile.named_voice is not None and not any(_names_a_voice(frame) for frame in wire.frames)


def _names_a_voice(frame: Frame) -> bool:
    if not is_client_data(frame) or frame.type != "session.update":
        return False
    session = body(frame.event, "session")
    return bool(session.get("voice") or body(body(session, "audio"), "output").get("voice"))


def _recent(wire: Evidence) -> list[Frame]:
    """What may have provoked the end."""
    return _suspects(wire, len(wire.frames))


def _suspects(wire: Evidence, index: int) -> list[Frame]:
    """What a refusal at `index` may be about: what was sent since the last answer, the frame before it, and what waits.

    An error is not such an answer: it may be the first half of the refusal.
    """
    settled = wire.settled
    last = max((frame.index for frame in wire.received if frame.index < index and frame.type != "error"), default=-1)
    data = [frame for frame in wire.frames[:index] if is_client_data(frame)]
    before = [frame for frame in data if frame.index < last][-1:]
    waited = [sent for at, meant in settled.meant.items() if last < at <= index for sent in meant]
    waited += settled.left if index == len(wire.frames) else []
    return before + waited + [frame for frame in data if frame.index > last]


class _Suspects:
    """Whether a refusal may be about something that provokes, for every error of a connection (see `_suspects`)."""

    def __init__(self, wire: Evidence) -> None:
        def odd(frame: Frame) -> bool:
            return bool(provocation(wire, frame) or _odd_voice(wire, frame))

        data = wire.data if wire.of("error") else []
        provoking = {frame.index for frame in data if odd(frame)}
        self._data = [frame.index for frame in data]
        self._sums = [0, *accumulate(index in provoking for index in self._data)]
        meant = sorted(wire.settled.meant.items())
        self._meant = [at for at, _ in meant]
        self._odd = [0, *accumulate(any(sent.index in provoking for sent in sents) for _, sents in meant)]
        self._answers = [frame.index for frame in wire.received if frame.type != "error"]

    def provoke(self, index: int) -> bool:
        """Whether one of those that a refusal at `index` (not the end) may be about is such."""
        place = bisect_left(self._answers, index)
        last = self._answers[place - 1] if place else -1
        first = max(0, bisect_left(self._data, last) - 1)
        if self._sums[bisect_left(self._data, index)] > self._sums[first]:
            return True
        return self._odd[bisect_right(self._meant, index)] > self._odd[bisect_right(self._meant, last)]


def provocation(wire: Evidence, frame: Frame) -> Excuse | None:
    """What leaves open what this client frame does to the connection, or None."""
    if frame.opcode == "binary" or frame.text is None:
        return excuses.BINARY
    if _length(frame) > LARGE:
        return excuses.LARGE
    if frame.index in wire.fold(_untimely):
        return excuses.UNTIMELY
    event = frame.event
    if not isinstance(event, dict) or frame.type not in schema.client_types() or not schema.is_valid("client", event):
        return excuses.MALFORMED
    if frame.type == "input_audio_buffer.append" and is_odd(event["audio"]):
        return excuses.ODD_AUDIO
    if frame.type == "input_image_buffer.append":
        if isinstance(event["image"], Elided):
            return excuses.LEFT_OUT
        image = decoded(event["image"])
        if image is None or not (image.startswith(b"\xff\xd8") and image.rstrip(b"\0").endswith(b"\xff\xd9")):
            return excuses.MALFORMED
        size = _SIZE.search(image)
        if size and max(int.from_bytes(side) for side in size.groups()) > LONGEST_SIDE:
            return excuses.LARGE_IMAGE
    if frame.type == "input_audio_buffer.commit" and wire.moments[frame.index].turns != "manual":
        return excuses.COMMIT_IN_VAD
    return None


def _untimely(evidence: Evidence) -> set[int]:
    """Indexes of the client's messages that came before the greeting, or of which too much came within a second.

    Audio as the very first message may have been sent before the greeting was read.
    """
    found: set[int] = set()
    recent: deque[Frame] = deque()
    together, greeted, first = 0, False, True
    for frame in evidence.frames:
        greeted = greeted or (frame.side == "server" and frame.type == "session.created")
        if not is_client_data(frame):
            continue
        recent.append(frame)
        together += _length(frame)
        while frame.at - recent[0].at > 1000:
            together -= _length(recent.popleft())
        early = not greeted or (first and frame.type == "input_audio_buffer.append")
        first = False
        if early or together > MOST_A_SECOND:
            found.add(frame.index)
    return found


def _length(frame: Frame) -> int:
    """Characters of a message as it crossed; Base64 that the transcript left out is counted."""
    text = frame.text or ""
    audio = frame.event.get("audio") if frame.gap == "audio" and isinstance(frame.event, dict) else None
    return len(text) + (size(audio) or 0) * 4 // 3 if isinstance(audio, Elided) else len(text)


@rule("GEN-019", "an error that is not documented as fatal, followed by a request")
def errors_are_survived(wire: Evidence) -> Iterator[Breach | None]:
    """After an error that need not be the end the next request is answered."""
    asked = [request for request in wire.requests if not request.moment.active]
    free = [request.frame.index for request in asked]
    suspects = _Suspects(wire)
    for frame in wire.of("error"):
        if any(word in message(frame) for word in FATAL):
            continue
        if suspects.provoke(frame.index):
            continue
        place = bisect_right(free, frame.index)
        if place == len(free):
            if wire.ending.first == "server" and not _spoke_after(wire, frame) and excuse(wire) is None:
                yield Breach(frame, f"the connection ended after the error {message(frame)!r}")
            continue
        request = asked[place]
        if not request.open:
            yield None
        elif (
            waited_out(wire, request)
            and request.type not in {"response.create", "conversation.item.create"}
            and not wire.excused(exempt(request, wire))
        ):
            said = f"after the error {message(frame)!r} the next {request.called} was not answered"
            yield Breach(request.frame, said)


def _spoke_after(wire: Evidence, frame: Frame) -> bool:
    return any(is_client_data(other) for other in wire.frames[frame.index :])


# Fields that every family takes, by all sources.
KNOWN_FIELDS = frozenset(
    {
        "modalities",
        "instructions",
        "turn_detection",
        "input_audio_transcription",
        "temperature",
        "max_tokens",
        "input_audio_format",
        "output_audio_format",
    }
)


@rule("GEN-020", "requests without a mistake")
def no_error_without_mistake(wire: Evidence) -> Iterator[Breach | None]:
    """No error comes while the client has made no mistake."""
    then = wire.moments
    last: Frame | None = None
    for frame in wire.frames:
        if is_client_data(frame):
            if not _blameless(wire, frame):
                return
            last = frame
        elif frame.side == "server" and frame.type == "error":
            writes_item = last is not None and last.type == "conversation.item.create"
            spared = any(word in message(frame) for word in (*THROTTLED, "response timeout", "connect call failed"))
            idle = "idle_timeout" in message(frame) or then[frame.index].active
            refusal = frame.index in wire.settled.named  # of a request that it names, whose own clauses judge it
            if not (writes_item or spared or idle or refusal):
                after = last.type if last else "nothing"
                yield Breach(frame, f"an error came unprovoked after {after}: {message(frame)!r}")
        elif frame.side == "server" and last is not None and frame.type is not None:
            yield None


def _blameless(wire: Evidence, frame: Frame) -> bool:
    """Whether a client frame is surely no mistake, by what all sources agree on."""
    if provocation(wire, frame) is not None or _repeats_an_id(wire, frame):
        return False
    moment = wire.moments[frame.index]
    match frame.type:
        case "session.update":
            given = "session" in frame.event  # whether it may be left out is open (U5)
            return given and not moment.active and moment.audio_ms == 0 and _plain(wire, body(frame.event, "session"))
        case "input_audio_buffer.append" | "input_audio_buffer.clear":
            return True
        case "input_audio_buffer.commit":
            return moment.buffer_ms >= 1000 and not moment.active and not _lacks_voice(wire)
        case "conversation.item.create":
            item = body(frame.event, "item")
            typed = all(part.get("type") == "input_text" for part in objects(item.get("content")))
            return item.get("type") == "message" and item.get("role") == "user" and typed
        case "response.create":
            typed = moment.turns == "manual" or moment.audio_ms == 0
            if (moment.audio_ms == 0 and wire.profile.family in SPOKEN_ONLY) or _lacks_voice(wire):
                return False
            free = not moment.active and not _asked_already(wire, frame)
            return typed and free and moment.items > 0 and not body(frame.event, "response")
    return False


def _repeats_an_id(wire: Evidence, frame: Frame) -> bool:
    """Whether the client has used this frame's `event_id` before; what becomes of that is open (Q-CLIENT-EVENT-ID)."""
    return frame.index in wire.fold(_repeated)


def _repeated(evidence: Evidence) -> set[int]:
    """Indexes of the client frames whose `event_id` an earlier one had."""
    seen: list[object] = []
    known: set[object] = set()
    found: set[int] = set()
    for frame in evidence.frames:
        given = frame.event.get("event_id") if is_client_data(frame) and isinstance(frame.event, dict) else None
        if given is None:
            continue
        if not isinstance(given, str):  # of whatever kind: such ids are few
            if given in seen:
                found.add(frame.index)
            seen.append(given)
            continue
        if given in known:
            found.add(frame.index)
        known.add(given)
    return found


def _asked_already(wire: Evidence, frame: Frame) -> bool:
    """Whether an earlier `response.create` has no answer yet."""
    return frame.index in wire.fold(_asked_twice)


def _asked_twice(evidence: Evidence) -> set[int]:
    """Indexes of the `response.create` that were sent while an earlier one had no answer yet."""
    waiting: list[Request] = []
    found: set[int] = set()
    for request in (asked for asked in evidence.requests if asked.type == "response.create"):
        waiting = [earlier for earlier in waiting if earlier.unanswered_at(request.frame.index)]
        if waiting:
            found.add(request.frame.index)
        waiting.append(request)
    return found


def _plain(wire: Evidence, session: dict[str, Any]) -> bool:
    """Whether an update holds nothing but what every family takes, by all sources."""
    detection = session.get("turn_detection") or {"type": "server_vad"}
    detects = {"type", "threshold", "silence_duration_ms", "prefix_padding_ms"}
    transcription = session.get("input_audio_transcription", {"model": None})
    formats = {session.get("input_audio_format", "pcm"), session.get("output_audio_format", "pcm")}
    return (
        set(session) <= KNOWN_FIELDS
        and all(value is not None for name, value in session.items() if name != "turn_detection")
        and set(detection) <= detects
        and detection.get("type") == "server_vad"
        and transcription in ({"model": None}, {"model": "qwen3-asr-flash-realtime"})
        and formats <= {"pcm", "pcm16"}
        and "text" in session.get("modalities", ["text"])
        and session.get("max_tokens", 1) <= (wire.profile.max_tokens_limit or 2048)
        and ("temperature" not in session or wire.profile.family != "turbo")
    )
