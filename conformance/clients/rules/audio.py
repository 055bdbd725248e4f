"""What a client sends as audio: its coding, what it is declared to be, its pace, and what can be heard in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from statistics import median

from conformance.clients import hearing
from conformance.clients.rules.base import Finding, rule
from conformance.clients.view import Played, Session
from conformance.wire.gaps import Elided, Unshown

NONE = "sent no audio"
APPEND = "input_audio_buffer.append"
FRAME_BYTES = 262_144
"""A longer frame was met by 1009 on a sibling of the same path (F8)."""
BYTES_PER_SECOND = 2_560_000
"""More was met by 1007 there (F8)."""
SHORTEST_MS, FEW = 10.0, 20
HEARD = 10  # seconds of a session that are listened to
ENOUGH = 1.0  # seconds that say something about the whole
OTHER_RATES = (22_050, 24_000, 44_100, 48_000)
CLOSE = 0.03
"""How near a pace must be to that of another rate to be taken for it."""
PATIENCE_MS = 3000
"""The longest silence that ends a turn by default is 800 ms; RT's samples stream two seconds of it."""
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def _pcm(session: Session) -> tuple[bytes, int]:
    """The first seconds of a session's audio with its rate; what is no PCM is left out."""
    audio = session.audio
    if not audio or session.format(audio[0][0].index) != "pcm" or audio[0][1][:4] == b"RIFF":
        return b"", 16_000
    rate = session.rate(audio[0][0].index)
    return b"".join(data for _, data in audio)[: 2 * rate * HEARD], rate


def _long(session: Session) -> tuple[bytes, int] | None:
    pcm, rate = _pcm(session)
    return (pcm, rate) if len(pcm) >= 2 * rate * ENOUGH else None


@rule("CLI-030", NONE)
def payloads_are_base64(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        for frame in session.said(APPEND):
            text = frame.event.get("audio")
            if isinstance(text, str):
                left_out = isinstance(text, Elided)  # only what was Base64 is
                good = left_out or (len(text) % 4 == 0 and _BASE64.fullmatch(text))
                yield None if good else session.told(frame, "an append's payload is not standard Base64 in one line")


@rule("CLI-031", NONE)
def samples_are_whole(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        for frame, data in session.audio:
            yield session.told(frame, f"an append of {len(data)} bytes ends within a sample") if len(data) % 2 else None


@rule("CLI-032", NONE)
def pcm_has_no_header(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        for frame, data in session.audio:
            header = data[:4] == b"RIFF" and session.format(frame.index) == "pcm"
            yield session.told(frame, "a WAV header stands in audio that is declared as PCM") if header else None


@rule("CLI-033", "sent no second of audio")
def the_rate_is_the_declared_one(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        found = _long(session)
        if found is None:
            continue
        pcm, rate = found
        real = _pace(session, rate)
        deep = hearing.pitch(hearing.samples(pcm), rate)
        if real is not None:
            yield session.told(
                session.audio[0][0], f"streams {real} samples a second of audio that is declared to have {rate}"
            )
        elif deep is not None and deep < hearing.DEEP:
            yield session.told(
                session.audio[0][0],
                f"its audio, declared to have {rate} Hz, has a voice of {deep:.0f} Hz: it was taken at a higher rate",
            )
        else:
            yield None


def _pace(session: Session, rate: int) -> int | None:
    """The rate at which a regular stream goes, when it is a usual one and not the declared one."""
    audio = session.audio
    if len(audio) < FEW:
        return None
    each = median(later.at - earlier.at for (earlier, _), (later, _) in pairwise(audio))
    size = median(len(data) for _, data in audio)
    seconds = (audio[-1][0].at - audio[0][0].at) / 1000
    if each <= 0 or seconds < ENOUGH:
        return None
    whole = sum(len(data) for _, data in audio[:-1]) / 2 / seconds
    for other in OTHER_RATES:
        # Packets are a whole number of ms of what they were made from; 100 ms at 16 kHz sent in haste are not.
        made = (size / 2 * 1000 / other) % 1 < 1e-6
        if other > rate and made and all(abs(pace / other - 1) < CLOSE for pace in (whole, size / 2 * 1000 / each)):
            return other
    return None


@rule("CLI-034", "sent no second of audio")
def bytes_are_in_order(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        if (found := _long(session)) is not None:
            yield (
                session.told(
                    session.audio[0][0],
                    "its audio is noise, and sound with the bytes of each sample swapped: it is big-endian",
                )
                if hearing.swapped(hearing.samples(found[0]))
                else None
            )


@rule("CLI-035", "sent no second of audio")
def there_is_something_to_hear(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        if (found := _long(session)) is not None:
            yield (
                session.told(session.audio[0][0], "its audio is silence throughout")
                if hearing.silent(hearing.samples(found[0]))
                else None
            )


@rule("CLI-036", "sent no second of audio")
def nothing_is_clipped(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        if (found := _long(session)) is not None:
            share = hearing.clipped(hearing.samples(found[0]))
            yield (
                session.told(session.audio[0][0], f"{share:.0%} of its samples are clipped")
                if share > hearing.CLIPPED
                else None
            )


@rule("CLI-037", NONE)
def frames_are_short(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        for frame in session.said(APPEND):
            if isinstance(frame.event.get("audio"), Elided):
                raise Unshown("audio")
            size = len(frame.text or "")
            yield session.told(frame, f"an append has {size} bytes") if size > FRAME_BYTES else None


@rule("CLI-038", NONE)
def audio_does_not_flood(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        sizes = [(frame.at, len(data)) for frame, data in session.audio]
        start = held = most = 0
        for at, size in sizes:
            held += size
            while at - sizes[start][0] >= 1000:
                held -= sizes[start][1]
                start += 1
            most = max(most, held)
        if sizes:
            yield f"sends {most / 1e6:.1f} MB of audio in a second" if most > BYTES_PER_SECOND else None


@rule("CLI-039", "left no detected speech without an end")
def silence_follows_speech(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        started = session.heard("input_audio_buffer.speech_started")
        if not started:
            continue
        last = started[-1]
        ended = session.next(last, "input_audio_buffer.speech_stopped", "input_audio_buffer.committed")
        if ended is not None:
            yield None
            continue
        audio = [frame for frame in session.said(APPEND) if frame.index > last.index]
        since = audio[-1].at if audio else last.at
        waited = session.frames[-1].at - since
        said = f"sent nothing more in the {waited / 1000:.1f} s after its last word: no silence, so no end of the turn"
        yield session.told((audio or [last])[-1], said) if waited > PATIENCE_MS else None


@rule("CLI-040", "committed nothing by hand")
def commits_have_audio(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        held = 0
        for frame in session.sent:
            if frame.type == APPEND:
                held += len(str(frame.event.get("audio") or ""))
            elif frame.type == "input_audio_buffer.clear":
                held = 0
            elif frame.type == "input_audio_buffer.commit" and session.manual(frame.index):
                yield None if held else session.told(frame, "commits without any audio since the last commit")
                held = 0


@rule("CLI-041", "committed nothing")
def turns_end_one_way(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        for frame in session.said("input_audio_buffer.commit"):
            yield (
                None
                if session.manual(frame.index)
                else session.told(frame, "commits by hand while the server detects turns")
            )


@rule("CLI-042", "sent little audio")
def packets_are_not_tiny(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        audio = session.audio
        if len(audio) >= FEW:
            ms = median(len(data) for _, data in audio) / 2 * 1000 / session.rate(audio[0][0].index)
            yield session.told(audio[0][0], f"its packets hold {ms:.1f} ms each") if ms < SHORTEST_MS else None


@rule("CLI-048", "sent no audio in a manual session")
def audio_is_not_left_behind(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        if session.always_manual and session.by_client:
            held = False
            for frame in session.sent:
                if frame.type == APPEND:
                    held = True
                elif frame.type in {"input_audio_buffer.commit", "input_audio_buffer.clear"}:
                    held = False
            yield session.told(session.said(APPEND)[-1], "leaves with audio that it never committed") if held else None
