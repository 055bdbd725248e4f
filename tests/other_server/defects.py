"""The switchable defects: of which kind each is, what it does in words, and where it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import spoken  # noqa: F401  # its filters register themselves
from .filters import FILTERS
from .ways import Ways

ALL = ("*",)


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong.  `shows` are the conversations that are held first: where they show nothing, all are."""

    kind: str
    words: str
    shows: tuple[str, ...] = ALL
    model: str = ""  # the usual one


def _ways(name: str, **others: Any) -> Ways:
    found = FILTERS.get(name)
    return Ways(lies=frozenset({name}), filters=(found[1],) if found else (), **others)


def ways(name: str) -> Ways:
    """The server with this defect."""
    return _ways(name)


SPOKEN = ("audio/*", "vad/*", "responses/*")
TEXT = ("responses/*", "items/*")
END = ("closing/*",)

KINDS = {
    "ledger": {
        "row-never-when-closed": "a session that is closed is never listed",
        "row-never-when-dropped": "a session that is dropped is never listed",
        "row-never-when-unused": "a session without a reply is never listed",
        "row-never-when-finished": "a session that is finished is never listed",
        "row-twice": "a session is listed twice, with its usage",
        "row-of-another": "rows name a session that never was",
        "row-without-usage": "rows have no usage",
        "row-usage-of-the-last-reply": "a row's usage is that of its last reply",
        "row-usage-a-tenth-more": "a row's usage is a tenth more than its replies'",
        "row-usage-twice": "a row's usage is twice its replies'",
        "row-usage-input-alone": "a row's output is nothing",
        "row-of-another-model": "rows name another model",
        "row-duration-in-seconds": "durations are seconds",
        "row-duration-nothing": "durations are 0",
        "row-an-hour-late": "sessions begin an hour later in the log",
        "row-in-progress": "sessions that are over are listed as running",
        "row-quotes-the-key": "rows show the key",
    },
    "not in force": {
        "partial-turns-vad-off": "a partial turn_detection is echoed and switches voice detection off",
        "keeps-first-instructions": "second instructions are echoed and the first stay in force",
        "keeps-first-modalities": "second modalities are echoed and the first stay in force",
        "keeps-first-voice": "a second voice is echoed and the first stays in force",
        "keeps-first-tools": "second tools are echoed and the first stay in force",
        "keeps-first-max_tokens": "a second max_tokens is echoed and the first stays in force",
        "keeps-first-threshold": "the threshold never changes while voice detection is on",
        "keeps-first-silence_duration_ms": "the silence never changes while voice detection is on",
        "keeps-first-create_response": "create_response is echoed and ignored",
        "keeps-first-input_audio_transcription": "transcription can't be switched a second time",
        "keeps-first-audio": "a second audio format is echoed and the first stays in force",
        "keeps-first-turn_detection": "voice detection can't be switched a second time",
    },
    "audio": {
        "drops-rest-of-append": "what follows an utterance's end in its append is dropped",
        "swallows-after-commit": "for 200 ms after a commit audio is swallowed",
        "loses-pipelined-frames": "what comes before the greeting was read is lost",
        "loses-first-packet": "the first packet is lost",
        "loses-packet-after-commit": "the packet after a commit is lost",
        "loses-packet-after-clear": "the packet after a clear is lost",
        "deduplicates-packets": "a packet that equals the last one is dropped",
        "ignores-short-packets": "packets under 32 ms are ignored",
        "loses-every-8th-packet": "every eighth packet is lost",
        "loses-audio-during-replies": "audio is ignored while a reply runs",
        "empty-append-clears": "an empty append empties the buffer",
        "cuts-long-packets": "a packet is cut after half a second",
        "pads-odd-packets": "an odd packet gets a zero byte",
        "drops-odd-byte": "an odd packet loses its last byte",
        "commits-last-second": "a commit takes the last second",
        "commits-all-but-last-packet": "a commit misses its last packet",
        "keeps-buffer-after-commit": "the buffer is kept after a commit",
        "ms-of-this-turn": "audio_start_ms is 0 in each turn",
        "commit-id-of-nobody": "", "not-committed": "", "no-cleared": "", "no-stop": "", "start-without-ms": "",
        "start-id-of-nobody": "", "stop-in-seconds": "", "stop-before-start": "", "ms-in-samples": "",
        "transcript-of-the-last": "", "no-transcript": "", "transcript-of-nobody": "", "previews-shrink": "",
    },
    "after the end": dict.fromkeys((
        "transcribes-again-later", "item-done-again", "part-done-again", "done-again", "created-again",
        "finished-again",
        "updated-again", "committed-again", "item-created-again", "cleared-again", "preview-after-transcript",
        "delta-after-done", "audio-after-done", "updated-after-finished", "stops-again"), ""),
    "unclean ends": {
        "busy-after-drop": "HTTP 503 for a while after a client dropped",
        "hangs-after-drop": "handshakes hang for a while after a client dropped",
        "drop-ends-all": "a client that drops ends the sessions of others",
        "leftovers-for-the-next": "what was meant for a dropped client comes to the next",
        "inherits-configuration": "a session begins with what the last one had set",
        "greets-nobody-after-drop": "for a while after a client dropped new sessions are not greeted",
        "items-for-the-next": "the session after a drop begins with the dropped one's items",
        "audio-for-the-next": "the session after a drop begins with the dropped one's audio in its buffer",
        "same-id-after-drop": "the session after a drop has the dropped one's id",
    },
    "credentials": {
        "any-key-after-a-good-one": "any key is taken once a good one was",
        "any-key": "any key is taken", "no-key": "no key is taken for one",
        "key-by-its-beginning": "a key is known by its first characters",
        "key-by-its-end": "a key is known by its last characters",
        "case-matters": "`bearer` is refused",
        "quotes-key-in-401": "a refusal quotes the key",
        "key-in-greeting": "", "key-in-update": "", "key-in-error": "", "key-in-base64": "",
    },
    "sizes": {
        "drops-a-megabyte": "a frame over 1 MiB drops the connection",
        "drops-at-300k": "a frame over 300,000 bytes drops the connection",
        "swallows-large-frames": "a frame over 100,000 bytes is taken for nothing",
        "closes-at-64k": "a frame over 64 KiB closes the connection",
        "instructions-cut": "",
        "refuses-at-100k": "a frame over 100,000 bytes is refused",
        "drops-large-images": "an image of more than 150,000 bytes drops the connection",
        "closes-after-a-megabyte-in-all": "a client that has sent 1 MiB in all is closed with 1009",
    },
    "numbers": dict.fromkeys((
        "hears-a-tenth-more", "hears-a-tenth-less", "hears-twice", "speaks-a-tenth-more", "speaks-twice",
        "writes-twice",
        "pictures-are-free", "pictures-twice", "history-is-free", "output-adds-up", "no-usage", "usage-nothing",
        "pictures-a-tenth-more", "history-twice", "second-turn-a-tenth-more", "writes-a-tenth-more",
        "usage-total-wrong", "usage-in-other-names"), ""),
    "envelope": dict.fromkeys((
        "no-event-id", "same-event-id", "error-is-a-string", "error-without-message", "swallows-errors",
        "error-and-closes", "errors-twice", "ga-text", "ga-items", "conversation-created", "rate-limits",
        "pretty-json-lines"), ""),
    "session": dict.fromkeys((
        "no-updated", "updated-shows-the-greeting", "updated-without-detection", "updated-loses-silence",
        "updated-new-id", "another-model", "greets-twice"), ""),
    "replies": {
        **dict.fromkeys((
            "no-done", "no-done-when-cancelled", "done-is-empty", "done-of-another", "done-says-other-words",
            "text-done-is-cut", "no-text-done", "no-audio-done", "no-part-added", "no-item-done", "always-completed",
            "a-status-of-its-own", "index-from-one", "another-conversation", "audio-in-wrong-base64", "silent-audio",
            "half-the-audio", "call-id-changes", "arguments-as-object", "arguments-cut", "arguments-never-done",
            "done-before-item", "created-late", "item-before-added"), ""),
        "ignores-cancel": "a cancel is ignored",
        "ignores-barge-in": "speech does not interrupt a reply",
        "never-begins-a-second": "the second reply of a session never begins",
        "finishes-before-its-reply": "session.finished comes while a reply runs",
        "finishes-twice": "a session that is finished goes on",
    },
    "items": dict.fromkeys((
        "item-role-system", "item-without-content", "previous-is-itself", "item-ids-repeat", "output-not-told"), ""),
}  # fmt: skip

FIRST: dict[str, tuple[str, ...]] = {
    "ledger": END, "not in force": ("session/*", "vad/*", "responses/*"), "audio": ("audio/*", "vad/*"),
    "after the end": ("audio/*", "responses/*", "closing/*"), "unclean ends": ("isolation/*", "closing/*"),
    "credentials": ("connection/*",), "sizes": ("audio/*", "images/*", "envelope/*"), "numbers": ("usage/*",),
    "envelope": ("envelope/*", "responses/*"), "session": ("session/*",), "replies": ("responses/*", "cancel/*"),
    "items": ("items/*",),
}  # fmt: skip
# Of the usual model the sources name one voice; of this one four, so that a second can be set.
MODEL = {"keeps-first-voice": "qwen-omni-turbo-realtime"}
DEFECTS = {
    name: Defect(kind, words or FILTERS[name][0], FIRST[kind], MODEL.get(name, ""))
    for kind, rows in KINDS.items()
    for name, words in rows.items()
}

STRANGERS = {name.replace(" ", "-"): Ways(stranger=name) for name in ("no updates", "no manual mode", "no items")}
VARIANTS: dict[str, Ways] = {
    "as-documented": Ways(),
    "refuses-finish": Ways(finish="refused"),
    "finish-closes": Ways(finish="closes"),
    "cancel-without-done": Ways(cancelled=""),
    "cancel-incomplete": Ways(cancelled="incomplete"),
    "barge-in-cancelled": Ways(interrupted="cancelled"),
    "barge-in-without-done": Ways(interrupted=""),
    "truncated-completed": Ways(truncated="completed"),
    "shallow-merge": Ways(merge="shallow"),
    "manual-absent": Ways(manual_echo="absent"),
    "live-greeting": Ways(greeting="live"),
    "parts-with-transcript": Ways(closing_part="transcript"),
    "first-without-previous": Ways(first_previous="absent"),
    "never-previous": Ways(first_previous="never"),
    "item-ids-replaced": Ways(item_ids="replaced"),
    "vad-commit-empty": Ways(vad_commit="empty"),
    "vad-commit-fatal": Ways(vad_commit="fatal"),
    "vad-commit-taken": Ways(vad_commit="taken"),
    "user-item-at-create": Ways(user_item="create"),
    "transcripts-late": Ways(transcripts="late"),
    "transcripts-never-in-manual": Ways(transcripts="never"),
    "no-previews": Ways(previews=False),
    "bounds-of-the-sound": Ways(stop_counts_silence=False, padding_counts=False),
    "silence-billed": Ways(silence_billed=True),
    "rounds-down": Ways(rounding="down"),
    "errors-of-a-message": Ways(errors="message"),
    "errors-coded": Ways(errors="coded"),
    "errors-name-the-event": Ways(error_event_id=True),
    "obfuscation": Ways(obfuscation=True),
    "cached-tokens": Ways(cached_tokens=True),
    "unknown-members": Ways(extra_members=True),
    "tool-outputs-answered": Ways(after_tools="alone"),
    "image-once-per-session": Ways(image_order="session"),
    "voice-close-alone": Ways(voice_refusal="close"),
    "voice-error-alone": Ways(voice_refusal="open"),
    "binary-closes": Ways(binary="close"),
    "unknown-model-1011": Ways(unknown_model="1011"),
    "unknown-model-403": Ways(unknown_model="403"),
    "deflate": Ways(compression=True),
    "pings": Ways(pings=5.0),
    "long-deltas": Ways(chunk_words=4),
    "slow": Ways(pace=0.08, think=0.4),
    "audio-before-words": Ways(text_first=False, done_order="audio"),
    "strict-log": Ways(rows="strict"),
    "frames-of-a-megabyte": Ways(largest=1 << 20),
    "frames-of-300k": Ways(largest=300_000),
    "two-slots": Ways(slots=2),
    "two-slots-after-the-upgrade": Ways(slots=2, full="1013"),
}
