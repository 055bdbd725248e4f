"""Lies about the configuration of a session."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.mock.quirks.base import quirk

if TYPE_CHECKING:
    from conformance.mock.brain import Request
    from conformance.mock.errors import Json
    from conformance.mock.session import Session


@quirk("silent-update", "03", "an update is applied and never confirmed")
def _silent_update(event: Json, session: Session) -> list[Json] | None:
    return [] if event["type"] == "session.updated" else None


@quirk("update-resets-siblings", "03", "an update resets the instructions that it does not name", hook="configure")
def _forgets_instructions(before: Json, patch: Json, after: Json, session: Session) -> Json:
    return after if "instructions" in patch else {k: v for k, v in after.items() if k != "instructions"}


@quirk("echoes-but-ignores-instructions", "03", "instructions are echoed and not followed", hook="request")
def _deaf_to_instructions(request: Request, session: Session) -> Request:
    return replace(request, instructions="")
