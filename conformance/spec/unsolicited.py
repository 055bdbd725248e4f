"""What a server may send at any time, whatever the client did last: it answers nobody.

A reader of answers leaves these events out, and a clause that wants silence after an event is not broken by them.
Each row names its evidence.  What a detected turn brings (`speech_started`, a reply) is no such event: it answers
audio.
"""

from __future__ import annotations

from collections.abc import Mapping

TRANSCRIPTION = "conversation.item.input_audio_transcription."
PREVIEW = TRANSCRIPTION + "delta"

UNSOLICITED: Mapping[str, str] = {
    PREVIEW: "SE: while the user speaks, in any mode; between appends before any commit, too (F16)",
    TRANSCRIPTION + "completed": "SE: when it is ready; after every delta of the reply, and after its end (F24)",
    TRANSCRIPTION + "failed": "SE: as a completed one",
    "mcp_list_tools.in_progress": "FLOW: the discovery of tools runs beside the session",
    "mcp_list_tools.completed": "FLOW: as above",
    "mcp_list_tools.failed": "FLOW: as above",
}
"""Event types and where it is said that they come by themselves."""


def is_unsolicited(kind: str | None) -> bool:
    """Whether events of this type may come at any time."""
    return kind in UNSOLICITED
