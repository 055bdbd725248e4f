"""The shape of every server frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance import guarded
from conformance.cut import cut
from conformance.judge import schema
from conformance.judge.evidence import Evidence
from conformance.judge.finding import Breach
from conformance.judge.rules.base import rule
from conformance.wire.gaps import Unshown
from conformance.wire.transcript import Frame

FAILED = "conversation.item.input_audio_transcription.failed"
SEARCH = "response.search"  # where the sources of a search are told is open (U17)
LATER_DIALECT = (
    "response.output_text.",
    "response.output_audio.",
    "response.output_audio_transcript.",
    "conversation.item.added",
    "conversation.item.done",
)


def _messages(wire: Evidence) -> Iterator[Frame]:
    for frame in wire.frames:
        if frame.side == "server" and frame.opcode in {"text", "binary"}:
            yield frame


def _events(wire: Evidence) -> list[Frame]:
    return wire.fold(_objects)


def _objects(wire: Evidence) -> list[Frame]:
    return [frame for frame in _messages(wire) if isinstance(frame.event, dict)]


def _name(frame: Frame) -> str:
    return frame.type or f"an event without type ({cut(frame.text or '', 60)})"


@rule("GEN-002", "a message of the server", alone=True)
def is_a_text_frame(wire: Evidence) -> Iterator[Breach | None]:
    """Every message is a text frame, and its payload UTF-8."""
    for frame in _messages(wire):
        if frame.opcode == "binary":
            yield Breach(frame, f"a binary frame of {len(frame.data)} bytes came")
        elif frame.text is None:
            yield Breach(frame, "a text frame came that is not UTF-8")
        else:
            yield None


@rule("GEN-003", "a message of the server", alone=True)
def is_one_json_object(wire: Evidence) -> Iterator[Breach | None]:
    """Every text frame holds one JSON object."""
    for frame in _messages(wire):
        if frame.gap == "cut":
            raise Unshown("cut")
        if frame.text is not None:
            said = _no_object(frame.text, frame.event)
            yield Breach(frame, said) if said else None


def _no_object(text: str, event: Any) -> str | None:
    if constants := guarded.constants(text):
        return f"{constants[0]} is no JSON number: {cut(text, 80)!r}"
    if isinstance(event, dict):
        return None
    try:
        guarded.parse(text)
    except guarded.Refused as problem:
        return f"a message is no JSON ({problem}): {cut(text, 80)!r}"
    return f"a message is no JSON object: {cut(text, 80)!r}"


@rule("GEN-069", "a server event", alone=True)
def is_read_alike_by_all(wire: Evidence) -> Iterator[Breach | None]:
    """Every event is JSON that no two readers read differently; what the client said oddly may be said back so."""
    if any(
        not guarded.is_plain(frame.text or "", frame.event) and guarded.flaws(frame.text or "") for frame in wire.data
    ):
        return
    for frame in _events(wire):
        if frame.gap == "cut":
            raise Unshown("cut")
        text = frame.text or ""
        found = [] if guarded.is_plain(text, frame.event) else guarded.flaws(text)
        yield Breach(frame, f"{_name(frame)}: {found[0]}") if found else None


@rule("GEN-004", "a server event", alone=True)
def has_a_type(wire: Evidence) -> Iterator[Breach | None]:
    """Every event has a non-empty string `type`."""
    for frame in _events(wire):
        if frame.type:
            yield None
        else:
            yield Breach(frame, f"an event has the type {frame.event.get('type')!r}: {cut(frame.text or '', 80)}")


@rule("GEN-005", "a server event", alone=True)
def has_an_event_id(wire: Evidence) -> Iterator[Breach | None]:
    """Every event but a failed transcription has a non-empty string `event_id`."""
    for frame in _events(wire):
        given = frame.event.get("event_id")
        if given is None and frame.type == FAILED:
            continue
        named = isinstance(given, str) and given
        yield None if named else Breach(frame, f"{_name(frame)} has the event_id {given!r}")


@rule("GEN-006", "a server event with an event_id")
def event_ids_differ(wire: Evidence) -> Iterator[Breach | None]:
    """No two events of a session share an `event_id`."""
    seen: dict[str, Frame] = {}
    for frame in _events(wire):
        given = frame.event.get("event_id")
        if not isinstance(given, str):
            continue
        if given in seen:
            yield Breach(frame, f"{_name(frame)} repeats the event_id {given!r} of {_name(seen[given])}")
        else:
            yield None
        seen.setdefault(given, frame)


@rule("GEN-007", "a server event after a client event with an event_id")
def event_ids_are_the_servers_own(wire: Evidence) -> Iterator[Breach | None]:
    """No event takes the `event_id` of a client event."""
    ours: set[str] = set()
    for frame in wire.frames:
        event = frame.event
        given = event.get("event_id") if isinstance(event, dict) else None
        if not isinstance(given, str):
            continue
        if frame.side == "client":
            ours.add(given)
        elif given in ours:
            yield Breach(frame, f"{_name(frame)} has the client's event_id {given!r}")
        elif ours:
            yield None


@rule("GEN-008", "a server event", alone=True)
def type_is_documented(wire: Evidence) -> Iterator[Breach | None]:
    """Every event type is one that the sources name; how an undocumented request is answered is open."""
    known = set(schema.server_types())
    strangers = {stem(kind) for side, kind in wire.places if side == "client"} - {
        stem(kind) for kind in schema.client_types()
    }
    for kind, frame in _first_of_each(wire).items():
        if not kind.startswith(LATER_DIALECT) and stem(kind) not in strangers and not kind.startswith(SEARCH):
            yield None if kind in known else Breach(frame, f"the event type {kind!r} is in no source")


def _first_of_each(wire: Evidence) -> dict[str, Frame]:
    """The first event of each type, in order."""
    first = sorted(indexes[0] for (side, _), indexes in wire.places.items() if side == "server")
    return {str(wire.frames[index].type): wire.frames[index] for index in first}


def stem(kind: str) -> str:
    """What a request and its acknowledgement share: `conversation.item.delete` and `…deleted` are of one stem."""
    head, _, verb = kind.rpartition(".")
    return f"{head}.{verb[:5]}"


@rule("GEN-009", "a server event", alone=True)
def dialect_is_the_documented_one(wire: Evidence) -> Iterator[Breach | None]:
    """No event bears a name that only the later dialect has."""
    for kind, frame in _first_of_each(wire).items():
        later = kind.startswith(LATER_DIALECT)
        yield Breach(frame, f"{kind} is a name of the later dialect") if later else None


@rule("GEN-010", "a server event of a documented type", alone=True)
def fits_its_schema(wire: Evidence) -> Iterator[Breach | None]:
    """Every event of a documented type is valid against that type's schema."""
    known = set(schema.server_types())
    for frame in wire.received:
        if frame.type not in known:
            continue
        if schema.is_valid("server", frame.event):
            yield None
            continue
        reasons = [reason for reason in schema.explain("server", frame.event) if not _is_open(str(frame.type), reason)]
        yield Breach(frame, f"{frame.type} {reasons[0].path}: {reasons[0].says}") if reasons else None


def _is_open(kind: str, reason: schema.Violation) -> bool:
    """Whether a violation is about something that the sources leave open."""
    if kind == "response.output_item.done" and ".item.content" in reason.path:
        return True  # C21
    if kind == "conversation.item.created" and reason.path.endswith(".item.role"):
        return True  # C22
    # Servers that count no modalities are known (the details are then absent, not wrong), and so are C32 and U14.
    details = reason.rule == "required" and reason.path.endswith(".usage") and "_details`" in reason.says
    return details or "cached_tokens" in reason.path or "status_details" in reason.path
