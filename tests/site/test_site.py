"""The site as files: everything has an address, no link is dead, and it says who said what and when."""

from __future__ import annotations

import html
import html.parser
import posixpath
import re
from functools import cache, cached_property
from pathlib import Path

import pytest

from conformance import cli
from conformance.intake.judging import judged
from conformance.judge.checks import load
from conformance.report import history
from conformance.site import build, links, pages, seen
from conformance.site.members import events
from conformance.spec.catalogue import clauses, client_clauses, questions
from conformance.spec.profiles import MODELS
from conformance.spec.reference import close_codes, faults, known
from support.sites import HOSTILE

LARGEST = 300_000  # bytes of a page


INLINE = frozenset({"a", "bdi", "code", "span", "strong"})
TAG = re.compile(r"<[a-z][^>]*>")
ATTRIBUTE = re.compile(r' (id|href|src|action)="([^"]*)"')


class Page:
    """A page: its places, where it leads (paths from the top, with the place behind a `#`), and its words.

    Its attributes are looked for by a pattern, a tenth of what it takes to parse eight hundred pages: no quote and no
    angle bracket is bare but those of tags, and where one were the two would differ.
    """

    def __init__(self, folder: Path, path: Path) -> None:
        self.address = path.relative_to(folder).as_posix()
        self.source = path.read_text("utf-8")
        found = (pair for tag in TAG.findall(self.source) for pair in ATTRIBUTE.findall(tag))
        self.attributes = [(name, html.unescape(value)) for name, value in found]
        self.ids = [value for name, value in self.attributes if name == "id"]
        to = [value for name, value in self.attributes if name != "id" and not value.startswith(("https://", "data:"))]
        self.links = {self._from_top(value) for value in to}

    def _from_top(self, link: str) -> str:
        path, mark, place = link.partition("#")
        to = posixpath.normpath(posixpath.join(posixpath.dirname(self.address), path)) if path else self.address
        return to + mark + place

    @cached_property
    def text(self) -> str:
        return Parsed(self.source).text


class Parsed(html.parser.HTMLParser):
    """What a browser finds in a page: its words, and the attributes of its tags."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(source)

    @property
    def text(self) -> str:
        return " ".join("".join(self.said).split())

    def handle_data(self, data):
        self.said.append(data)

    def handle_starttag(self, tag, attrs):
        if tag not in INLINE:
            self.said.append(" ")
        self.attributes += [(name, value) for name, value in attrs if name in {"id", "href", "src", "action"}]


@pytest.fixture(scope="session")
def crawled(site):
    pages = [Page(site, path) for path in sorted(site.rglob("*.html"))]
    return {page.address: page for page in pages}


def test_what_a_page_has_is_found_without_parsing_it(crawled):
    """In every tenth page, and in those where words stand that try to be more."""
    hostile = [page for page in crawled.values() if "onerror" in page.source]
    assert hostile
    for page in [*[*crawled.values()][::10], *hostile]:
        assert page.attributes == Parsed(page.source).attributes, page.address


def test_every_link_leads_somewhere(site, crawled):
    others = {path.relative_to(site).as_posix() for path in site.iterdir() if path.is_file()}
    dead = []
    for page in crawled.values():
        for link in page.links:
            address, _, place = link.partition("#")
            known = address in crawled or (address in others and not place)
            if not known or (place and place not in crawled[address].ids):
                dead.append(f"{page.address}: {link}")
    assert dead == []


def test_from_the_first_page_every_page_is_reached(crawled):
    reached, left = {"index.html"}, ["index.html"]
    while left:
        to = {link.partition("#")[0] for link in crawled[left.pop()].links} & crawled.keys()
        left += to - reached
        reached |= to
    assert crawled.keys() - reached == set()


def test_a_place_has_one_name_on_its_page(crawled):
    assert [address for address, page in crawled.items() if len(page.ids) != len(set(page.ids))] == []


def test_no_file_is_too_large_for_a_phone(site):
    assert [path.name for path in site.rglob("*") if path.is_file() and path.stat().st_size > LARGEST] == []


def test_clauses_questions_errors_codes_models_and_paths_have_an_address_each(crawled):
    wanted = [links.row(row) for row in (*clauses(), *client_clauses(), *questions())]
    wanted += [links.fault(row) for row in faults()] + [links.code(row) for row in close_codes()]
    wanted += [links.model(name) for name in MODELS] + [links.path(name) for name in pages.close_paths()]
    assert [address for address in wanted if address not in crawled] == []


def test_every_member_of_every_event_has_an_address(crawled):
    told = [
        f"{event.type}: {member.path}"
        for event in events().values()
        for member in event.members
        if member.anchor not in crawled[links.event(event.type)].ids
    ]
    assert told == []
    assert "turn_detection" in crawled["events/client/session.update/index.html"].ids


def test_every_error_code_has_an_address(crawled):
    codes = {row.code for row in faults().values() if row.code}
    named = crawled["errors/index.html"].ids
    assert [code for code in codes if code not in named and f"errors/{code}/index.html" not in crawled] == []


def test_every_check_stands_where_its_clause_or_question_does(crawled):
    missing = [
        check
        for check in load().checks
        if "check" not in crawled[links.row(check)].ids or f"--case {check}" not in crawled[links.row(check)].text
    ]
    assert missing == []


def test_every_close_path_that_a_conversation_walks_is_there():
    assert set(pages.close_paths()) == {it.path for it in load().conversations.values() if it.path is not None}


def test_each_sentence_has_its_level_its_source_and_its_date(crawled):
    for row in (*clauses().values(), *client_clauses().values()):
        text = crawled[links.row(row.id)].text
        assert f"Level {row.level}" in text
        assert f"{', '.join(row.source)} · {row.date}" in text


def test_each_side_of_a_question_has_who_says_so(crawled):
    for row in questions().values():
        text = crawled[links.row(row.id)].text
        assert len(row.outcomes) > 1
        for outcome in row.outcomes:
            assert outcome.id in text
            assert outcome.evidence.replace("`", "") in text


def test_the_three_questions_stand_on_the_first_page(crawled):
    text = crawled["index.html"].text
    for it in known():
        assert it.run.replace("`", "") in text
        for sentence in it.sentences:
            assert f"{sentence.source} · {sentence.date}" in text
            assert sentence.source in pages.source_keys() or " " in sentence.source
        assert set(it.observed) <= questions().keys()


def test_since_when_an_answer_is_the_same_is_one_link(crawled):
    text = crawled["questions/Q-FINISH/index.html"].text
    assert "qwen3.5-omni-flash-realtime beijing finished 2026-10-05 2026-10-05 1" in text
    assert "qwen3.5-omni-flash-realtime beijing error 2026-06-20 2026-06-20 1" in text
    assert text.index(" finished 2026-10-05") < text.index(" error 2026-06-20"), "the newest first"
    assert "qwen3.5-omni-flash-realtime mock the mock finished" in text


def test_an_event_and_a_close_path_say_what_was_seen_of_them(crawled):
    event = crawled["events/server/session.created/index.html"].text
    assert re.search(r"2026-10-05 qwen3\.5-omni-flash-realtime beijing \d+ times", event)
    path = crawled["close-paths/close-1000-idle/index.html"].text
    assert "the close was answered by 1000; clean" in path
    assert "failed client (ClientDisconnect)" in path
    assert "None of the runs given walked it." in crawled["close-paths/drop-rst/index.html"].text


def test_what_a_server_said_is_never_markup(crawled):
    assert [address for address, page in crawled.items() if "<img" in page.source] == []
    assert HOSTILE in crawled["clauses/CLO-001/index.html"].text


def test_the_same_input_gives_the_same_bytes(site, inputs):
    paths, past = inputs
    made = dict(build.files(seen.read(paths, judged), history.load(past)))
    told = {path.relative_to(site).as_posix(): path.read_text("utf-8") for path in site.rglob("*") if path.is_file()}
    assert made.keys() == told.keys()
    assert [name for name, text in made.items() if told[name] != text] == []


def test_the_order_of_the_records_does_not_matter(inputs):
    paths, _ = inputs
    assert seen.read(paths, judged) == seen.read(paths[::-1], judged)


# -- the command


@cache
def little() -> list[tuple[str, str]]:
    return [(build.MARK, "const INDEX = [];\n"), ("index.html", "new")]


@pytest.fixture
def quick(monkeypatch):
    """The command with two files in place of eight hundred pages."""
    monkeypatch.setattr(build, "files", lambda runs, history: iter(little()))


@pytest.mark.usefixtures("quick")
def test_a_folder_of_something_else_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("mine")
    assert cli.main(["docs", "build", "-o", str(tmp_path)]) == 4
    assert "holds no site" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.usefixtures("quick")
def test_a_site_is_made_anew_and_what_else_stands_beside_its_pages_stays(tmp_path):
    assert cli.main(["docs", "build", "-o", str(tmp_path / "site")]) == 0
    (tmp_path / "site" / "clauses" / "OLD-001").mkdir(parents=True)
    (tmp_path / "site" / "CNAME").write_text("example.org")
    assert cli.main(["docs", "build", "-o", str(tmp_path / "site")]) == 0
    assert sorted(path.name for path in (tmp_path / "site").iterdir()) == ["CNAME", "index.html", build.MARK]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("option", [["--runs", "no.jsonl"], ["--history", "no.jsonl"]])
def test_a_record_that_is_not_there_is_named(tmp_path, capsys, option):
    assert cli.main(["docs", "build", "-o", str(tmp_path / "site"), *option]) == 4
    assert "no.jsonl" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


@pytest.mark.usefixtures("quick")
def test_without_more_the_pages_are_opened(tmp_path, monkeypatch, capsys):
    opened = []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert cli.main(["docs"]) == 0
    (page,) = tmp_path.glob("qwen-realtime-conformance/docs-*/index.html")
    assert opened == [page.as_uri()]
    assert capsys.readouterr().out == f"{page}\n"
