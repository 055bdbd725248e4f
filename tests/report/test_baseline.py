"""A baseline: what it accepts, what it notices, and how it is written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.judge.finding import Finding
from conformance.report import html, junit, markdown, sarif
from conformance.report.baseline import Baseline, BaselineError, compare, dump, load, made, way
from conformance.report.case import Case
from conformance.report.findings import findings
from conformance.report.record import Record, read
from conformance.report.shapes import changes, joined, shapes
from conformance.report.summary import cases, summary
from support import records


def judged(folder: Path, content: Baseline | None = None, **lines: Any) -> tuple[Record, dict[str, Any]]:
    """A run with the usual failures, changed by `lines`, and its summary against a baseline."""
    said = records.verdicts({**records.USUAL, **{key.replace("_", "-"): line for key, line in lines.items()}})
    folder.mkdir(exist_ok=True)
    record = read(records.write(folder, records.conversations(), said))
    if content is not None:
        record.baseline = content.to_json()
    return record, summary(record)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Baseline:
    record, _ = judged(tmp_path_factory.mktemp("known"))
    return made(record, cases(record))


def test_what_is_known_conforms(tmp_path: Path, known: Baseline) -> None:
    _, found = judged(tmp_path, known)
    assert found["verdict"] == "conforms"
    assert found["exit"] == 0
    assert found["counts"]["accepted"] == len(known.accepted) == 5
    assert "fail" not in found["counts"]
    assert found["headline"].startswith("Conforms with 5 accepted exceptions: ")
    assert not any(entries for name, entries in found["drift"].items() if name != "not_judged")


def test_without_a_baseline_the_same_run_fails(tmp_path: Path) -> None:
    _, found = judged(tmp_path)
    assert found["exit"] == 1
    assert "drift" not in found


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        ({"SES_002": {"verdict": "fail", "detail": "no answer"}}, "new_failures", "SES-002: no answer"),
        ({"CLO_009": {"verdict": "fail", "detail": "answered by 1001"}}, "failed_in_another_way", "answered by 1001"),
        ({"CLO_009": {"verdict": "pass"}}, "unexpected_passes", "CLO-009 passes"),
        (
            {"Q_FINISH": {"verdict": "observed", "outcome": "error", "detail": "client_error"}},
            "changed_answers",
            "was: `session.finished` answers it; and is: An `error` event answers it (client_error)",
        ),
        (
            {"Q_FINISH": {"verdict": "observed", "outcome": "sings", "detail": "la"}},
            "changed_answers",
            "and is: something that no source foresaw (`sings`) (la)",
        ),
    ],
)
def test_a_difference_is_named_and_fails(
    change: dict[str, Any], kind: str, says: str, tmp_path: Path, known: Baseline
) -> None:
    _, found = judged(tmp_path, known, **change)
    assert [entry for entry in found["drift"][kind] if says in entry], found["drift"]
    assert found["exit"] == 1
    assert "differs from the baseline in" in found["headline"]


def test_a_difference_is_told_by_its_first_place_and_how_many_more(known: Baseline, tmp_path: Path) -> None:
    record, _ = judged(tmp_path)
    seen = tuple(Finding("SES-002", "a/B", 0, 3, "8", text) for text in ("it is 7\n  again: x", "it is 9"))
    case = Case("SES-002", "MUST", "fail", "a/B: it is 7; a/B: it is 9", "", 0.0, findings=seen, places=5)
    bare = Case("Q-FINISH", "OBSERVE", "observed", "", "", 0.0, outcome="error")
    found = compare(known, record, [case, bare])
    assert found.new_failures == ["SES-002: it is 7 (and in 4 more places)"]
    assert [entry for entry in found.changed_answers if entry.endswith("event answers it")], "nothing to show for it"
    assert compare(known, record, [replace(case, findings=seen[1:], places=1)]).new_failures == ["SES-002: it is 9"]


def test_a_should_that_is_newly_missed_is_told_and_fails_nothing(tmp_path: Path, known: Baseline) -> None:
    _, found = judged(tmp_path, known, CON_013={"verdict": "fail", "detail": "500 ms"})
    assert found["drift"]["new_missed"] == ["CON-013 (SHOULD): 500 ms"]
    assert found["exit"] == 0


def test_a_failure_that_was_not_judged_is_neither(tmp_path: Path, known: Baseline) -> None:
    _, found = judged(tmp_path, known, CLO_009={"verdict": "inconclusive", "detail": "the network"})
    assert found["exit"] == 0
    assert any("CLO-009" in entry for entry in found["drift"]["not_judged"])


def test_an_entry_about_no_check_is_stale(tmp_path: Path, known: Baseline) -> None:
    content = Baseline(known.model, {**known.accepted, "CLO-999": {"reason": "x", "note": ""}}, known.answers)
    _, found = judged(tmp_path, content)
    assert found["drift"]["stale_entries"] == ["CLO-999 is in the baseline, and there is no such check"]
    assert found["exit"] == 1


def test_figures_and_ids_do_not_make_another_way() -> None:
    assert way("resp_3LqiMpXfHy was answered after 5,204 ms\nassert 1 == 2") == way(
        "resp_ABCDEFGH was answered after 17,1 ms"
    )
    assert way("closed with 1000") == way("closed with 1001")
    assert way("closed") != way("dropped")


@pytest.mark.parametrize(
    ("reason", "detail", "fits"),
    [
        ("closed with *", "closed with 1011: idle", True),
        ("* came after # ms", "session.created came after 6,204 ms", False),
        ("* came after #,# ms", "session.created came after 6,204 ms", True),
        ("closed with *", "dropped", False),
        ("closed [a-z]?", "closed b!", False),
        ("*closed", "closed after all", False),
    ],
)
def test_a_star_stands_for_any_words(reason: str, detail: str, fits: bool) -> None:
    content = Baseline(accepted={"CLO-009": {"reason": reason, "note": ""}})
    assert content.accepts("CLO-009", detail) is fits
    assert not content.accepts("CLO-008", detail)


def test_an_update_keeps_a_reason_that_still_fits(tmp_path: Path) -> None:
    before = Baseline(accepted={"CLO-009": {"reason": "no close frame *", "note": "ours"}})
    record, _ = judged(tmp_path)
    assert made(record, cases(record), before).accepted["CLO-009"] == {"reason": "no close frame *", "note": "ours"}


def test_since_when_a_failure_is_known_stays_as_long_as_it_is_the_same(tmp_path: Path, known: Baseline) -> None:
    assert {entry["since"] for entry in known.accepted.values()} == {records.STARTED[:10]}
    older = replace(known, accepted={key: {**entry, "since": "2026-09-01"} for key, entry in known.accepted.items()})
    record, _ = judged(tmp_path, None, CLO_011={"verdict": "fail", "detail": "another way"})
    after = made(record, cases(record), older).accepted
    assert after["CLO-009"]["since"] == "2026-09-01"
    assert after["CLO-011"]["since"] == records.STARTED[:10]


def test_a_baseline_of_a_recording_is_as_old_as_what_was_recorded(tmp_path: Path) -> None:
    record, _ = judged(tmp_path)
    record.run["replayed"] = {"started": "2026-08-02T01:00:00Z"}
    assert {entry["since"] for entry in made(record, cases(record)).accepted.values()} == {"2026-08-02"}
    record.run["replayed"] = {"started": "some day"}
    assert not any("since" in entry for entry in made(record, cases(record)).accepted.values())


def test_the_page_says_since_when_a_finding_is_known(tmp_path: Path, known: Baseline) -> None:
    dated = {key: {**entry, "since": "2026-09-01"} for key, entry in known.accepted.items()}
    record, found = judged(tmp_path, replace(known, accepted=dated))
    assert html.render(record, found).count("known to the baseline since 2026-09-01") == len(
        findings(cases(record), found)
    )
    assert "known since 2026-09-01)" in markdown.render(record, found)
    assert {case.get("since") for case in found["cases"] if case["verdict"] == "accepted"} == {"2026-09-01"}


def test_a_baseline_without_dates_says_nothing_of_since_when(tmp_path: Path, known: Baseline) -> None:
    bare = {key: {name: entry[name] for name in ("reason", "note")} for key, entry in known.accepted.items()}
    record, found = judged(tmp_path, Baseline.from_json({**known.to_json(), "accepted": bare}))
    page = html.render(record, found)
    assert "known to the baseline</strong>" in page
    assert "known to the baseline since" not in page
    assert not any("since" in case for case in found["cases"])
    assert made(record, cases(record), Baseline(accepted=bare)).accepted == bare  # nobody knows since when


def test_what_is_new_and_what_is_gone_is_dated_by_what_was_accepted(tmp_path: Path, known: Baseline) -> None:
    dated = {key: {**entry, "since": "2026-09-01"} for key, entry in known.accepted.items()}
    changed = {"CLO_009": {"verdict": "pass"}, "CLO_011": {"verdict": "fail", "detail": "another way"}}
    _, found = judged(tmp_path, replace(known, accepted=dated), **changed)
    (gone,) = found["drift"]["unexpected_passes"]
    (other,) = found["drift"]["failed_in_another_way"]
    assert gone.startswith("CLO-009 passes; its failure was accepted since 2026-09-01 as: ")
    assert other.startswith("CLO-011: another way; another failure was accepted since 2026-09-01 as: ")


def test_shapes_have_types_and_no_values(tmp_path: Path) -> None:
    record, _ = judged(tmp_path)
    found = shapes(record)
    assert found["response.done"]["$.response.usage.input_tokens"] == "number"
    assert "sess_0001" not in json.dumps(found)


@pytest.mark.parametrize(
    ("now", "says"),
    [
        ({"$": "object", "$.id": "string", "$.new": "null"}, ["a: `$.new` was added (null)"]),
        ({"$": "object"}, ["a: `$.id` was removed (string)"]),
        ({"$": "object", "$.id": "number"}, ["a: `$.id` was string and is number, too"]),
        ({"$": "object", "$.id?": "string"}, []),
    ],
)
def test_changed_shapes_are_told(now: dict[str, str], says: list[str]) -> None:
    before = {"a": {"$": "object", "$.id": "string", "$.rare?": "string"}, "b": {"$": "object"}}
    assert changes(before, {"a": now, "c": {"$": "object"}}) == says


def test_joined_shapes_have_the_members_of_both_and_only_those_of_both_always() -> None:
    one = {"a": {"$": "object", "$.id": "string", "$.rare?": "string"}, "b": {"$": "object"}}
    other = {"a": {"$": "object", "$.id": "null", "$.new": "string", "$.rare": "string"}}
    assert joined(one, other) == {
        "a": {"$": "object", "$.id": "null|string", "$.new?": "string", "$.rare?": "string"},
        "b": {"$": "object"},
    }


def test_an_update_by_a_part_of_the_checks_takes_no_member_away(tmp_path: Path, known: Baseline) -> None:
    record, _ = judged(tmp_path)
    more = {**known.shapes, "error": {**known.shapes["error"], "$.error.param": "null"}}
    whole = [replace(case, verdict="pass") for case in cases(record)]
    part = [replace(case, verdict="not_run") for case in whole]
    before = Baseline(known.model, shapes=more)
    assert made(record, part, before).shapes["error"]["$.error.param?"] == "null"
    assert "$.error.param?" not in made(record, whole, before).shapes["error"]


def test_a_changed_shape_fails(tmp_path: Path, known: Baseline) -> None:
    less = {**known.shapes, "error": {"$": "object", "$.error.gone": "string"}}
    _, found = judged(tmp_path, Baseline(known.model, known.accepted, known.answers, less))
    assert "error: `$.error.gone` was removed (string)" in found["drift"]["changed_shapes"]
    assert found["exit"] == 1


def test_an_update_keeps_notes_and_what_was_not_judged(tmp_path: Path, known: Baseline) -> None:
    noted = {key: {**entry, "note": f"known: {key}"} for key, entry in known.accepted.items()}
    before = Baseline(known.model, {**noted, "ACC-001": {"reason": "y", "note": "kept"}}, {"Q-UPDATE-MERGE": "merge"})
    record, _ = judged(
        tmp_path, None, CLO_009={"verdict": "pass"}, CLO_011={"verdict": "fail", "detail": "another way"}
    )
    after = made(record, cases(record), before)
    assert "CLO-009" not in after.accepted
    assert after.accepted["CLO-011"] == {"reason": "another way", "note": "", "since": records.STARTED[:10]}
    assert after.accepted["CLO-005"]["note"] == "known: CLO-005"
    assert after.accepted["ACC-001"]["note"] == "kept"
    assert after.answers["Q-UPDATE-MERGE"] == "merge"


def test_a_file_round_trips_and_is_stable(tmp_path: Path, known: Baseline) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(dump(known), encoding="utf-8")
    assert load(path) == known
    assert dump(load(path)) == dump(known)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "Expecting"),
        ("[]", "is no baseline of format 1"),
        ('{"format": 2}', "is no baseline of format 1"),
        ('{"format": 1, "answers": []}', "`answers` is no object"),
        ('{"format": 1, "accepted": {"CLO-001": {}}}', "`accepted.CLO-001` has no `reason`"),
        ('{"format": 1,\n"accepted": {\n"CLO-001": {"reason": "* *"}}}', r"fits any failure \(line 3\)"),
        ('{"format": 1,\n"accepted": {\n"CLO-001": {"reason": "a", "since": "May"}}}', r"that is no date \(line 3\)"),
        ('{"format": 1,\n"accept": {}}', r"`accept` is no part of a baseline \(line 2\)"),
        ('{"format": 1,\n"answers": {\n"Q-A": 1}}', r"`answers.Q-A` is no text \(line 3\)"),
        ('{"format": 1, "shapes": {"error": "object"}}', r"`shapes.error` does not map paths to types \(line 1\)"),
        ('{"format": 1,\n"answers": {"Q-A": "x",\n"Q-A": "y"}}', r"baseline.json: `Q-A` is there twice \(line 3\)"),
        ('{"format": 1,\n"answers": {"Q-A" "x"}}', "line 2 column"),
    ],
)
def test_what_is_no_baseline_says_so(content: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BaselineError, match=says):
        load(path)
    with pytest.raises(BaselineError, match="No such file"):
        load(tmp_path / "none.json")


def test_other_outputs_know_what_is_accepted(tmp_path: Path, known: Baseline) -> None:
    record, found = judged(tmp_path, known)
    assert 'failures="0"' in junit.render(record, found)
    assert "accepted by the baseline: no close frame came back" in junit.render(record, found)
    results = json.loads(sarif.render(record, found))["runs"][0]["results"]
    assert {row["ruleId"] for row in results if "suppressions" in row} == set(known.accepted)
