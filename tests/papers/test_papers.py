"""The papers of a finding and of an open question, from the record of a run on a mock that lies."""

from pathlib import Path

import pytest

from conformance import cli
from conformance.judge import checks
from conformance.mock.options import MockOptions
from conformance.papers import papers
from conformance.report.record import read
from conformance.report.summary import cases
from conformance.spec.profiles import profile_for
from conformance.trial import Trial, run
from support import records

QUIRK = "usage-does-not-add-up"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """The record of three conversations on a mock whose usage does not add up."""
    mock = MockOptions(quirks=(QUIRK,))
    (result,) = run([Trial(("closing/FinishIdle", "closing/AfterResponse", "responses/Typed"), mock=mock)])
    said = [checks.line(name, "MUST", one, 0.0) for name, one in result.outcomes.items() if name.startswith("GEN")]
    said += [checks.line(name, "OBSERVE", one, 0.0) for name, one in result.outcomes.items() if name == "Q-FINISH"]
    held = list(result.transcripts.values())
    return records.write(
        tmp_path_factory.mktemp("papers"), held, said, kind="mock", endpoint="mock", run={"quirks": [QUIRK]}
    )


@pytest.fixture(scope="module")
def record(path):
    return read(path)


@pytest.fixture(scope="module")
def judged(record):
    return {case.id: case for case in cases(record)}


@pytest.fixture(scope="module")
def files(record, judged):
    return papers(judged["GEN-057"], record).files


def test_the_text_has_what_a_vendors_engineer_asks_for(record, files) -> None:
    text = files["GEN-057.md"]
    assert text.startswith("# GEN-057 (MUST): In every `usage`, `total_tokens` is the sum")
    session = record.transcripts["closing/AfterResponse"].session_id
    assert f"- Session: `{session}`" in text
    assert "as of 2026" in text
    assert "](https://" in text  # a source that leads somewhere
    assert "in 2 of 3 conversations" in text
    frame = next(line for line in text.splitlines() if line.startswith("*"))
    assert "response.done" in frame


def test_the_part_of_the_record_shows_the_finding_again(files, judged, tmp_path) -> None:
    (part := tmp_path / "part.jsonl").write_text(files["GEN-057.jsonl"], encoding="utf-8")
    again = read(part)
    assert again.footer is not None
    assert list(again.transcripts) == ["closing/AfterResponse", "responses/Typed"]
    assert [row["id"] for row in again.catalogue["clauses"]] == ["GEN-057"]
    check = checks.load().checks["GEN-057"]
    said = checks.judge([check], again.transcripts, profile_for(records.MODEL))["GEN-057"]
    assert (said.verdict, said.detail) == ("fail", judged["GEN-057"].detail)


def test_a_question_is_put_so_that_it_can_be_settled(record, judged) -> None:
    made = papers(judged["Q-FINISH"], record)
    assert made.without is None
    text = made.files["Q-FINISH.md"]
    assert "These answers are possible; please say which is meant:" in text
    assert "- `session.finished` answers it." in text
    assert "The answer is still: An `error` event answers it." in made.files["Q-FINISH.py"]


def test_what_no_program_shows_is_said_so(record, judged, monkeypatch) -> None:
    monkeypatch.setattr("conformance.papers.subject_of", lambda case, record: None)
    made = papers(judged["GEN-057"], record)
    assert made.without is not None
    assert sorted(made.files) == ["GEN-057.jsonl", "GEN-057.md"]
    assert f"There is no program of a page that shows it: {made.without}." in made.files["GEN-057.md"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("GEN-01", "GEN-01 is no check of this record; the nearest is GEN-0"),
        ("GEN-056", "GEN-056 is `pass` in this record: there is nothing to write about"),
        ("GEN-00*", "none of them fails"),
    ],
)
def test_the_command_knows_what_there_is_to_write_about(path, tmp_path, capsys, asked, told) -> None:
    assert cli.main(["finding", asked, str(path), "-o", str(tmp_path / "out")]) == cli.USAGE
    assert told in capsys.readouterr().err


def test_the_command_writes_where_it_is_told_a_program_and_the_text_that_names_it(path, tmp_path, capsys) -> None:
    assert cli.main(["finding", "gen-057", str(path), "-o", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out.split()
    assert told == [str(tmp_path / "out" / f"GEN-057.{kind}") for kind in ("py", "md", "jsonl")]
    program, text, _ = (Path(name).read_text(encoding="utf-8") for name in told)
    assert "The mock on which it was seen shows it again." in text
    assert '"""GEN-057 (MUST): In every' in program


def test_a_record_that_is_none_is_wrong_usage(tmp_path, capsys) -> None:
    assert cli.main(["finding", "GEN-057", str(tmp_path / "none.jsonl")]) == cli.USAGE
    assert "none.jsonl" in capsys.readouterr().err
