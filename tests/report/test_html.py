"""The page: the same for the same record, harmless whatever a server said, small, and honest about what is missing."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest

from conformance.cut import MASK
from conformance.report import files, html, html_text
from conformance.report.record import Record, read
from conformance.report.redact import Redactor
from conformance.report.summary import summary
from conformance.wire.transcript import Echo, Stop
from support import records
from support.records import Stage, transcript

KEY = "sk-0123456789abcdefABCDEF+/x"


class Page(HTMLParser):
    """What a browser would make of it: elements with attributes, ids, text outside of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.styles: list[str] = []
        self._inside: str | None = None
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        self._inside = tag if tag in {"script", "style"} else None

    def handle_endtag(self, tag: str) -> None:
        self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            attrs, text = self.scripts[-1]
            self.scripts[-1] = (attrs, text + data)
        elif self._inside == "style":
            self.styles.append(data)
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    @property
    def ids(self) -> list[str]:
        return [str(attrs["id"]) for _, attrs in self.elements if "id" in attrs]

    def data(self, begins: str) -> dict[str, Any]:
        """What is compressed in the page, all parts whose ids begin so in one."""
        found: dict[str, Any] = {}
        for attrs, text in self.scripts:
            if attrs.get("type") == "application/json" and str(attrs["id"]).startswith(begins):
                found |= json.loads(zlib.decompress(base64.b64decode(json.loads(text))))
        return found

    def traces(self) -> dict[str, Any]:
        return self.data("t-")

    def check(self, check: str) -> dict[str, Any]:
        found: dict[str, Any] = self.data("details")["checks"][check]
        return found


def page(record: Record, **more: Any) -> str:
    return html.render(record, {**summary(record), **more})


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page(records.usual(tmp_path_factory.mktemp("usual")))


def test_the_same_record_gives_the_same_bytes(tmp_path: Path) -> None:
    path = records.write(tmp_path, records.conversations(), records.verdicts(records.USUAL))
    names = ["report.html", "junit.xml", "results.sarif", "summary.md", "summary.json"]
    files.write_all(path, Redactor(None))
    first = [(tmp_path / name).read_bytes() for name in names]
    files.write_all(path, Redactor(None))
    assert [(tmp_path / name).read_bytes() for name in names] == first


def test_every_link_inside_leads_somewhere(usual: str) -> None:
    seen = Page(usual)
    assert len(seen.ids) == len(set(seen.ids))
    ids = set(seen.ids) | set(seen.data("details")["where"])
    for tag, attrs in seen.elements:
        target = attrs.get("href") or ""
        if tag == "a" and target.startswith("#"):
            assert target[1:].split(":")[0].split("?")[0] in ids, target


def test_nothing_is_fetched_and_only_our_script_and_style_may_work(usual: str) -> None:
    seen = Page(usual)
    policy = next(attrs["content"] for tag, attrs in seen.elements if attrs.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    code = [text for attrs, text in seen.scripts if attrs.get("type") is None]
    for kind, texts, many in (("script-src", code, 1), ("style-src", seen.styles, 2)):
        assert len(texts) == many
        digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts]
        assert f"{kind} 'sha256-" + "' 'sha256-".join(digests) + "';" in policy
    for tag, attrs in seen.elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "video", "audio", "use", "image"}
        assert not {"src", "srcset", "style", "xlink:href", "action"} & set(attrs), (tag, attrs)
        assert not [name for name in attrs if name.startswith("on")], (tag, attrs)
    assert not re.search(r"url\(|@import", "".join(seen.styles))


def test_the_answers_come_before_all_that_they_do_not_need(usual: str) -> None:
    """A browser paints what it has parsed: this many bytes stand between it and the first answer, then the third."""
    before, said, after = usual.partition('elementtiming="answer"')
    assert len(before) < 9_000
    assert before.count("<style>") == 1
    answers, _, rest = after.partition("</section>")
    assert len(before + said + answers) < 20_000
    assert "<style>" not in answers
    assert "<script" not in before + answers
    assert rest.startswith("\n\n<style>")
    assert rest.index("</main>") < rest.index("<script")  # data and script: behind everything that is read


def test_where_nothing_went_wrong_the_first_answer_waits_for_no_second_style(tmp_path: Path) -> None:
    """What shows a finding or a change has its style before it, else it would be seen without."""
    path = records.write(tmp_path, records.conversations(), records.verdicts({}, every=1))
    clean = page(read(path))
    assert "Nothing that was judged went wrong." in clean
    assert clean.index('id="findings"') < clean.rindex("<style>") < clean.index('id="closing"')
    assert clean.count("<style>") == 2
    changed = page(read(path), drift={"stale_entries": ["CLO-999"]})
    assert changed.rindex("<style>") < changed.index('id="changes"')
    assert changed.count("<style>") == 2


def test_answers_findings_paths_and_checks_are_text_without_scripts(usual: str) -> None:
    words = Page(usual).text
    assert "Yes: session.finished answers session.finish" in words
    assert "What to do:" in words
    assert "documented session.finished answers it. — Qianwen platform, realtime guide" in words
    assert "no close frame came back; TCP ended by timeout" in words
    assert "Not judged because of it: CLO-007" in words
    assert "the close was answered by the same code" in words
    assert "× CON-003".replace("× ", "") in words
    lines = [attrs for tag, attrs in Page(usual).elements if tag == "a" and attrs.get("class", "").startswith("check")]
    assert len(lines) == len(records.verdicts(records.USUAL)) > 100
    assert "30 s: 109 tokens" in words  # silence streamed, tokens billed


def test_what_is_ours_is_no_word_of_an_answer(usual: str) -> None:
    first = Page(usual).text.partition("Findings Does")[0].partition("How we know")[0]
    for word in ("reference", "finish-required", "not_observable", "Q-FINISH"):
        assert word not in first


def test_a_mock_run_says_that_it_is_one(tmp_path: Path, usual: str) -> None:
    words = Page(page(records.usual(tmp_path, kind="mock", endpoint="mock"))).text
    assert "It tells nothing about the live service." in words
    assert "This run judged" not in Page(usual).text


def test_a_run_without_evidence_says_so(tmp_path: Path) -> None:
    words = Page(page(read(records.write(tmp_path, [], [])))).text
    assert "Nothing was judged." in words
    assert words.count("? not known") == 0  # the sentence says it
    assert words.count("Not known: ") >= 3
    assert "No close path was walked in this run." in words


def test_a_record_that_was_cut_short_is_shown_as_one(tmp_path: Path) -> None:
    path = records.write(tmp_path, records.conversations(), records.verdicts(records.USUAL))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    words = Page(page(read(path))).text
    assert "The record is cut short: the run did not end in order" in words
    assert "is not readable" in words


def test_a_record_of_an_older_suite_is_rendered(tmp_path: Path) -> None:
    path = records.write(tmp_path, records.conversations()[:2], [])
    kept = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for name in ("budget", "quirks", "switches", "sources", "workspace", "command"):
        del kept[0][name]
    kept[1]["clauses"] = kept[1]["clauses"][:3]  # checks without a row
    path.write_text("\n".join(map(json.dumps, kept)) + "\n", "utf-8")
    assert "not recorded" in Page(page(read(path))).text


def test_close_paths_and_changes_are_shown(tmp_path: Path) -> None:
    drift = {
        "new_failures": ["CLO-009 fails: no close frame came back"],
        "changed_shapes": ["response.done: `$.x` added"],
        "stale_entries": [],
    }
    words = Page(page(records.usual(tmp_path), drift=drift)).text
    assert words.index("Changes against the baseline") < words.index("No close frame came back")
    assert "The status was read from the list that the mock keeps of its own sessions." in words
    assert "failed (client error) ClientDisconnect" in words
    assert "response.done: $.x added" in words
    assert "1 new failure" in words
    assert re.search(r"A close 1011 .* fails: no close frame came back CLO-009", words), "words first, the id last"


def test_a_check_has_its_commands_place_and_frames(usual: str) -> None:
    seen = Page(usual).check("CLO-009")
    assert (
        "pytest conformance/ --case CLO-009 --endpoint singapore --model qwen3.5-omni-flash-realtime" in seen["again"]
    )
    assert "pytest conformance/ --replay record.jsonl --case CLO-009" in seen["replay"]
    assert any(str(fact[1]).startswith("conformance/cases/test_11_closing.py:") for fact in seen["facts"])
    assert "1011 disconnect timeout" in json.dumps(seen["decisive"])


def test_equal_places_are_one_line(tmp_path: Path) -> None:
    finding = {"clause": "GEN-010", "conversation": "vad/OneTurn", "connection": 0, "frame": 3, "expected": "a string",
               "seen": "$.x is a number", "cause": ""}  # fmt: skip
    places = [finding, {**finding, "frame": 4}, {**finding, "conversation": "closing/Idle", "frame": 0}]
    said = {"GEN-010": {"verdict": "fail", "detail": "x", "findings": places, "places": 116}}
    seen = Page(page(read(records.write(tmp_path, records.conversations(), records.verdicts(said)))))
    assert "116 places in 2 conversations of 8" in seen.text
    assert "$.x is a number ×3, in vad/OneTurn , closing/Idle" in seen.text
    assert "Expected a string" in seen.text
    assert "The frame that decides: #3 of the client" in seen.text


def test_traces_hold_every_frame_once_and_no_audio(usual: str) -> None:
    seen = Page(usual)
    traces = seen.traces()
    assert set(traces) == {html_text.slug(item.conversation) for item in records.conversations()}
    turn = traces["c-vad-OneTurn"]["frames"]
    assert [frame["i"] for frame in turn] == list(range(len(turn)))
    append = next(frame["b"] for frame in turn if frame["k"] == "input_audio_buffer.append")
    digest = hashlib.sha256(records.noise(3200, "speech hello0")).hexdigest()[:12]
    assert f"3.1 KB, 0.10 s, SHA-256 {digest}" in append
    everything = json.dumps(traces) + usual
    assert base64.b64encode(records.noise(3200, "speech hello0")).decode()[:64] not in everything


def test_schema_errors_stand_at_their_path(usual: str) -> None:
    seen = Page(usual)
    told = seen.traces()["c-session-VoiceChange"]
    assert ["$.session.id", "Expected a string, saw the number 17."] in told["complaints"][0][4]
    broken = next(frame for frame in told["frames"] if "e" in frame)
    assert broken["k"] == "session.updated"
    assert broken["e"] == [["$.session.id", "Expected a string, saw the number 17."]]


def test_the_handshake_is_kept_as_it_was(usual: str) -> None:
    leg = Page(usual).traces()["c-closing-Idle"]["legs"][0]
    assert leg["status"] == 101
    assert ["Authorization", MASK] in leg["sent"]
    assert ["Upgrade", "websocket"] in leg["got"]
    assert leg["url"].startswith("wss://example.invalid/")


HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "\u202eevil\u2066 \u200bhidden \x00\x1b[31m\x7f\x85 \ud800 ]]>",
    "x" * 5_000_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_a_server_says_is_only_text(tmp_path: Path, text: str) -> None:
    stage = Stage().greet()
    stage.server("error", error={"type": text[:300], "code": text[:300], "message": text, text[:300]: text[:300]})
    stage.server(f"x{text[:300]}", delta=text[:300])
    stage.frame("server", "text", after=1, text=text)
    stage.frame("server", "binary", after=1, data=text.encode("utf-8", "backslashreplace"))
    odd = transcript("session/VoiceChange", stage.close(1000, text[:100]), trouble=text[:5000], notes={"x": text[:300]})
    odd.stop = Stop(3, (text[:300],), 5.0, text[:300])
    leg = odd.legs[0]
    odd.legs[0] = type(leg)(leg.url + text[:300], 1, 2, type(leg.handshake)(403, 1.0, body=text, problem=text[:300]),
                            leg.frames, leg.ending)  # fmt: skip
    said = records.verdicts({
        "CLO-009": {"verdict": "fail", "detail": text},
        "Q-FINISH": {"verdict": "observed", "outcome": "other", "detail": text},
        "CON-001": {"verdict": "inconclusive", "detail": text},
    })  # fmt: skip
    run = {"target": {"kind": "live", "endpoint": f"wss://x/{text[:300]}", "model": text[:300]}}
    path = records.write(tmp_path, [odd], said, run=run)
    files.write_all(path, Redactor(None))
    made = (tmp_path / "report.html").read_text("utf-8")
    seen = Page(made)
    traces = json.dumps(seen.traces(), ensure_ascii=False)
    assert {tag for tag, _ in seen.elements} == {tag for tag, _ in Page(calm(tmp_path)).elements}
    assert not [attrs for _, attrs in seen.elements if any(name.startswith("on") for name in attrs)]
    assert len([attrs for attrs, _ in seen.scripts if attrs.get("type") is None]) == 1
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x00\x1b\x7f\x85\ud800]", seen.text + traces)
    assert len(made) < 3_000_000
    if len(text) > 10_000:
        assert "5,000,000 characters in all" in traces
    ET.fromstring((tmp_path / "junit.xml").read_text("utf-8"))
    json.loads((tmp_path / "results.sarif").read_text("utf-8"))


def calm(folder: Path) -> str:
    """The page of a run with the same shape and nothing odd in it."""
    quiet = folder / "calm"
    quiet.mkdir(exist_ok=True)
    odd = transcript(
        "session/VoiceChange", Stage().greet().server("error", error={"message": "x"}).close(), trouble="x"
    )
    odd.stop = Stop(3, ("x",), 5.0, "x")
    lines = {
        "CLO-009": {"verdict": "fail", "detail": "x"},
        "Q-FINISH": {"verdict": "observed", "outcome": "other", "detail": "x"},
        "CON-001": {"verdict": "inconclusive", "detail": "x"},
    }
    return page(read(records.write(quiet, [odd], records.verdicts(lines))))


def test_deep_nesting_and_repeated_names_are_shown_as_sent(tmp_path: Path) -> None:
    stage = Stage().greet()
    stage.frame("server", "text", after=1, text="[" * 100_000)
    stage.frame("server", "text", after=1, text='{"type":"x","a":' + "[" * 400 + "]" * 400 + "}")
    stage.frame("server", "text", after=1, text='{"type":"x","n":1.0,"n":12345678901234567890}')
    held = [transcript("session/VoiceChange", stage.close())]
    frames = Page(page(read(records.write(tmp_path, held, [])))).traces()["c-session-VoiceChange"]["frames"]
    assert "(cut here; 100,000 characters in all)" in frames[1]["b"]
    assert frames[3]["b"] == '{"type":"x","n":1.0,"n":12345678901234567890}'


def test_where_the_key_was_quoted_is_shown_and_never_what(tmp_path: Path) -> None:
    stage = Stage().greet()
    stage.leg.echoes = [
        Echo("frame", 0, "Base64", whole=True), Echo("header", "X-<b>", "plain", whole=False),
        Echo("body", "", "hex", whole=True),
    ]  # fmt: skip
    made = page(read(records.write(tmp_path, [transcript("session/VoiceChange", stage.close())], [])))
    assert Page(made).traces()["c-session-VoiceChange"]["legs"][0]["quotes"] == [
        "frame #0: all of it, Base64", "header X-<b>: a part of it, plain", "the body: all of it, hex",
    ]  # fmt: skip


@pytest.mark.parametrize("redacted_before", [True, False])
def test_the_key_is_nowhere_in_any_encoding(tmp_path: Path, redacted_before: bool) -> None:
    unicode_escaped = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
    encodings = [KEY, quote(KEY, safe=""), base64.b64encode(f"Bearer {KEY}".encode()).decode(), json.dumps(KEY),
                 KEY.encode().hex()]  # fmt: skip
    stage = Stage().greet()
    for text in encodings:
        stage.server("error", error={"message": f"bad key {text}", "code": text})
        stage.frame("server", "text", after=1, text=f"not JSON {text}")
    stage.frame("server", "text", after=1, text=f'{{"type":"error","error":{{"message":"{unicode_escaped}"}}}}')
    said = records.verdicts({"CLO-009": {"verdict": "fail", "detail": " ".join([*encodings, unicode_escaped])}})
    held = [transcript("session/VoiceChange", stage.close(1000, KEY))]
    path = records.write(tmp_path, held, said, key=KEY if redacted_before else None)
    files.write_all(path, Redactor(KEY))
    outputs = {item.name: item.read_text("utf-8") for item in tmp_path.iterdir() if item.is_file()}
    assert set(outputs) >= {"report.html", "junit.xml", "results.sarif", "summary.md", "summary.json"}
    if not redacted_before:
        del outputs["record.jsonl"]
    outputs["traces"] = json.dumps(Page(outputs["report.html"]).data(""), ensure_ascii=False)
    plain = json.dumps(Page(outputs["report.html"]).data(""))
    for name, content in outputs.items():
        assert not Redactor(KEY).found(content), name
        assert KEY not in content, name
    assert MASK in plain


def test_a_page_grows_by_a_fifteenth_of_a_megabyte_a_conversation_at_most(tmp_path: Path) -> None:
    """So 150 conversations of 150 frames stay under ten."""
    few, more = (len(page(records.big(tmp_path, held=held))) for held in (5, 20))
    assert more - few < 15 * 10_000_000 / 150


def test_the_page_is_ascii_alone_and_says_the_same(tmp_path: Path) -> None:
    error = {"type": "x", "code": "y", "message": "会话已结束 ✗"}
    talk = Stage().greet().server("error", error=error)
    said = records.verdicts({"CLO-009": {"verdict": "fail", "detail": "会话已结束 ✗"}})
    path = records.write(tmp_path, [transcript("closing/JavaTimeout", talk.close(1011, "再见"))], said)
    page = html.render(held := read(path), summary(held), lambda text: text.replace("再见", "[masked]"))
    assert page.isascii()
    assert "会话已结束 ✗" in unescape(page)
    assert "再见" not in unescape(page)
