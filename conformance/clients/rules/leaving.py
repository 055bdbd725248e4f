"""How a client leaves: the finish handshake, the close frame, and in which state."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.clients.rules.base import Finding, rule
from conformance.clients.view import Played, Session
from conformance.judge.leaving import finish

PATIENCE_MS = 30_000
"""The SDKs wait 20 s for the answer to `session.finish`."""
NEVER_SENT = {1004, 1005, 1006, 1015}


def _moved(played: Played) -> Iterator[Session]:
    """Sessions that the client moved to end; who was killed has not moved."""
    killed = (played.program or {}).get("stopped") == "SIGKILL"
    return (session for session in played.sessions if session.by_client and not killed)


@rule("CLI-080", "sent no session.finish")
def nothing_follows_a_finish(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        finishes = session.said("session.finish")
        if finishes:
            # Where it is refused, the session goes on, and so may the client.
            refused = session.next(finishes[0], "error") if finish(session.leg) == "refused" else None
            end = refused.index if refused is not None else len(session.frames)
            later = [frame for frame in session.messages if finishes[0].index < frame.index < end]
            yield (
                session.told(later[0], f"sends {later[0].type or 'a message'} after session.finish") if later else None
            )


@rule("CLI-081", "sent no close frame")
def nothing_follows_a_close(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        close = session.close_sent
        if close is not None:
            later = [frame for frame in session.messages if frame.index > close.index]
            yield (
                session.told(later[0], f"sends {later[0].type or 'a message'} after its close frame") if later else None
            )


@rule("CLI-082", "was never closed by the server")
def closes_are_answered(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        if session.leg.ending.first == "server" and session.close_received is not None:
            yield (
                None
                if session.close_sent is not None
                else session.told(session.close_received, "does not answer the server's close frame")
            )


@rule("CLI-083", "sent no session.finish")
def the_answer_is_awaited(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        for sent in session.said("session.finish")[:1]:
            answer = session.next(sent, "session.finished", "error")
            close = session.close_sent
            ended = close.at if close is not None else session.leg.ending.seconds and session.frames[-1].at
            stopped = (played.program or {}).get("timed_out")
            quick = session.by_client and not stopped and answer is None and (ended or sent.at) - sent.at < 1000
            yield session.told(sent, "leaves at once after session.finish, before its answer") if quick else None


@rule("CLI-084", "had no session.finish unanswered")
def the_answer_is_not_awaited_for_ever(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        for sent in session.said("session.finish")[:1]:
            if session.next(sent, "session.finished", "error") is None:
                close = session.close_sent
                waited = (close.at if close is not None else session.frames[-1].at) - sent.at
                stopped = bool(played.program and played.program.get("timed_out"))
                yield (
                    session.told(sent, "waits for the answer to session.finish until it is stopped")
                    if stopped
                    else session.told(sent, f"waits {waited / 1000:.0f} s for the answer to session.finish")
                    if waited > PATIENCE_MS
                    else None
                )


@rule("CLI-085", "never moved to end a session that was idle")
def it_says_goodbye(played: Played) -> Iterator[Finding]:
    for session in _moved(played):
        if session.turns.active_at(len(session.frames)) is None:
            gone = session.close_sent is None and finish(session.leg) != "accepted"
            why = f": {session.leg.ending.problem}" if session.leg.ending.problem else ""
            yield session.told(session.latest, f"leaves without a close frame{why}") if gone else None


@rule("CLI-086", "never moved to end a session")
def replies_are_not_torn_off(played: Played) -> Iterator[Finding]:
    for session in _moved(played):
        torn = session.close_sent is None and session.turns.active_at(len(session.frames)) is not None
        yield session.told(session.latest, "drops the connection in the middle of a reply") if torn else None


@rule("CLI-087", "sent no close frame")
def close_codes_may_be_sent(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        code = session.leg.ending.code_sent
        if code is not None and session.close_sent is not None and len(session.close_sent.data) >= 2:
            real = int.from_bytes(session.close_sent.data[:2], "big")
            never = real in NEVER_SENT or not 1000 <= real < 5000
            yield session.told(session.close_sent, f"closes with {real}, which is never sent") if never else None


@rule("CLI-088", "closed nothing by itself")
def a_normal_end_has_a_normal_code(played: Played) -> Iterator[Finding]:
    for session in _moved(played):
        code = session.leg.ending.code_sent
        if code is not None and code not in NEVER_SENT:
            yield None if code in {1000, 1001} else session.told(session.close_sent, f"closes with {code}")


@rule("CLI-089", "closed nothing by itself")
def replies_are_ended_before_the_close(played: Played) -> Iterator[Finding]:
    for session in _moved(played):
        close = session.close_sent
        if close is not None and played.ordinary:
            cut = session.turns.active_at(close.index)
            stopped = session.said("response.cancel")
            yield (
                session.told(close, "closes in the middle of a reply: its usage is never told")
                if cut and not stopped
                else None
            )


@rule("CLI-090", "closed nothing by itself after a turn")
def a_finish_is_offered(played: Played) -> Iterator[Finding]:
    for session in _moved(played):
        if session.heard("response.done") and played.ordinary:
            yield (
                None
                if session.said("session.finish")
                else session.told(session.close_sent, "closes without session.finish")
            )


@rule("CLI-091", "was never told to end")
def it_ends_when_told(played: Played) -> Iterator[Finding]:
    ran = played.program or {}
    if ran.get("timed_out"):
        stopped = ran.get("stopped")
        yield None if stopped == "SIGINT" else f"went on after SIGINT and ended by {stopped}"


@rule("CLI-092", "ran in no scenario that is kind, or is not known to have run")
def it_ends_well(played: Played) -> Iterator[Finding]:
    ran = played.program
    if ran is not None and played.kind and played.sessions and not _was_refused(played):
        bad = ran.get("code") and not ran.get("stopped") and not ran.get("interrupted")
        yield f"the program {ran.get('ended')}" if bad else None


@rule("CLI-093", "had no session.finish refused")
def a_refused_finish_is_an_answer(played: Played) -> Iterator[Finding]:
    ran = played.program
    if ran is None or not played.kind or not _was_refused(played):
        return
    # A program that ends so where it was accepted, too, has another reason, and another clause tells it.
    anyway = any((run.program or {}).get("code") for run in played.runs if run.scenario == "finish-accepted")
    bad = ran.get("code") and not ran.get("stopped") and not anyway
    yield f"session.finish was refused, and the program {ran.get('ended')}" if bad else None


def _was_refused(played: Played) -> bool:
    return any(finish(session.leg) == "refused" for session in played.sessions)
