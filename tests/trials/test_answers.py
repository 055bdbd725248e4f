"""The answers in words, for every way in which a platform may list, finish and bill."""

from __future__ import annotations

import pytest

from conformance.judge.checks import load
from conformance.mock.options import MockOptions
from conformance.report.answers import in_words
from conformance.report.case import Case
from conformance.report.closing import row
from conformance.trial import Result, Trial, failures, run

HELD = tuple(f"closing/{name}" for name in ("FinishIdle", "FinishThenClose", "FinishThenDrop", "AfterResponse", "Rst"))
STATUS = ("finish_required", "clean_close_ok", "cancelled", "pending_until_finish", "absent_unless_success")
FINISH = ("error", "finished", "silent", "closed")
SILENCE = {
    "none": "No: idle audio is not billed.",
    "all": "Yes: idle audio is billed",
    "padding": "up to the padding",
    "quarter": "Billed in part",
}
FIRST = {
    "error": "No: for this model this endpoint refuses `session.finish` with an `error`.",
    "finished": "Yes: for this model this endpoint answers `session.finish` with `session.finished`.",
    "silent": "nothing answers `session.finish`",
    "closed": "For this model the server closes the connection when it gets `session.finish`",
}
CLOSED = {
    "finish_required": "Failed (client error)",
    "clean_close_ok": "Succeeded",
    "cancelled": "Cancelled",
    "pending_until_finish": "In progress",
    "absent_unless_success": "Not listed at all",
}


def answers(result: Result) -> list[str]:
    levels = load().checks
    cases = [
        Case(
            key,
            levels[key].level,
            said.verdict,
            said.detail,
            levels[key].conversation or "",
            0.0,
            said.owner,
            said.outcome,
        )
        for key, said in result.outcomes.items()
    ]
    return [
        f"{one.text} Unknown: {one.unknown}"
        for one in in_words(cases, [row(item) for item in result.transcripts.values() if item.path])
    ]


def listed(path: str, text: str) -> str:
    """The status under which a path stands in the text."""
    return next((part.split(":")[0].strip() for part in text.split(".") if f"`{path}`" in part), "")


def test_silence_is_answered_as_it_is_billed() -> None:
    trials = [Trial(("usage/Silence",), mock=MockOptions(silence_billing=side)) for side in SILENCE]  # type: ignore[arg-type]
    noise = {"none": "not-billed", "padding": "not-billed", "quarter": "in-part", "all": "billed"}
    for (side, told), result in zip(SILENCE.items(), run(trials), strict=True):
        assert told in answers(result)[2]
        assert {result.outcomes[key].outcome for key in ("Q-NOISE-BILLED", "Q-LOUD-NOISE-BILLED")} == {noise[side]}


MOMENTS = {
    "error": ("refused", "refused", "refused"),
    "finished": ("dropped", "unanswered", "finished"),
    "silent": ("silent", "silent", "silent"),
    "closed": ("closed", "closed", "closed"),
}


def test_finish_is_asked_at_every_moment_and_the_last_lines_end_a_session() -> None:
    held = ("closing/FinishIdle", "closing/FinishMidUtterance", "closing/FinishWithAudio", "usage/AudioOut")
    trials = [Trial(held, mock=MockOptions(switches={"finish": side})) for side in FINISH]
    for finish, result in zip(FINISH, run(trials), strict=True):
        questions = ("Q-FINISH-MID-UTTERANCE", "Q-FINISH-UNANSWERED", "Q-FINISH-AUDIO-MODE")
        assert tuple(result.outcomes[question].outcome for question in questions) == MOMENTS[finish]
        assert failures(result.outcomes) == {}
        first = answers(result)[0]
        assert ("what was said is lost" in first) == (finish == "finished")
        assert "meets something else" not in first


@pytest.mark.parametrize("policy", STATUS)
def test_the_answers_are_right_for_every_policy(policy: str) -> None:
    trials = [Trial(HELD, mock=MockOptions(switches={"finish": side}, status_policy=policy)) for side in FINISH]  # type: ignore[arg-type]
    for finish, result in zip(FINISH, run(trials), strict=True):
        first, second, _ = answers(result)
        assert FIRST[finish] in first
        finished = finish == "finished"
        assert ("wait for `session.finished`, then a close frame" in first) == finished
        if policy == "absent_unless_success" and not finished:
            # Neither control is listed: nothing can be said of anything.
            assert "the platform told the status of no session" in second
            assert "neither finish-then-close nor drop-rst has a row" in second
            continue
        assert listed("close-1000-after-response", second) == CLOSED[policy], second
        if finished:
            assert listed("finish-then-close", second) == "Succeeded"
            assert listed("finish-then-drop", second) == "Succeeded"
        dropped = "Failed (client error)" if policy in {"clean_close_ok", "cancelled"} else CLOSED[policy]
        assert listed("drop-rst", second) == dropped, second
        if policy == "finish_required":
            lesson = (
                "Only a session that was finished counts"
                if finished
                else "no way that this run tried ends in a success"
            )
            assert lesson in second
