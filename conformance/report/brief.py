"""The page of a run that was interrupted: what it says, what it found and what it recorded, and no frame of that.

Whoever interrupts a run waits for its end, and the whole page takes as long as what was recorded is large.  It stands
in, too, for a page that could not be made by a fault of ours.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Template

from conformance.report import html_text
from conformance.report.closing import stopped
from conformance.report.headline import table
from conformance.report.page import asset, environment, policy
from conformance.report.record import Record
from conformance.wire.transcript import Transcript


@cache
def _template() -> Template:
    made = environment()
    made.filters.update(words=lambda detail: html_text.told(detail)[0], ended=ended, frames=frames)
    return made.get_template("brief.html.j2")


INTERRUPTED = "the run was interrupted: no frame is shown. What was recorded makes the whole one at any time:"
FAULTY = (
    "the whole one could not be made, by a fault of the suite: no frame is shown. What was recorded is kept, and this "
    "makes the whole one once that is mended:"
)


def render(record: Record, made: dict[str, Any], why: str) -> str:
    """The page; `why` it is brief."""
    style = asset("first.css", "report.css")
    return _template().render(
        style=style,
        policy=policy(style),
        made=made,
        why=why,
        table=table(made["levels"]),
        failed=[case for case in made["cases"] if case["verdict"] in {"fail", "error"}],
        held=[transcript for _, transcript in sorted(record.transcripts.items())],
    )


def ended(transcript: Transcript) -> str:
    """How a conversation ended, in words."""
    if transcript.broken_off:
        return f"broken off: {transcript.broken_off}"
    if transcript.stop is not None:
        return stopped(transcript.stop)
    return transcript.trouble or "as its script ends"


def frames(transcript: Transcript) -> int:
    """How many frames of a conversation were recorded."""
    return sum(len(leg.frames) for leg in transcript.legs)
