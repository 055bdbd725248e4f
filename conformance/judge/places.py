"""The kinds of places that chapters ask their checks of.

A finder takes what surely is such a place and leaves the rest: a reply that was asked for while something else waited,
or that the user interrupted, may rightly differ from what a chapter says of a reply in peace.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from math import inf
from typing import Any

from conformance.judge.evidence.connection import Evidence, Response
from conformance.judge.evidence.frames import is_client_data
from conformance.judge.evidence.requests import Request
from conformance.judge.place import MARK, Places, view
from conformance.judge.view import Wire
from conformance.spec.unsolicited import is_unsolicited
from conformance.wire.transcript import Frame

STARTED, STOPPED = "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped"
COMMITTED, SHOWN = "input_audio_buffer.committed", "conversation.item.created"
ECHOES = ("session.created", "session.updated")
TOOLS = ("tools", "enable_search", "search_options")
PCM = frozenset({None, "pcm", "pcm16", "pcm24"})


def _greeted(wire: Wire) -> Iterator[Wire]:
    """What a server says before it is asked for anything."""
    wire.needs("start")
    if not wire.opened or not wire.received:
        return
    first = next((frame.index for frame in wire.frames if is_client_data(frame)), None)
    if first is None:
        return  # nobody knows how long the client listened
    yield view(wire, [frame for frame in wire.frames[:first] if frame.opcode in {"text", "binary"}])


def _typed(wire: Wire) -> Iterator[Wire]:
    """A reply in text alone, asked for by the client when nothing else was going on, and left in peace."""
    for asked, frames in _asked_replies(wire):
        session = _in_force(wire, asked.frame.index)
        if _modalities(asked, session) == ["text"] and not _tools(wire, session, asked.frame.index):
            yield view(wire, frames, marked={asked.frame.index: MARK})


def _spoken(wire: Wire) -> Iterator[Wire]:
    """A reply in sound, by itself or asked for: the events of that response, whatever else went on beside it."""
    for response, begun in _finished(wire):
        session = _in_force(wire, begun.index)
        if "response.audio.delta" not in response.types or session.get("output_audio_format") not in PCM:
            continue
        if not session or "audio" in session:  # what is in force is not known, or has a format of its own
            continue
        yield view(wire, _own(wire, response), asked=True)


def _calling(wire: Wire) -> Iterator[Wire]:
    """A response in which the model called functions."""
    for response, _ in _finished(wire):
        if _call_items(response):
            yield view(wire, _own(wire, response))


def _round_trips(wire: Wire) -> Iterator[Wire]:
    """A call, its first result and, where it was asked for and came in peace, the reply."""
    course = wire.fold(_course)
    given: dict[Any, list[Request]] = {}
    for request in course.asked:
        if request.type == "conversation.item.create":
            given.setdefault(str(_item(request.frame).get("call_id")), []).append(request)
    replies = {request.frame.index: frames[-1].index for request, frames in _asked_replies(wire)}
    for response, _ in _finished(wire):
        calls = _call_items(response)
        results = [request for call in calls for request in given.get(call, ())]
        if len(calls) != 1 or not results or results[0].frame.index < response.frames[-1].index:
            continue
        given_at = results[0].frame.index
        if not results[0].alone or not course.peaceful(given_at):
            continue
        end, marked = _next_move(wire, given_at), {given_at: MARK}
        if end in replies:
            marked[end] = "ask"
            end = replies[end] + 1
        frames = [*_own(wire, response), *wire.frames[given_at:end]]
        yield view(wire, frames, marked=marked, notes={"output": _item(results[0].frame).get("output")})


def _refused(wire: Wire) -> Iterator[Wire]:
    """An event of the client that was surely answered by an error."""
    for request in wire.requests:
        if request.alone and request.errors and not request.answers and not wire.lacks("cut"):
            end = _next_move(wire, request.frame.index)
            if request.errors[0].index < end:
                yield view(wire, wire.frames[request.frame.index : end], marked={request.frame.index: MARK})


def _updated(wire: Wire) -> Iterator[Wire]:
    """An update that was confirmed before the client went on."""
    course = wire.fold(_course)
    for request in course.asked:
        if request.type != "session.update" or not request.alone or not request.answers:
            continue
        end = _next_move(wire, request.frame.index)
        if request.answers[0].index < end and course.peaceful(request.frame.index):
            yield view(wire, wire.frames[request.frame.index : end], marked={request.frame.index: MARK})


def _turns(wire: Wire) -> Iterator[Wire]:
    """What a server said of an utterance that it committed, up to the reply or the next utterance."""
    starts = [frame for frame in wire.received if frame.type == STARTED]
    for place, begun in enumerate(starts):
        item = begun.event.get("item_id")
        later = [frame.index for frame in starts[place + 1 :] if frame.event.get("item_id") != item]
        end = later[0] if later else len(wire.frames)
        part = [frame for frame in wire.frames[begun.index : end] if frame.side == "server" and frame.type]
        committed = next(
            (frame.index for frame in part if frame.type == COMMITTED and frame.event.get("item_id") == item), None
        )
        # Only what went on afterwards shows that nothing more of the turn was to come.
        over = committed is not None and (
            later or any(str(frame.type).startswith("response.") for frame in part if frame.index > committed)
        )
        touched = any(map(_is_move, wire.frames[begun.index : committed]))
        repeated = place and starts[place - 1].event.get("item_id") == item
        if over and not touched and not repeated:
            yield view(wire, part)


def _closed(wire: Wire) -> Iterator[Wire]:
    """A session that the client closed with 1000 when nothing was going on."""
    if wire.ending.first != "client" or wire.ending.code_sent != 1000:
        return
    moved = next((frame for frame in wire.frames if frame.side == "client" and frame.opcode == "close"), None)
    if moved is None:
        return
    now = wire.moments[moved.index]
    peaceful = wire.fold(_course).peaceful(moved.index)
    if not now.active and not now.speaking and not now.buffered and peaceful:
        yield view(wire, wire.frames[moved.index :], ends=True)


def _finish(wire: Wire) -> Iterator[Wire]:
    """A `session.finish` that was answered, or that the server answered by closing."""
    course = wire.fold(_course)
    for request in course.asked:
        if request.type != "session.finish" or not request.alone or not course.peaceful(request.frame.index):
            continue
        if request.answers or request.errors:
            yield view(wire, wire.frames[request.frame.index : _next_move(wire, request.frame.index)])


# -- what finders share


@dataclass(frozen=True)
class _Course:
    """What was open when, folded once: by request, in order, when all before it and it were surely answered."""

    asked: list[Request]
    at: list[int]
    settled: list[float]
    updates: list[float]
    """The same, of updates alone."""
    tools: list[int]
    """Where the client named functions or a search."""

    def peaceful(self, index: int) -> bool:
        """Whether everything that was asked before had its answer: then what comes next is this one's."""
        return self._until(self.settled, index) < index

    def configured(self, index: int) -> bool:
        """Whether no update waited then."""
        return self._until(self.updates, index) < index

    def _until(self, latest: list[float], index: int) -> float:
        before = bisect_left(self.at, index)
        return latest[before - 1] if before else -1.0


def _course(evidence: Evidence) -> _Course:
    asked = evidence.requests
    ends = [_settled(request) for request in asked]
    updates = [end if request.type == "session.update" else -1.0 for request, end in zip(asked, ends, strict=True)]
    tools = [
        frame.index
        for frame in evidence.frames
        if is_client_data(frame)
        and frame.type == "session.update"
        and isinstance(frame.event.get("session"), dict)
        and any(frame.event["session"].get(name) for name in TOOLS)
    ]
    at = [request.frame.index for request in asked]
    return _Course(asked, at, list(accumulate(ends, max)), list(accumulate(updates, max)), tools)


def _settled(request: Request) -> float:
    """When a request surely had its answer; never, where nothing was surely its own."""
    sure = (*request.answers, *request.errors) if request.alone else request.answers
    return float(min((answer.index for answer in sure), default=inf))


def _in_force(wire: Wire, index: int) -> dict[str, Any]:
    """The session as the last echo before a frame shows it; empty where that is not sure."""
    if not wire.fold(_course).configured(index):
        return {}
    at = wire.fold(_echoes)
    last = bisect_left(at, index)
    shown = wire.frames[at[last - 1]].event.get("session") if last else None
    return shown if isinstance(shown, dict) else {}


def _echoes(evidence: Evidence) -> list[int]:
    """Where the server showed the session."""
    return sorted(where for kind in ECHOES for where in evidence.places.get(("server", kind), []))


def _modalities(asked: Request, session: dict[str, Any]) -> Any:
    """What the reply was asked to be; None where the session does not say."""
    response = asked.frame.event.get("response")
    own = response.get("modalities") if isinstance(response, dict) else None
    return own if own is not None else session.get("modalities")


def _tools(wire: Wire, session: dict[str, Any], index: int) -> bool:
    """Whether the model had functions to call or a search to make, as far as echo and updates tell."""
    return bool(bisect_left(wire.fold(_course).tools, index)) or any(session.get(name) for name in TOOLS)


def _asked_replies(wire: Wire) -> Iterator[tuple[Request, list[Frame]]]:
    """Each reply that was asked for in peace and ran to its end undisturbed: its request, and all up to its end."""
    then, course = wire.moments, wire.fold(_course)
    for request in course.asked:
        if request.type != "response.create" or not request.alone or not course.peaceful(request.frame.index):
            continue
        now = then[request.frame.index]
        if now.active or now.speaking or now.turns not in {"manual", "vad"} or (now.turns == "vad" and now.buffered):
            continue
        frames = []
        for place in range(request.frame.index, len(wire.frames)):
            frame = wire.frames[place]
            if frame.index > request.frame.index and (is_client_data(frame) or frame.opcode == "close"):
                break
            if not is_unsolicited(frame.type):
                frames.append(frame)
            if frame.type in {"response.done", "error"}:
                yield request, frames
                break


def _finished(wire: Wire) -> Iterator[tuple[Response, Frame]]:
    """Responses that were announced and completed, with their `response.created`."""
    for response in wire.responses:
        begun, ended = response.frames[0], response.frames[-1]
        if begun.type != "response.created" or ended.type != "response.done":
            continue
        said = ended.event.get("response")
        if isinstance(said, dict) and said.get("status") == "completed":
            yield response, begun


def _own(wire: Wire, response: Response) -> list[Frame]:
    """The frames of a response, and those that show its items in the conversation."""
    indexes = {frame.index for frame in response.frames}
    items = {str(_item(frame).get("id")) for frame in response.frames if frame.type == "response.output_item.added"}
    shown = wire.fold(_shown)
    indexes |= {index for item in items for index in shown.get(item, ())}
    return [wire.frames[index] for index in sorted(indexes)]


def _shown(evidence: Evidence) -> dict[str, list[int]]:
    """Where each item was shown in the conversation."""
    found: dict[str, list[int]] = {}
    for frame in evidence.frames:
        if frame.side == "server" and frame.type == SHOWN:
            found.setdefault(str(_item(frame).get("id")), []).append(frame.index)
    return found


def _call_items(response: Response) -> set[Any]:
    """The `call_id`s of the functions that a response called."""
    found = {event.get("call_id") for event in response.all("response.function_call_arguments.done")}
    for frame in response.frames:
        if _item(frame).get("type") == "function_call":
            found.add(_item(frame).get("call_id"))
    return found - {None}


def _item(frame: Frame) -> dict[str, Any]:
    found = frame.event.get("item") if isinstance(frame.event, dict) else None
    return found if isinstance(found, dict) else {}


def _is_move(frame: Frame) -> bool:
    """Whether the client did anything but go on speaking."""
    return is_client_data(frame) and frame.type != "input_audio_buffer.append"


def _next_move(wire: Wire, index: int) -> int:
    """Where the client next sends an event or closes after this frame, or the end."""
    for place in range(index + 1, len(wire.frames)):
        frame = wire.frames[place]
        if is_client_data(frame) or frame.opcode == "close":
            return place
    return len(wire.frames)


greetings = Places("greetings", _greeted)
typed_replies = Places("typed replies", _typed)
spoken_replies = Places("spoken replies", _spoken)
calls = Places("responses with calls", _calling)
tool_round_trips = Places("tool round trips", _round_trips)
refusals = Places("refusals", _refused)
accepted_updates = Places("accepted updates", _updated)
spoken_turns = Places("spoken turns", _turns)
closes = Places("closes with 1000", _closed)
finishes = Places("finishes", _finish)
