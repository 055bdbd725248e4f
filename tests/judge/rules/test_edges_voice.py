"""GEN-048 to GEN-055: speech, its end, its clock and its transcription; both sides of each number and condition."""

from __future__ import annotations

from dataclasses import replace

from support.edges import LEAVE, Edge, each, edge
from support.talks import (
    SESSION,
    TRANSCRIPTION,
    Line,
    audio,
    audio_reply,
    c,
    greeting_update,
    heard,
    manual,
    message,
    preview,
    s,
    speech,
    waited,
)

CLEAR, CLEARED = "C input_audio_buffer.clear", "S input_audio_buffer.cleared"
COMMIT = "C input_audio_buffer.commit"
LISTENED = [*audio(2500), *audio(2500, loud=False)]
TURN = [*LISTENED, *speech(end=2500)]
FAILED = s(TRANSCRIPTION + "failed", item_id="item_speech", content_index=0, error={})
UPDATE = greeting_update(modalities=["text"])


def started(ms: object = 0, item: str = "a") -> Line:
    return s("input_audio_buffer.speech_started", audio_start_ms=ms, item_id=item)


def stopped(ms: object = 1000, item: str = "a") -> Line:
    return s("input_audio_buffer.speech_stopped", audio_end_ms=ms, item_id=item)


def vad(**detection: object) -> list[Line]:
    return greeting_update(turn_detection={"type": "server_vad", **detection})


def greeted(threshold: object) -> Line:
    """A greeting with this threshold: once the client asks for one, who decides the turns is unsure for a while."""
    return s("session.created", session={**SESSION, "turn_detection": {"type": "server_vad", "threshold": threshold}})


def quiet(ms: int) -> list[Line]:
    return audio(ms, loud=False)


AGE = 10 + 1 + 5000 + 5  # ms of a session: ten packets, a start, a wait, and the handshake
SEMANTIC = greeting_update(turn_detection={"type": "semantic_vad"})

ASKED = c("session.update", session={"turn_detection": {"type": "server_vad", "threshold": 0.51}})
UNSHOWN = [ASKED, s("session.updated", session={**SESSION, "turn_detection": {"type": "server_vad"}})]
MISSHOWN = [ASKED, s("session.updated", session=SESSION)]

EDGES = [
    # announced
    edge("GEN-049", "fail", "2.0 s of speech", audio(2000), LEAVE),
    edge("GEN-049", "skipped", "1.9 s of speech", audio(1900), LEAVE),
    edge("GEN-049", "skipped", "nobody waited", audio(2000)),
    edge("GEN-049", "pass", "announced", audio(2000), started(), LEAVE),
    edge("GEN-049", "fail", "announced too late", audio(2000), waited(CLEAR), CLEARED, started()),
    edge("GEN-049", "skipped", "loud, but no speech", audio(2000, label="noise"), LEAVE),
    edge("GEN-049", "skipped", "silence", audio(2000, loud=False, label="speech"), LEAVE),
    edge("GEN-049", "fail", "a threshold of 0.5", greeted(0.5), audio(2000), LEAVE, greeting=False),
    edge("GEN-049", "skipped", "a threshold of 0.51", greeted(0.51), audio(2000), LEAVE, greeting=False),
    edge("GEN-049", "fail", "a whole number as threshold", greeted(0), audio(2000), LEAVE, greeting=False),
    edge("GEN-049", "skipped", "a threshold that is none", greeted("low"), audio(2000), LEAVE, greeting=False),
    edge("GEN-049", "fail", "a threshold of 0.5 that was asked", vad(threshold=0.5), audio(2000), LEAVE),
    edge("GEN-049", "skipped", "a threshold of 0.51 that was asked", vad(threshold=0.51), audio(2000), LEAVE),
    edge("GEN-049", "skipped", "0.51 asked, and not shown", UNSHOWN, audio(2000), LEAVE),
    edge("GEN-049", "skipped", "0.51 asked, and shown otherwise", *MISSHOWN, audio(2000), LEAVE),
    edge("GEN-049", "fail", "0.51 asked after all was said", audio(2000), waited("C input_audio_buffer.clear"), CLEARED,
         vad(threshold=0.51), LEAVE),
    edge("GEN-049", "fail", "updated before", UPDATE, audio(2000), LEAVE),
    edge("GEN-049", "skipped", "the detection set while it is said", audio(1000), vad(threshold=0.5), audio(1000),
         LEAVE),
    edge("GEN-049", "fail", "the detection set between two turns", audio(1000), CLEAR, CLEARED, vad(threshold=0.5),
         audio(2000), LEAVE),
    edge("GEN-049", "skipped", "manual turns", manual(), audio(2000), LEAVE),
    edge("GEN-049", "skipped", "turns that were manual", manual(), vad(), audio(2000), LEAVE),
    edge("GEN-049", "skipped", "cleared between", audio(1000), CLEAR, CLEARED, audio(1900), LEAVE),
    edge("GEN-049", "fail", "silence between", audio(1000), quiet(500), audio(1000), LEAVE),
    edge("GEN-049", "fail", "a script broke off", audio(2000), stop="input_audio_buffer.speech_started"),
    edge("GEN-049", "inconclusive", "a script broke off early", audio(1900), stop="input_audio_buffer.speech_started"),
    edge("GEN-049", "fail", "a script broke off at 0.5", vad(threshold=0.5), audio(2000),
         stop="input_audio_buffer.speech_started"),
    edge("GEN-049", "inconclusive", "a script broke off at 0.51 that is not shown", UNSHOWN, audio(2000),
         stop="input_audio_buffer.speech_started"),
    edge("GEN-049", "inconclusive", "a script broke off at 0.51", vad(threshold=0.51), audio(2000),
         stop="input_audio_buffer.speech_started"),
    # ended: 1,200 ms past what was asked for, and never under 2 s
    edge("GEN-050", "fail", "2.0 s of silence", audio(500), started(), quiet(2000), LEAVE),
    edge("GEN-050", "skipped", "1.9 s of silence", audio(500), started(), quiet(1900), LEAVE),
    edge("GEN-050", "fail", "2.0 s where 200 ms are asked", vad(silence_duration_ms=200), audio(500), started(),
         quiet(2000), LEAVE),
    edge("GEN-050", "skipped", "1.9 s where 200 ms are asked", vad(silence_duration_ms=200), audio(500), started(),
         quiet(1900), LEAVE),
    edge("GEN-050", "fail", "4.2 s where 3 s are asked", vad(silence_duration_ms=3000), audio(500), started(),
         quiet(4200), LEAVE),
    edge("GEN-050", "skipped", "4.1 s where 3 s are asked", vad(silence_duration_ms=3000), audio(500), started(),
         quiet(4100), LEAVE),
    edge("GEN-050", "fail", "4.2 s where 3000.0 are asked", vad(silence_duration_ms=3000.0), audio(500), started(),
         quiet(4200), LEAVE),
    edge("GEN-050", "fail", "7.2 s where nonsense is asked", vad(silence_duration_ms="x"), audio(500), started(),
         quiet(7200), LEAVE),
    edge("GEN-050", "skipped", "7.1 s where nonsense is asked", vad(silence_duration_ms="x"), audio(500), started(),
         quiet(7100), LEAVE),
    edge("GEN-050", "pass", "ended", audio(500), started(), quiet(2000), stopped(), LEAVE),
    edge("GEN-050", "skipped", "nobody waited", audio(500), started(), quiet(2000)),
    edge("GEN-050", "skipped", "nothing was detected", audio(500), quiet(2000), LEAVE),
    edge("GEN-050", "skipped", "cleared", audio(500), started(), CLEAR, CLEARED, quiet(2000), LEAVE),
    edge("GEN-050", "skipped", "cleared before it was heard of", audio(500), CLEAR, started(), CLEARED, quiet(2000),
         LEAVE),
    edge("GEN-050", "skipped", "switched before it was heard of", audio(500), vad()[0], started(), vad()[1],
         quiet(2000), LEAVE),
    edge("GEN-050", "fail", "cleared before", CLEAR, CLEARED, audio(500), started(), quiet(2000), LEAVE),
    edge("GEN-050", "skipped", "switched", audio(500), started(), vad(), quiet(2000), LEAVE),
    edge("GEN-050", "fail", "updated otherwise", audio(500), started(), UPDATE, quiet(2000), LEAVE),
    edge("GEN-050", "skipped", "semantic turns", SEMANTIC, audio(500), started(), quiet(2000), LEAVE),
    edge("GEN-050", "skipped", "interrupted by sound", audio(500), started(), quiet(1900), audio(100), quiet(1900),
         LEAVE),
    edge("GEN-050", "pass", "a second speech", audio(500), started(), quiet(2000), stopped(), waited(CLEAR), CLEARED,
         audio(500), started(item="b"), LEAVE),
    edge("GEN-050", "fail", "a second speech without end", audio(500), started(), quiet(2000), stopped(), audio(500),
         started(3000, "b"), quiet(2000), LEAVE),
    edge("GEN-050", "fail", "a script broke off", audio(500), started(), quiet(2000),
         stop="input_audio_buffer.speech_stopped"),
    edge("GEN-050", "inconclusive", "a script broke off early", audio(500), started(), quiet(1900),
         stop="input_audio_buffer.speech_stopped"),
    edge("GEN-050", "inconclusive", "a script broke off after a clear", audio(500), started(), CLEAR, CLEARED,
         quiet(2000),
         stop="input_audio_buffer.speech_stopped"),
    edge("GEN-050", "inconclusive", "a script broke off after a switch", audio(500), started(), vad(), quiet(2000),
         stop="input_audio_buffer.speech_stopped"),
    # in turn
    edge("GEN-051", "pass", "a start and a stop", LISTENED, started(), stopped()),
    edge("GEN-051", "fail", "two starts", LISTENED, started(), started(item="b")),
    edge("GEN-051", "skipped", "what the client calls so", LISTENED, replace(started(), side="client")),
    edge("GEN-051", "pass", "a start that is repeated", LISTENED, started(), started()),
    edge("GEN-051", "fail", "two stops", LISTENED, started(), stopped(), stopped(item="b")),
    edge("GEN-051", "pass", "a stop that is repeated", LISTENED, started(), stopped(), stopped()),
    edge("GEN-051", "fail", "a stop of another", LISTENED, started(), stopped(item="b")),
    edge("GEN-051", "fail", "a stop alone", LISTENED, stopped()),
    edge("GEN-051", "pass", "a clear within speech, and a start", LISTENED, started(), CLEAR, CLEARED,
         started(item="b")),
    edge("GEN-051", "pass", "a clear within speech, and a stop", LISTENED, started(), CLEAR, CLEARED, stopped()),
    edge("GEN-051", "fail", "a clear within speech, a stop and another", LISTENED, started(), CLEAR, CLEARED, stopped(),
         stopped(item="b")),
    edge("GEN-051", "fail", "a clear between, and a stop", LISTENED, started(), stopped(), CLEAR, CLEARED,
         stopped(item="b")),
    edge("GEN-051", "pass", "an update within speech", LISTENED, started(), UPDATE, started(item="b")),
    edge("GEN-051", "pass", "a commit within speech", LISTENED, started(), COMMIT, started(item="b")),
    edge("GEN-051", "fail", "an item within speech", LISTENED, started(), message(), started(item="b")),
    edge("GEN-051", "pass", "a reply within speech", LISTENED, started(), "C response.create",
         s("response.created", response={"id": "resp_1"}), stopped()),
    edge("GEN-051", "skipped", "semantic turns", SEMANTIC, LISTENED, started(), started(item="b")),
    # forward
    edge("GEN-052", "pass", "starts at one time", LISTENED, started(100), stopped(200), started(100, "b")),
    edge("GEN-052", "fail", "a start before the start", LISTENED, started(100), stopped(200), started(99, "b")),
    edge("GEN-052", "pass", "500 ms before the stop", LISTENED, started(0), stopped(1000), started(500, "b")),
    edge("GEN-052", "fail", "501 ms before the stop", LISTENED, started(0), stopped(1000), started(499, "b")),
    edge("GEN-052", "pass", "the padding before the stop", vad(prefix_padding_ms=700), LISTENED, started(0),
         stopped(1000),
         started(300, "b")),
    edge("GEN-052", "fail", "past the padding before the stop", vad(prefix_padding_ms=700), LISTENED, started(0),
         stopped(1000), started(299, "b")),
    edge("GEN-052", "fail", "a padding that is none", vad(prefix_padding_ms="x"), LISTENED, started(0), stopped(1000),
         started(499, "b")),
    edge("GEN-052", "pass", "stops at one time", LISTENED, stopped(1000), stopped(1000, "b")),
    edge("GEN-052", "fail", "a stop before the stop", LISTENED, stopped(1000), stopped(999, "b")),
    edge("GEN-052", "pass", "a stop at its start", LISTENED, started(500), stopped(500)),
    edge("GEN-052", "fail", "a stop before its start", LISTENED, started(500), stopped(499)),
    edge("GEN-052", "skipped", "a stop of another", LISTENED, started(500), stopped(499, "b")),
    edge("GEN-052", "skipped", "a clear between", LISTENED, started(500), CLEAR, CLEARED, started(499, "b")),
    edge("GEN-052", "skipped", "no number", LISTENED, started(500), started("499", "b")),
    edge("GEN-052", "skipped", "one event", LISTENED, started(500)),
    # within what was sent: 50 ms of slack, and a clock that may be the session's
    edge("GEN-053", "pass", "50 ms past the audio", audio(1000), started(0), stopped(1050)),
    edge("GEN-053", "fail", "51 ms past the audio", audio(1000), started(0), stopped(1051)),
    edge("GEN-053", "pass", "50 ms past the session's clock", audio(1000), started(0), waited(stopped(AGE + 50), 5000)),
    edge("GEN-053", "fail", "51 ms past the session's clock", audio(1000), started(0), waited(stopped(AGE + 51), 5000)),
    edge("GEN-053", "skipped", "another format", greeting_update(audio={"input": {}}), audio(1000), stopped(5000)),
    edge("GEN-053", "skipped", "no number", audio(1000), stopped("5000")),
    edge("GEN-053", "fail", "a start", audio(1000), started(1051)),
    # transcription
    edge("GEN-054", "pass", "one end", TURN, audio_reply(), heard(), LEAVE),
    edge("GEN-054", "pass", "one failure", TURN, audio_reply(), FAILED, LEAVE),
    edge("GEN-054", "fail", "two ends", TURN, audio_reply(), heard(), FAILED),
    edge("GEN-054", "fail", "no end", TURN, audio_reply(), LEAVE),
    edge("GEN-054", "skipped", "nobody waited", TURN, audio_reply()),
    edge("GEN-054", "fail", "waited between two replies", TURN, audio_reply(), waited(CLEAR), CLEARED,
         audio_reply("resp_2", "item_2")),
    edge("GEN-054", "skipped", "no reply", TURN, LEAVE),
    edge("GEN-054", "skipped", "waited before the reply was over", TURN, audio_reply()[:5], waited(CLEAR), CLEARED,
         audio_reply()[5:]),
    edge("GEN-054", "skipped", "transcription is off", greeting_update(input_audio_transcription=None), TURN,
         audio_reply(), LEAVE),
    edge("GEN-054", "skipped", "transcription was switched off", TURN, audio_reply(),
         greeting_update(input_audio_transcription=None), LEAVE),
    edge("GEN-054", "skipped", "manual turns", manual(), LISTENED, COMMIT, speech()[2], audio_reply(), LEAVE),
    edge("GEN-054", "fail", "the turn after the next was heard", TURN, speech("b", 2500, 2600), speech("d", 2600, 2700),
         heard("d")),
    edge("GEN-054", "pass", "the next turn was heard", TURN, speech("b", 2500, 2600), heard("b")),
    edge("GEN-054", "fail", "a script broke off", TURN, audio_reply(), stop=TRANSCRIPTION + "completed"),
    edge("GEN-054", "inconclusive", "a script broke off without transcription",
         greeting_update(input_audio_transcription=None), TURN, audio_reply(), stop=TRANSCRIPTION + "completed"),
    edge("GEN-055", "pass", "a preview", TURN, preview(), heard()),
    edge("GEN-055", "pass", "a preview that comes late", TURN, heard(), preview()),
    edge("GEN-055", "fail", "none", TURN, heard()),
    edge("GEN-055", "fail", "one of another", TURN, preview("b"), heard()),
    edge("GEN-055", "skipped", "nothing was said", TURN, s(TRANSCRIPTION + "completed", item_id="item_speech",
         transcript="")),
    edge("GEN-055", "skipped", "manual turns", manual(), LISTENED, COMMIT, speech()[2], heard()),
    edge("GEN-055", "skipped", "a failure", TURN, FAILED),
    # ids
    edge("GEN-048", "pass", "one id", TURN, preview(), heard()),
    edge("GEN-048", "fail", "an item of another id", audio(100), speech("b")[2], speech()[3]),
    edge("GEN-048", "pass", "an item that was announced", audio(100), speech("b")[2], speech()[0], speech()[3]),
    edge("GEN-048", "skipped", "an item where nothing was committed", audio(100), speech()[3]),
    edge("GEN-048", "fail", "a transcription of another id", TURN, heard("b")),
    edge("GEN-048", "fail", "a transcription of speech that was never committed", TURN, [speech("b")[3]], heard("b")),
    edge("GEN-048", "skipped", "no audio was sent", speech(), heard("b")),
    edge("GEN-048", "skipped", "a preview of what waits", audio(100), preview("b")),
    edge("GEN-048", "skipped", "a preview of what is cleared", audio(100), preview("b"), CLEAR, CLEARED,
         speech("d")[2]),
    edge("GEN-048", "fail", "a preview of what is committed", audio(100), preview("b"), speech("d")[2]),
    edge("GEN-048", "fail", "an end of what waits", audio(100), heard("b")),
]  # fmt: skip


@each(EDGES)
def test_an_edge(edge: Edge) -> None:
    found = edge.judged()
    assert found.verdict == edge.verdict, found.detail
