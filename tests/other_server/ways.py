"""How the server behaves: the choices that the sources leave open, and what it does wrong on purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Filter = Callable[[Json, Any], list[Json]]
"""An event that is about to be sent and its session → what is sent in its place."""


@dataclass(frozen=True)
class Ways:
    """One way to be a server.  The defaults are the faithful one; times in seconds, sizes in bytes."""

    finish: str = "finished"  # or "refused"; "closes": finished, then a close frame (C1)
    cancelled: str = "cancelled"  # status after `response.cancel`; "": no `response.done` (C3)
    interrupted: str = "incomplete"  # status after a barge-in; "": no `response.done` (C4)
    truncated: str = "incomplete"  # status at `max_tokens`
    merge: str = "deep"  # or "shallow" (C18); `turn_detection` alone is what it shows in
    manual_echo: str = "null"  # or "absent" (C19)
    greeting: str = "docs"  # or "live": without tools, temperature and search (C20)
    closing_part: str = "text"  # the word's member in the items of spoken replies: or "transcript" (C21)
    first_previous: str = "null"  # `previous_item_id` of the first item: or "absent"; "never": no item has one (C24)
    item_ids: str = "honoured"  # or "replaced" (C13)
    vad_commit: str = "internal"  # `Internal service error: null`; or "empty", "fatal", "taken" (C17)
    user_item: str = "commit"  # or "create": after `response.create` (C38)
    transcripts: str = "soon"  # "soon" after the commit, "late" after the reply, "never" in manual mode (C16)
    previews: bool = True  # transcription deltas
    stop_counts_silence: bool = True  # `audio_end_ms` is where the silence was over, not where it began
    padding_counts: bool = True  # `audio_start_ms` lies `prefix_padding_ms` before the first sound
    silence_billed: bool = False
    rounding: str = "up"  # of audio tokens: or "down", "nearest"
    errors: str = "full"  # or "message": nothing but a message; "coded": COMMON_ERROR
    error_event_id: bool = False  # `error.event_id` names the client's event, as dialects do
    obfuscation: bool = False
    cached_tokens: bool = False
    extra_members: bool = False  # members that no source knows
    after_tools: str = "asked"  # or "alone": voice detection answers tool outputs by itself (C14)
    image_order: str = "turn"  # or "session" (C10)
    voice_refusal: str = "closes"  # error, then close 1007; or "close" alone, "open": error alone (E7)
    binary: str = "error"  # or "close": 1003
    unknown_model: str = "404"  # or "1011" after the upgrade, "403"
    compression: bool = False
    pings: float = 0.0  # seconds between pings of the server
    chunk_words: int = 1  # words in a delta
    pace: float = 0.02  # seconds between two deltas
    think: float = 0.03  # seconds before the first
    append_error: str = "open"
    text_first: bool = True  # transcript delta before its audio
    done_order: str = "transcript"  # `audio_transcript.done` before `audio.done`; or "audio"
    rows: str = "success"  # status of a session in the call log: or "strict": only a finished one is a success
    slots: int = 0  # sessions at once; 0: as many as come
    full: str = "503"  # what one more gets: in the handshake, or "1013" after the upgrade
    largest: int = 16 << 20  # bytes of a frame; past it the connection is closed with 1009
    stranger: str = ""  # "no updates", "no manual mode", "no items": a server that lacks a part of the protocol
    lies: frozenset[str] = frozenset()
    filters: tuple[Filter, ...] = field(default=(), compare=False)

    def lying(self, name: str) -> bool:
        """Whether this defect is switched on."""
        return name in self.lies
