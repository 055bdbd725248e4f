"""Findings: grouped by cause, worst first."""

from __future__ import annotations

from dataclasses import replace

from conformance.judge import finding as data
from conformance.report.case import Case
from conformance.report.findings import findings
from conformance.report.html_text import cut, one_line, prose, told, visible


def case(check: str, verdict: str = "fail", level: str = "MUST", detail: str = "it is 7", **more: str) -> Case:
    return Case(check, level, verdict, detail, more.get("conversation", "a/B"), 0.0, more.get("owner"))


def test_one_cause_is_one_finding() -> None:
    found = findings(
        [case("A-001"), case("A-002", detail="it is 8", conversation="a/C"), case("A-003", detail="no")], {}
    )
    assert [[item.id for item in finding.cases] for finding in found] == [["A-001", "A-002"], ["A-003"]]
    assert found[0].breadth == "in 2 conversations"


def test_bare_assertions_have_causes_of_their_own() -> None:
    bare = "the check's assertion does not hold"
    assert len(findings([case("A-001", detail=bare), case("A-002", detail=bare)], {})) == 2


def test_worst_comes_first() -> None:
    judged = [case("A-001", level="MAY"), case("B-001", level="SHOULD"), case("C-001"), case("D-001", "error"),
              case("E-001", detail="x"), case("E-002", "blocked", owner="E-001"),
              case("E-003", "blocked", owner="E-002")]  # fmt: skip
    found = findings(judged, {})
    assert [item.first.id for item in found] == ["D-001", "E-001", "C-001", "B-001", "A-001"]
    assert [item.id for item in found[1].blocked] == ["E-002", "E-003"]


def test_what_hangs_on_one_cause_is_one_finding_and_comes_first() -> None:
    judged = [case("A-001"), case("B-001", level="SHOULD"), case("B-002", "blocked"), case("C-001", "inconclusive"),
              case("D-001", "blocked")]  # fmt: skip
    causes = [{"words": "no update is in force", "checks": ["B-001", "B-002"]}, {"words": "deaf", "checks": ["D-001"]}]
    first, second, third = findings(judged, {"causes": causes})
    assert (first.cause, first.word) == ("no update is in force", "One cause of 1 failed check (1 SHOULD)")
    assert [[item.id for item in found] for found in (first.cases, first.blocked)] == [["B-001"], ["B-002"]]
    assert (second.cause, second.word) == ("deaf", "One cause of what could not be judged")
    assert [item.id for item in second.cases] == ["D-001"]
    assert [item.id for item in third.cases] == ["A-001"]


def test_a_cause_is_seen_where_it_was_seen_and_generated_conversations_speak_for_it_last() -> None:
    judged = [case("FUZ-001", conversation=""), case("GEN-002", conversation="")]
    causes = [{"words": "deaf", "checks": ["FUZ-001", "GEN-002"], "conversations": ["a/1", "a/2", "a/3"]}]
    (found,) = findings(judged, {"causes": causes})
    assert found.first.id == "GEN-002"
    assert found.breadth == "in 3 conversations"


def test_a_cause_is_told_by_the_check_that_shows_it_most_often() -> None:
    """Another of them tells what follows from it: where all is binary, "no events came"."""
    judged = [
        case("CON-001"),
        replace(case("GEN-002"), places=109),
        replace(case("ISO-001", level="SHOULD"), places=200),
    ]
    (found,) = findings(judged, {"causes": [{"words": "x", "checks": ["CON-001", "GEN-002", "ISO-001"]}]})
    assert [one.id for one in found.cases] == ["GEN-002", "CON-001", "ISO-001"]


def test_known_and_new_are_told_apart() -> None:
    verdicts = [{"id": "A-001", "verdict": "accepted"}, {"id": "B-001", "verdict": "fail"}]
    found = findings([case("A-001", "accepted"), case("B-001")], {"drift": {}, "cases": verdicts})
    assert [(item.first.id, item.status) for item in found] == [("B-001", "new"), ("A-001", "known")]


def test_a_finding_is_known_as_long_as_the_oldest_of_its_checks_and_a_new_one_is_new() -> None:
    cause = {"words": "deaf", "checks": ["A-001", "A-002", "B-001"]}
    older, younger = (replace(case(f"A-00{n}", "accepted"), since=f"2026-0{n}-01") for n in (1, 2))
    said = [{"id": one.id, "verdict": "accepted"} for one in (older, younger)]
    same = [replace(one, detail="the same words") for one in (younger, older)]
    (known,) = findings(same, {"drift": {}, "cases": said})
    assert (known.status, known.since, known.against) == ("known", "2026-01-01", "known since 2026-01-01")
    made = {"drift": {}, "cases": [*said, {"id": "B-001", "verdict": "fail"}], "causes": [cause]}
    new = findings([case("B-001")], made)[0]
    assert (new.status, new.since, new.against) == ("new", "", "new")


def test_text_is_made_visible_and_short() -> None:
    assert visible("a\x00\u202eb\n") == "a␀⟨U+202E⟩b\n"
    assert cut("x" * 3000).endswith("… (cut here; 3,000 characters in all)")
    assert one_line("a\n  b") == "a b"
    assert prose("`a` <b>") == "<code>a</code> &lt;b&gt;"


def test_words_and_assertion_are_told_apart() -> None:
    assert told("it is 7\nassert 7 == 8\n +  where 7 = f()") == ("it is 7", "assert 7 == 8\n +  where 7 = f()")
    assert told("assert 7 == 8\n +  where") == ("assert 7 == 8", "assert 7 == 8\n +  where")
    assert told("no words") == ("no words", "")


def test_a_rule_names_its_conversations() -> None:
    detail = "a/B: resp_1: 3; c/D: resp_2: 4; c/D: resp_3: 4 (and 33 more)\nassert not 'a'"
    (found,) = findings([case("GEN-001", detail=detail, conversation="")], {})
    assert found.places == [("a/B", "resp_1: 3"), ("c/D", "resp_2: 4"), ("c/D", "resp_3: 4 (and 33 more)")]
    assert found.breadth == "in at least 2 conversations"


def found(conversation: str, seen: str, cause: str = "") -> data.Finding:
    return data.Finding("A-001", conversation, 0, 3, "It holds.", seen, cause=cause)


def failed(check: str, *said: data.Finding, places: int = 0, conversation: str = "a/B") -> Case:
    made = case(check, detail="; ".join(one.seen for one in said), conversation=conversation)
    return replace(made, findings=said, places=places or len(said))


def test_the_same_cause_is_one_finding_whatever_the_words() -> None:
    one, two = found("a/B", "it is 7", "it is #"), found("a/C", "it is resp_abc", "it is #")
    other = found("a/B", "it is 7", "it was #")
    groups = findings([failed("A-001", one), failed("A-002", two), failed("A-003", other)], {})
    assert [[item.id for item in group.cases] for group in groups] == [["A-001", "A-002"], ["A-003"]]


def test_without_a_cause_a_failure_stands_for_itself() -> None:
    same = found("a/B", "it is 7")
    assert len(findings([failed("A-001", same), failed("A-002", same)], {})) == 2


def test_no_words_of_a_server_are_taken_for_a_place() -> None:
    forged = found("a/B", "the text is 'x; closing/Idle: y (and 9 more)'")
    (group,) = findings([failed("GEN-001", forged, conversation="")], {})
    assert group.places == [("a/B", forged.seen)]
    assert group.breadth == "in 1 conversation"


def test_places_that_were_not_kept_are_counted() -> None:
    (group,) = findings([failed("GEN-001", found("a/B", "x"), places=2, conversation="")], {})
    assert group.breadth == "in at least 1 conversation"
