"""Every request has exactly one outcome: its acknowledgement or an error."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.judge.view import Wire
from conformance.wire.transcript import Frame

ACKNOWLEDGED_BY = {
    "session.update": "session.updated",
    "input_audio_buffer.commit": "input_audio_buffer.committed",
    "input_audio_buffer.clear": "input_audio_buffer.cleared",
    "conversation.item.create": "conversation.item.created",
    "response.create": "response.created",
}
# Acknowledged by no event of their own, but an error may answer them.
SILENT = {"input_audio_buffer.append", "input_image_buffer.append", "response.cancel", "session.finish"}


def _acknowledges(frame: Frame, wire: Wire) -> str | None:
    """The request type that this event answers, or None when it may come by itself.

    A `conversation.item.created` for audio or for the model's own output is nobody's answer; with voice activity
    detection the server commits and responds by itself.
    """
    for request, answer in ACKNOWLEDGED_BY.items():
        if frame.type != answer:
            continue
        if answer == "conversation.item.created":
            item = frame.event.get("item")
            item = item if isinstance(item, dict) else {}
            content = item.get("content")
            parts = content if isinstance(content, list) else []
            spoken = any(isinstance(part, dict) and part.get("type") == "input_audio" for part in parts)
            client_made = item.get("role") in {"user", "system"} or item.get("type") in {
                "function_call_output",
                "mcp_approval_response",
            }
            return request if client_made and not spoken else None
        return request
    return None


def _client(frame: Frame) -> bool:
    return frame.side == "client" and frame.opcode in {"text", "binary"}


def is_answered_once(wire: Wire) -> Iterator[str]:
    """No request gets both its acknowledgement and an error, or either of them twice.

    Judged where attribution is certain: one request that wants an answer, then nothing else from the client until
    all its answers are in.
    """
    request: Frame | None = None
    answers: list[str] = []
    for frame in (*wire.frames, None):
        if frame is None or _client(frame):
            if request is not None and len(answers) > 1:
                yield f"{request.type} was answered {len(answers)} times: {', '.join(answers)}"
            request = frame if frame is not None and frame.type in ACKNOWLEDGED_BY else None
            answers = []
        elif request is not None and frame.side == "server":
            if frame.type == "error" or _acknowledges(frame, wire) == request.type:
                if frame.type == "response.created" and "response.created" in answers:
                    continue  # a second response is the life cycle's business
                if frame.type == "error" and answers == ["response.created"]:
                    continue  # the response itself may fail later
                answers.append(str(frame.type))


def is_answered(wire: Wire) -> Iterator[str]:
    """Every request is answered: by its acknowledgement or by an error.

    A request counts as unanswered when the script waited for its answer in vain, or when a later request of the
    same type was answered and there are fewer answers than requests.
    """
    stop = wire.transcript.stop
    waited_in_vain = set(stop.waiting_for) if stop is not None and "ended" not in stop.why else set()
    asked: dict[str, int] = {}
    answered: dict[str, int] = {}
    errors = 0
    last_answer_at = -1
    for frame in wire.frames:
        if _client(frame) and frame.type in ACKNOWLEDGED_BY:
            asked[str(frame.type)] = asked.get(str(frame.type), 0) + 1
        elif frame.side == "server" and frame.type is not None:
            request = _acknowledges(frame, wire)
            if request is not None:
                answered[request] = answered.get(request, 0) + 1
                last_answer_at = frame.index
            errors += frame.type == "error"
    if wire is not None and wire.transcript.legs and wire.transcript.legs[-1].frames is wire.frames:
        for request, answer in ACKNOWLEDGED_BY.items():
            if answer in waited_in_vain and asked.get(request, 0) > answered.get(request, 0) + errors:
                yield f"{request} got neither {answer} nor error"
    _ = last_answer_at
