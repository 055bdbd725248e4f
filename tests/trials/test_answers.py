"""The answers, held to what the mock was told to do: every switch, policy and billing, and quirks that mislead."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from conformance.judge import silence_cost
from conformance.judge.checks import load
from conformance.mock.options import MockOptions
from conformance.mock.quirks import REGISTRY
from conformance.mock.switches import known
from conformance.report.answer import MOST_WORDS
from conformance.report.answers import InWords, in_words
from conformance.report.case import Case
from conformance.report.closing import row
from conformance.report.supported import supported
from conformance.spec.catalogue import questions
from conformance.spec.profiles import DEFAULT_MODEL, profile_for
from conformance.trial import Result, Trial, run

FINISH = tuple(f"closing/{name}" for name in ("FinishIdle", "FinishThenClose", "FinishActive"))
HELD = (*FINISH, *(f"closing/{name}" for name in ("Idle", "AfterResponse", "Rst", "ApplicationCode")))
BILLED = ("usage/Silence", "usage/AudioIn")
ASKED = [asdict(question) for question in questions().values()]

REMAINS = "a close frame 1000, answered by 1000, is a compliant end"
REFUSED = ("partly", f"Partly: `session.finish` is refused, but {REMAINS}.")
SILENT = ("partly", f"Partly: nothing answers `session.finish`, but {REMAINS}.")
ACCEPTED = (
    "yes",
    "Yes: `session.finished` answers `session.finish`, and a close frame then ends the connection cleanly.",
)
HUNG_UP = ("yes", "Yes: `session.finished` answers `session.finish`, and the server then closes the connection.")
CLOSED = (
    "partly",
    ("Partly: `session.finish` is met by a close when idle, but refused during a reply; a close 1000 is compliant."),
)
FAILED = ("no", "All N ways of closing tried count as failed (client error).")
ONLY_FINISHED = ("yes", "`session.finish` counts as succeeded, every other way tried as failed (client error).")
UNTOLD = ("unknown", "Not known: the platform told the status of no session of this run.")
UNWALKED = ("unknown", "Not known: no way of closing was carried out to its end in this run.")
UNHEARD = ("unknown", "Not known: nothing in this run shows how `session.finish` is answered.")


def answers(result: Result) -> list[InWords]:
    checks = load().checks
    cases = [
        Case(key, checks[key].level, said.verdict, said.detail, checks[key].conversation or "", 0.0, said.owner,
             said.outcome, findings=said.findings, places=said.places)
        for key, said in result.outcomes.items()
    ]  # fmt: skip
    cases = supported(cases)
    paths = [row(item) for item in result.transcripts.values() if item.path]
    silence = result.transcripts.get("usage/Silence")
    points = silence_cost.points(silence) if silence is not None else []
    found = in_words(cases, paths, questions=ASKED, silence=points, rate=profile_for(DEFAULT_MODEL).audio_in_rate)
    for answer in found:
        assert len(answer.text.split()) <= MOST_WORDS, answer.text
        assert answer.text.rstrip(".").count(". ") == 0, "one sentence"
        assert len(answer.code.splitlines()) <= 5
        assert answer.todo
        assert max(len(sentence.split()) for sentence in answer.todo.split(". ")) <= MOST_WORDS, answer.todo
    return found


def counted(answer: InWords) -> str:
    """Its sentence; how many ways of closing there are is for the list of them to say."""
    number = re.match(r"All (\d+) ways", answer.text)
    assert number is None or int(number[1]) == len(answer.conversations) > 1
    return re.sub(r"^All \d+", "All N", answer.text)


OTHERS = {"GEN-017", "GEN-057", "GEN-058", "GEN-060", "GEN-061"}
"""The rules of other chapters that an answer names."""


def judged(*conversations: str) -> frozenset[str]:
    """What these conversations are judged by, as far as an answer can rest on it."""
    return frozenset(
        check.id
        for check in load().checks.values()
        if check.conversation in conversations or check.id.startswith("CLO-") or check.id in OTHERS
    )


def held(**options: Any) -> Trial:
    """What shows how `session.finish` is answered and which status is left, before a mock with these options."""
    return Trial(HELD, mock=MockOptions(**options), checks=judged(*HELD))


def told(trials: list[Trial]) -> list[list[tuple[str, str]]]:
    """The mark and the sentence of each answer, a list for each trial."""
    return [[(answer.mark, counted(answer)) for answer in answers(result)] for result in run(trials)]


def against(answer: InWords) -> str:
    return " ".join(one.text for one in answer.how if one.basis == "but")


# -- what a mock is told to do, and what is told of it

LISTED = {
    # policy: (where `session.finish` is not accepted, where it is)
    "finish_required": (FAILED, ONLY_FINISHED),
    "clean_close_ok": (
        ("yes", "A close frame 1000 or 1001 counts as succeeded, every other way tried as failed (client error)."),
        ("yes", ("`session.finish` or a close frame 1000 or 1001 counts as succeeded, every other way tried as "
         "failed (client error).")),
    ),
    "cancelled": (
        ("no", "A close frame 1000 or 1001 counts as cancelled, every other way tried as failed (client error)."),
        ("yes", ("`session.finish` counts as succeeded, a close frame 1000 or 1001 as cancelled, every other way "
         "tried as failed (client error).")),
    ),
    "pending_until_finish": (
        ("no", "All N ways of closing tried count as in progress."),
        ("yes", "`session.finish` counts as succeeded, every other way tried as in progress."),
    ),
    "absent_unless_success": (
        UNTOLD,  # neither control is listed: nothing can be said of anything
        ("yes", "`session.finish` counts as succeeded, every other way tried is unlisted."),
    ),
}  # fmt: skip


def test_finish_and_status_are_told_as_the_mock_was_told() -> None:
    sides = {"error": REFUSED, "silent": SILENT, "finished": ACCEPTED}
    walk = [(side, policy) for side in sides for policy in LISTED]
    trials = [held(switches={"finish": side}, status_policy=policy) for side, policy in walk]
    for (side, policy), found in zip(walk, told(trials), strict=True):
        assert found[:2] == [sides[side], LISTED[policy][side == "finished"]], (side, policy)


SPECIAL = {
    # switch: what it changes in the first and the second answer (None: nothing)
    ("finish", "finished"): (ACCEPTED, ONLY_FINISHED),
    ("finish", "silent"): (SILENT, None),
    ("finish", "closed"): (CLOSED, None),
    ("finish-active", "finished-after-response"): (
        ("partly", ("Partly: `session.finish` is refused when idle, but accepted during a reply; a close 1000 "
         "is a compliant end.")),
        ONLY_FINISHED,
    ),
    ("finish-active", "finished-at-once"): (
        ("partly", ("Partly: `session.finish` is refused when idle, but accepted during a reply; a close 1000 "
         "is a compliant end.")),
        ONLY_FINISHED,
    ),
    ("finish-active", "silent"): (
        ("partly", ("Partly: `session.finish` is refused when idle, but not answered during a reply; a close 1000 "
         "is a compliant end.")),
        None,
    ),
    ("close-status", "clean-close-ok"): (None, LISTED["clean_close_ok"][0]),
    ("close-status", "cancelled"): (None, LISTED["cancelled"][0]),
    ("close-status", "pending-until-finish"): (None, LISTED["pending_until_finish"][0]),
    ("close-status", "absent-unless-success"): (None, UNTOLD),
    ("empty-session-status", "succeeded"): (
        None,
        ("yes", ("A close frame 1000 or 1001 without a reply counts as succeeded, every other way tried as "
         "failed (client error).")),
    ),
    **dict.fromkeys(
        [("empty-session-status", side) for side in ("absent", "cancelled", "in-progress")],
        (None, ("no", ("A close frame 1000 or 1001 without a reply is unlisted, every other way tried counts as "
                "failed (client error)."))),
    ),
}  # fmt: skip
"""`empty-session-status` `cancelled` and `in-progress` are no sides of the mock's: it then lists nothing."""


def test_every_switch_changes_only_what_it_is_about() -> None:
    trials = [held(switches=dict([pair])) for pair in SPECIAL]
    for pair, found in zip(SPECIAL, told(trials), strict=True):
        first, second = SPECIAL[pair]
        assert found[:2] == [first or REFUSED, second or FAILED], pair

    rest = [(name, side) for name, sides in known().items() for side in sides[1:] if (name, side) not in SPECIAL]
    batches: list[dict[str, str]] = []
    for name, side in rest:  # many in one mock, no switch twice
        home = next((batch for batch in batches if name not in batch and len(batch) < 16), None)
        if home is None:
            batches.append({name: side})
        else:
            home[name] = side
    assert sum(map(len, batches)) == len(rest)
    for batch, found in zip(batches, told([held(switches=one) for one in batches]), strict=True):
        assert found[:2] == [REFUSED, FAILED], batch


# -- silence


def test_silence_is_told_as_it_is_billed() -> None:
    free = "costs 12 audio tokens, whether or not 15 s of silence came before it."
    sides = {
        "none": ("no", f"No: a spoken turn {free}"),
        "all": ("yes", "Yes: a second of streamed silence costs 7.0 input tokens, as much as speech."),
        "quarter": (
            "partly",
            "Partly: a second of streamed silence costs 1.8 input tokens, 26% of the documented price of speech.",
        ),
        "padding": (
            "partly",
            "Partly: silence that belongs to a detected turn is billed, silence between turns is not.",
        ),
    }
    noise = {"none": "not-billed", "padding": "not-billed", "quarter": "in-part", "all": "billed"}
    trials = [Trial(BILLED, mock=MockOptions(silence_billing=side), checks=judged(*BILLED)) for side in sides]  # type: ignore[arg-type]
    for (side, said), result in zip(sides.items(), run(trials), strict=True):
        third = answers(result)[2]
        assert (third.mark, third.text) == said
        assert {result.outcomes[key].outcome for key in ("Q-NOISE-BILLED", "Q-LOUD-NOISE-BILLED")} == {noise[side]}


def test_a_wrong_rate_is_not_told_as_padding() -> None:
    """Twice the tokens for the same speech look like the silence around it, to whoever sees the sum alone."""
    lies = ("heard-audio-costs-twice", "heard-audio-is-free")
    double, free = run([Trial(BILLED, mock=MockOptions(quirks=(lie,)), checks=judged(*BILLED)) for lie in lies])
    assert double.outcomes["Q-SILENCE-BILLED"].outcome == "padding"  # as far as its conversation goes
    third = answers(double)[2]
    assert third.mark == "no"
    assert third.text.startswith("No: a spoken turn costs 24 audio tokens, whether or not 15 s")
    assert "not billed at the documented rate" in against(third)
    assert answers(free)[2].text == "Not known: the usage shows no audio tokens, not even for speech."


# -- quirks: what tries to mislead

UNCLEAN = "No: `session.finish` is refused, and no end tried is compliant: a close frame 1000"
MISLEADING = {
    "finish-refused-and-accepted": (
        ("partly", (f"Partly: one `session.finish` gets both an `error` and `session.finished`; {REMAINS}.")),
        None,
        "Both `error` and `session.finished`",
    ),
    "finish-ignored": (SILENT, None, "not answered within five seconds"),
    "finish-deafens": (None, None, "`session.update` is not answered"),
    "close-not-answered": (("no", f"{UNCLEAN} gets no valid answer."), None, ""),
    "close-answered-by-1001": (("no", f"{UNCLEAN} is answered by 1001."), None, ""),
    "close-with-1005": (("no", f"{UNCLEAN} gets no valid answer."), None, ""),
    "holds-the-line": (
        ("partly", ("Partly: `session.finish` is refused; a close frame 1000 is only partly compliant: TCP stays "
         "open after its answer.")),
        None,
        "did not end TCP",
    ),
    "hangs-up": (None, None, "the server left with 1000 before the client could"),
    "greets-nobody": (UNHEARD, UNWALKED, ""),
    "greeting-without-id": (None, UNTOLD, ""),
    "same-session-id": (None, UNTOLD, ""),
    "ledger-loses-sessions": (
        None,
        ("no", "Leaving without a close frame counts as failed (client error), every other way tried is unlisted."),
        "missing from the platform's list",
    ),
    "ledger-names-another": (
        None,
        ("partly", "Partly known: the one way of closing whose status was told counts as failed (client error)."),
        "",
    ),
    "ledger-counts-twice": (None, None, "not the sum of the replies'"),
    "error-kills-connection": (
        None,
        ("no", ("A close by the server with 1011 counts as failed (server error), every other way tried as failed "
         "(client error).")),
        "`session.update` is not answered",
    ),
}  # fmt: skip
"""A quirk: the first answer, the second (None: as if it were not there), and what is told against them."""


def test_quirks_do_not_mislead() -> None:
    quiet = [name for name, quirk in sorted(REGISTRY.items()) if quirk.chapter in {"03", "05", "06", "07", "13"}]
    quiet = [name for name in quiet if name not in MISLEADING][::12]
    results = run([held(quirks=(name,)) for name in (*MISLEADING, *quiet)])
    for name, result in zip((*MISLEADING, *quiet), results, strict=True):
        first, second, but = MISLEADING.get(name, (None, None, ""))
        found = answers(result)
        assert [(one.mark, counted(one)) for one in found[:2]] == [first or REFUSED, second or FAILED], name
        assert but in against(found[0]) + against(found[1]), name


# -- advice, held to the findings of the same run

CLOSES = (*HELD, *(f"closing/{name}" for name in
          ("MidResponse", "BufferedAudio", "BeforeCreated", "JavaBye", "CancelThenClose")))  # fmt: skip
BREAKS = {
    "CLO-001": "on an idle session",
    "CLO-007": "",
    "CLO-008": "with audio waiting",
    "CLO-012": "",
    "CLO-013": "",
    "CLO-017": "",
    "CLO-018": "after a reply",
    "CLO-019": "after a cancel",
    "GEN-061": "",
}
"""Clauses whose failure says that a close 1000 does not end a session properly, and when; empty: never mind when."""
AVOIDED = {"CLO-007", "CLO-013", "CLO-017"}
"""Of these, what nobody meets who waits for `response.done` and closes with no words."""
BARE = re.compile(r"close with 1000(?:; leave `session.finish` out)?[.;] ?", re.IGNORECASE)
"""Advice that expects nothing but a proper end."""


def closing() -> list[str]:
    """Every quirk that touches how a connection ends; what is listed of it afterwards is another matter."""
    hooks = {"close_frame", "at_close", "hold", "reason"}
    return sorted(
        name
        for name, quirk in REGISTRY.items()
        if (quirk.chapter == "11" and quirk.hooks.keys() != {"row"}) or hooks & quirk.hooks.keys()
    )


def test_advice_contradicts_no_finding_of_its_run() -> None:
    names = closing()
    trials = [
        Trial(tuple(dict.fromkeys((*CLOSES, *REGISTRY[name].touches))),
              mock=MockOptions(quirks=(name,), switches=dict(switches)), checks=judged(*CLOSES))
        for name in names
        for switches in ({}, {"finish": "finished"})
    ]  # fmt: skip
    spoiled = set()
    for result in run(trials):
        first, second, _ = answers(result)
        broken = {key for key in BREAKS if result.outcomes[key].verdict == "fail"}
        what = (result.trial.mock.quirks, result.trial.mock.switches, sorted(broken), first.text, first.todo)
        if broken and first.mark != "yes":
            assert REMAINS not in first.text, what
        for advice in (first.todo, second.todo):
            assert not (broken - AVOIDED and BARE.search(advice)), (what, second.todo)
        if broken:
            spoiled |= set(result.trial.mock.quirks)
            assert any(one.basis == "but" or "on 0 of" in one.text or " of " in one.text for one in first.how), what
        else:
            assert "1000" not in first.todo or BARE.search(first.todo), what
    assert spoiled > {
        "close-not-answered",
        "talks-after-its-close",
        "close-with-audio-not-answered",
        "bye-not-answered",
    }
