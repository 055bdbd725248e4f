"""Many records side by side: what differs is found, what a server said is only text, and the page is small."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from conformance import cli
from conformance.report import compare
from conformance.report.compare import Column, Group, column, columns, render
from conformance.report.record import read
from conformance.report.ways import WAYS
from support import records

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\u202egnp.exe"


class Page(HTMLParser):
    """The elements of a page, its texts, and what stands in its scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside = ""
        self.code: dict[str, list[str]] = {"script": [], "style": [], "data": []}
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = "data" if tag == "script" and "type" in dict(attrs) else tag if tag in self.code else ""

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        (self.code[self.inside] if self.inside else self.words).append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def target(folder: Path, number: int = 1, lines: dict[str, Any] | None = None, **options: Any) -> Column:
    """A column of the small run, its verdicts changed by `lines`."""
    folder = folder / f"{number}"
    folder.mkdir()
    said = records.verdicts({"SES-002": {}, **records.USUAL, **(lines or {})})
    held = options.pop("held", None) or records.conversations()
    return column(number, f"{number}/record.jsonl", read(records.write(folder, held, said, **options)))


def rows(groups: list[Group]) -> dict[str, compare.Row]:
    return {row.id: row for group in groups for row in group.rows}


def found(*held: Column) -> dict[str, compare.Row]:
    return rows([*compare._clauses(held), *compare._questions(held), *compare._close_paths(held)])


def made_later(seen: Page) -> dict[str, list[Any]]:
    """The rows that the page's script makes, by group; 0 for one that is text."""
    found: dict[str, list[Any]] = json.loads(zlib.decompress(base64.b64decode(json.loads(seen.code["data"][0]))))
    return found


def test_every_check_has_a_row_and_every_target_a_cell(tmp_path: Path) -> None:
    held = [target(tmp_path, number) for number in (1, 2, 3)]
    made = found(*held)
    assert set(held[0].judged) - {"Q-NO-SUCH"} <= set(made)
    assert {len(row.cells) for row in made.values()} == {3}
    assert not [row.id for row in made.values() if row.differs]


def test_clauses_come_by_chapter_then_questions_then_close_paths(tmp_path: Path) -> None:
    seen = Page(render([target(tmp_path)]))
    bodies = [str(attrs["id"]) for tag, attrs in seen.elements if tag == "tbody" and "id" in attrs]
    assert bodies == [*sorted(name for name in bodies if name.startswith("ch-")), "questions", "closing"]
    assert "ch-00" in bodies


@pytest.mark.parametrize(
    ("line", "differs"),
    [
        ({"CON-003": {"verdict": "pass"}}, "CON-003"),
        ({"SES-002": {"verdict": "fail", "detail": "no answer"}}, "SES-002"),
        ({"Q-FINISH": {"verdict": "observed", "outcome": "error"}}, "Q-FINISH"),
        ({"SES-002": {"verdict": "skipped", "detail": "another family"}}, None),
        ({"CON-003": {"verdict": "inconclusive", "detail": "the network"}}, None),
        ({"CON-003": {"verdict": "fail", "detail": "in other words"}}, None),
    ],
)
def test_only_what_was_judged_can_differ(line: dict[str, Any], differs: str | None, tmp_path: Path) -> None:
    made = found(target(tmp_path, 1), target(tmp_path, 2, line))
    # CLO-007 is blocked by CON-003 and can't be, where that one passes.
    assert [row.id for row in made.values() if row.differs] == ([differs] if differs else [])


def test_the_close_and_the_platform_s_status_are_told_apart(tmp_path: Path) -> None:
    made = found(target(tmp_path))["close-1000-idle"]
    assert made.cells[0].word == "the close was answered by 1000; clean"
    assert made.cells[0].beside == "failed (client error): ClientDisconnect"
    assert made.cells[0].keys == ("the close was answered by 1000", "clean", "failed_client")


def test_a_status_that_nobody_read_is_no_difference(tmp_path: Path) -> None:
    whole, unread = target(tmp_path, 1), target(tmp_path, 2)
    for row in unread.made["close_paths"]:
        row["status"] = "not_read"
    assert not found(whole, unread)["close-1000-idle"].differs
    for row in unread.made["close_paths"]:
        row["status"] = "succeeded"
    assert found(whole, unread)["close-1000-idle"].differs


def test_a_path_that_was_not_walked_and_an_old_summary_without_any(tmp_path: Path) -> None:
    whole, without = target(tmp_path, 1), target(tmp_path, 2)
    del without.made["close_paths"]
    made = found(whole, without)["close-1000-idle"]
    assert made.cells[1].word == "not walked"
    assert not made.differs


def test_a_check_that_one_suite_lacks_is_named_as_such(tmp_path: Path) -> None:
    new, old = target(tmp_path, 1), target(tmp_path, 2, run={"suite": {"version": "0.0.9"}})
    del old.judged["SES-002"]
    made = found(new, old)["SES-002"]
    assert made.cells[1].word == "not in its suite"
    assert not made.differs
    assert "different versions of the suite (0.0.9, 0.1.0)" in Page(render([new, old])).text


def test_a_truncated_record_is_named_in_its_column_and_in_the_list(tmp_path: Path) -> None:
    seen = Page(render([target(tmp_path, 1), target(tmp_path, 2, footer=False)]))
    remarks = [attrs for _, attrs in seen.elements if attrs.get("class") == "remark"]
    assert len(remarks) == 2  # in the list of targets and at the head of its column
    assert "The record is cut short: its run did not end in order." in seen.text


def test_a_record_of_which_only_the_head_is_left_still_has_a_column(tmp_path: Path) -> None:
    target(tmp_path, 2)
    whole = (tmp_path / "2" / "record.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    for kept in (1, 2, 3):
        path = tmp_path / f"head-{kept}.jsonl"
        path.write_text("".join(whole[:kept]) + whole[kept][:50], encoding="utf-8")
    held = columns([tmp_path / "2" / "record.jsonl", *(tmp_path / f"head-{kept}.jsonl" for kept in (1, 2, 3))])
    assert [item.truncated for item in held] == [False, True, True, True]
    assert held[1].remarks == ["cut short", "partly unreadable"]
    assert not [row.id for row in found(*held).values() if row.differs]
    render(held)


def test_the_mock_is_named_as_the_mock(tmp_path: Path) -> None:
    assert "tells nothing about the live service" in Page(render([target(tmp_path, kind="mock")])).text


def test_what_a_server_says_is_only_text(tmp_path: Path) -> None:
    hostile = records.transcript(
        "closing/Idle", records.Stage().greet().close(1000, EVIL[:100]), path="close-1000-idle"
    )
    evil = target(
        tmp_path,
        lines={
            "SES-002": {"verdict": "fail", "detail": EVIL},
            "Q-FINISH": {"verdict": "observed", "outcome": EVIL, "detail": EVIL},
        },
        held=[hostile],
        endpoint=f"wss://{EVIL}",
        run={"suite": {"version": EVIL}, "started": EVIL},
    )
    for row in evil.made["close_paths"]:
        row |= {"behaviour": EVIL, "status": EVIL, "status_error": EVIL, "status_why": EVIL, "server_reason": EVIL}
    text = render([evil, target(tmp_path, 2)])
    seen = Page(text)
    assert "alert(1)" in seen.text
    assert "\u202e" not in text
    assert len(seen.code["script"]) == 1
    assert not {"img", "iframe", "link", "object", "form"} & {tag for tag, _ in seen.elements}
    assert "\u202e" not in json.dumps(made_later(seen), ensure_ascii=False)


def test_nothing_is_fetched_and_only_our_script_and_style_may_work(tmp_path: Path) -> None:
    seen = Page(render([target(tmp_path)]))
    allowed = next(str(attrs["content"]) for _, attrs in seen.elements if attrs.get("http-equiv"))
    assert allowed.startswith("default-src 'none';")
    assert "unsafe" not in allowed
    for kind, directive in (("script", "script-src"), ("style", "style-src")):
        (text,) = seen.code[kind]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in allowed
    for tag, attrs in seen.elements:
        assert not {"src", "srcset", "style", "action"} & set(attrs), (tag, attrs)
        assert not [name for name in attrs if name.startswith("on")], (tag, attrs)
    assert not re.search(r"url\(|@import", seen.code["style"][0])


def test_links_and_the_script_find_what_they_name(tmp_path: Path) -> None:
    seen = Page(render([target(tmp_path)]))
    ids = [attrs["id"] for _, attrs in seen.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    for tag, attrs in seen.elements:
        if tag == "a":
            assert str(attrs["href"]).removeprefix("#") in ids
    for name in re.findall(r'getElementById\("([^"]+)"\)', seen.code["script"][0]):
        assert name in ids
    # Without the script the toggle is not there, and every row is.
    assert [attrs for _, attrs in seen.elements if "js" in str(attrs.get("class")).split() and "hidden" in attrs]
    assert not [attrs for tag, attrs in seen.elements if tag == "tr" and "hidden" in attrs]


def as_text(seen: Page) -> int:
    return sum("data-row" in attrs for _, attrs in seen.elements)


def test_what_differs_is_text_and_what_is_alike_is_made_later(tmp_path: Path) -> None:
    held = [target(tmp_path, 1), target(tmp_path, 2, {"CON-003": {}, "SES-002": {"verdict": "fail", "detail": "none"}})]
    seen = Page(render(held))
    assert as_text(seen) == 2
    later = made_later(seen)
    assert sum(map(len, later.values())) == len(found(*held))
    assert [rows.count(0) for rows in later.values() if 0 in rows] == [1, 1]
    alike = {row[0] for rows in later.values() for row in rows if row}
    paths = [row for row in later["closing"] if row]
    assert paths
    assert all(row[0] == "" and row[2] for row in paths), "the name of a path is for programs, its words are for people"
    assert set(found(*held)) - alike - WAYS.keys() == {"CON-003", "SES-002"}


def test_five_targets_that_differ_in_everything_are_no_heavier(tmp_path: Path) -> None:
    failing = {row["id"]: {"verdict": "fail", "detail": "otherwise"} for row in records.catalogue()["clauses"]}
    path = records.write(tmp_path, records.conversations(), records.verdicts(failing, every=1))
    bad = column(1, "bad", read(path))
    seen = Page(render([target(tmp_path, 2), bad, bad, bad, bad]))
    assert len(seen.elements) < 3_000
    first = as_text(seen)
    assert first > 50
    # The rest of what differs is named where its rows are missing, and made with the others.
    later = [row for rows in made_later(seen).values() for row in rows if row and row[3]]
    assert later
    assert all(row[0] in seen.text for row in later)
    assert first + len(later) == sum(row.differs for row in found(target(tmp_path, 3), bad).values())


def test_what_is_compressed_is_masked_before(tmp_path: Path) -> None:
    seen = Page(render([target(tmp_path)], redact=lambda text: text.replace("CON-003", "***")))
    assert "CON-003" not in json.dumps(made_later(seen))


def test_the_same_records_give_the_same_bytes_and_thirty_stay_small(tmp_path: Path) -> None:
    one = target(tmp_path)
    assert render([one]) == render([one])
    assert len(render([one] * 30).encode()) < 6_000_000


def test_the_command_writes_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = records.write(tmp_path, records.conversations(), records.verdicts(records.USUAL))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["compare", str(path), str(path)]) == 0
    assert "2 targets side by side" in (tmp_path / "compare.html").read_text(encoding="utf-8")
    assert cli.main(["compare", str(path), "-o", str(tmp_path / "other.html")]) == 0
    assert (tmp_path / "other.html").exists()
    capsys.readouterr()
    assert cli.main(["compare", str(path), str(tmp_path / "none.jsonl")]) == cli.USAGE
    assert "none.jsonl: No such file" in capsys.readouterr().err
    assert cli.main(["compare", str(path), "-o", str(tmp_path / "no" / "where.html")]) == cli.USAGE
    assert "where.html: No such file" in capsys.readouterr().err


def test_targets_are_called_by_what_makes_them_different(tmp_path: Path) -> None:
    plain = target(tmp_path, 1)
    lies = target(tmp_path, 2, run={"quirks": ["finish-ignored"]})
    later = target(tmp_path, 3, run={"started": "2026-10-06T02:00:00Z"})
    model = plain.made["target"]["model"]
    assert compare.names([plain]) == [model]
    assert compare.names([plain, lies]) == [f"{model} · no quirks", f"{model} · finish-ignored"]
    assert compare.names([plain, later]) == [f"{model} · 2026-10-05", f"{model} · 2026-10-06"]
    assert compare.names([plain, plain]) == [f"{model} · 1", f"{model} · 2"]


def test_it_begins_with_the_answers_and_leads_to_each_report(tmp_path: Path) -> None:
    folder = tmp_path / "night"
    folder.mkdir()
    path = records.write(folder, records.conversations(), records.verdicts(records.USUAL))
    (folder / "report.html").write_text("", encoding="utf-8")
    text = render(columns([path]), tmp_path)
    assert '<a href="night/report.html">' in text
    seen = Page(text).text
    assert seen.index("Yes: session.finished answers session.finish") < seen.index("What differs")
    assert "href" not in render([target(tmp_path)], tmp_path).partition('id="answers"')[2].partition("</section>")[0]
