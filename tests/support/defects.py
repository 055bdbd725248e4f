"""Defects planted into sessions of the mock, one in a handler each: what generated conversations have to find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.mock import errors
from conformance.mock.errors import Refused
from conformance.mock.session import Session

Plant = Callable[[Session], None]


def planted(plant: Plant) -> type[Session]:
    """Sessions with a defect."""

    class Defective(Session):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            plant(self)

    return Defective


def cancel_leaves_the_response_open(session: Session) -> None:
    def cancel(event: Any) -> None:
        if not session.replies.active:
            raise Refused(errors.none_active())
        if session.replies._next is not None:
            session.replies._next.cancelled = True

    session._handlers["response.cancel"] = cancel


def commit_loses_the_buffer(session: Session) -> None:
    commit = session.turns.commit

    def lose(event: Any) -> None:
        if session.config.turn_detection is None and session.turns.buffer.seconds:
            session.turns.buffer.drop()
        else:
            commit(event)

    session._handlers["input_audio_buffer.commit"] = lose


def an_error_is_swallowed(session: Session) -> None:
    fail = session.fail

    def swallow(fault: errors.Fault) -> None:
        if fault.param != "session.modalities":
            fail(fault)

    session.fail = swallow  # type: ignore[method-assign]


def two_responses_run(session: Session) -> None:
    create = session.replies.create

    def another(event: Any) -> None:
        if session.replies._next is not None:
            session.replies._next.cancelled = True  # the first one is never heard of again
            session.replies._response = None
        create(event)

    session._handlers["response.create"] = another


def an_item_id_comes_again(session: Session) -> None:
    show = session.conversation.show

    def again(item: Any, *rest: Any) -> None:
        first = session.memory.setdefault("first item", item["id"])
        show({**item, "id": first} if item.get("role") == "user" else item, *rest)

    session.conversation.show = again  # type: ignore[method-assign,assignment]


def clear_does_not_answer(session: Session) -> None:
    session._handlers["input_audio_buffer.clear"] = lambda event: session.turns.buffer.clear()


def finish_answers_twice(session: Session) -> None:
    finish = session._finish

    def twice(event: Any) -> None:
        session.emit("session.finished")
        finish(event)

    session._handlers["session.finish"] = twice


def usage_does_not_add_up(session: Session) -> None:
    emit = session.emit

    def wrong(kind: str, **fields: Any) -> None:
        usage = fields.get("response", {}).get("usage") if kind == "response.done" else None
        if usage and session.memory.setdefault("responses", 0):
            usage["total_tokens"] += 1
        if usage:
            session.memory["responses"] += 1
        emit(kind, **fields)

    session.emit = wrong  # type: ignore[method-assign]


DEFECTS: tuple[Plant, ...] = (
    cancel_leaves_the_response_open,
    commit_loses_the_buffer,
    an_error_is_swallowed,
    two_responses_run,
    an_item_id_comes_again,
    clear_does_not_answer,
    finish_answers_twice,
    usage_does_not_add_up,
)
