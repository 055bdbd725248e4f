"""The page in a real browser, opened from disk with the network cut: what it does, what it asks for, who can use it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.report import files, html
from conformance.report.compare import columns
from conformance.report.compare import render as side_by_side
from conformance.report.record import read
from conformance.report.redact import Redactor
from conformance.report.summary import summary
from support import records
from support.records import Stage, transcript

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
KEY = "sk-0123456789abcdefABCDEF+/x"
HOSTILE = (
    '</script><script>document.title="taken"</script><img src=x onerror=\'document.title="taken"\'>\u202e\x00' + KEY
)

if CHROMIUM is None:
    if os.environ.get("CI") == "true":
        pytest.fail("chromium is missing: apt-get install -y chromium", pytrace=False)
    pytest.skip("needs chromium: apt-get install -y chromium", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")  # here: every worker collects this file, and one runs it
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("page")
    said = records.verdicts(records.USUAL, every=1)
    files.write_all(records.write(made, records.conversations(), said), Redactor(None))
    other = made / "other"
    other.mkdir()
    records.write(other, records.conversations(), records.verdicts({}, every=1), endpoint="beijing")
    five = columns([made / "record.jsonl", *[other / "record.jsonl"] * 4])
    (made / "compare.html").write_text(side_by_side(five), encoding="utf-8")
    return made


class Opened:
    """A page, and what it did that it should not: requests, messages on the console, errors."""

    def __init__(self, browser: Any, path: Path, width: int = 1200, **options: Any) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        self.page = self.context.new_page()
        self.wrong: list[str] = []
        self.page.on("console", lambda message: self.wrong.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("request", self._asked)
        self.address = path.as_uri()
        self.page.goto(self.address)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):  # a blob is a file that the page made itself
            self.wrong.append(f"request: {request.url}")


@pytest.fixture(scope="module")
def tab(browser: Any, folder: Path) -> Iterator[Opened]:
    held = Opened(browser, folder / "report.html")
    yield held
    held.context.close()


@pytest.fixture
def opened(tab: Opened) -> Iterator[Opened]:
    """The page, loaded anew in a tab that all these tests share: a new one costs as much as the page."""
    tab.page.goto("about:blank")
    tab.wrong.clear()
    tab.page.goto(tab.address)
    yield tab
    tab.page.evaluate("localStorage.clear()")
    assert tab.wrong == []


def visible(page: Any, selector: str) -> int:
    return int(page.locator(f"{selector}:visible").count())


def test_nothing_is_asked_for_and_nothing_goes_wrong(opened: Opened) -> None:
    assert opened.page.title().startswith("✗ singapore")
    assert "Does not conform" in opened.page.locator(".headline").inner_text()


def test_the_filter_counts_and_stays_in_the_address(opened: Opened) -> None:
    page = opened.page
    whole = page.locator("a.check").count()
    page.fill("#f-q", "SES-00")
    shown = visible(page, "a.check")
    assert 0 < shown < whole
    assert page.locator("#shown").inner_text() == f"{shown} of {whole} shown"
    page.select_option("#f-level", "MUST")
    assert "q=SES-00" in page.url
    assert "level=MUST" in page.url
    again = page.url
    page.goto("about:blank")
    page.goto(again)
    assert page.input_value("#f-q") == "SES-00"
    assert visible(page, "a.check") < whole


def test_a_link_to_a_check_opens_its_page_and_its_frames(opened: Opened) -> None:
    page = opened.page
    page.goto(f"{opened.address}#CLO-009")
    page.wait_for_selector("#detail .seq:visible")
    assert not page.locator("#overview").is_visible()
    told = page.locator("#detail").inner_text()
    assert "no close frame came back" in told
    assert "close 1011 disconnect timeout" in told
    page.locator("#detail summary", has_text="Handshake: HTTP 101").click()
    page.wait_for_selector("#detail pre:has-text('Upgrade: websocket')")  # made when it is opened, a task later
    page.locator("summary", has_text="frames as JSON").click()
    page.locator(".frame:visible").last.locator("> summary").click()
    page.wait_for_selector(".frame[open] pre:visible")
    page.goto(f"{opened.address}#c-vad-OneTurn:1:3")
    page.wait_for_selector(".frame.turns[open] pre:visible")
    assert "input_audio_buffer.append ×24 · 2.4 s of audio" in page.locator("#detail").inner_text()
    page.goto(f"{opened.address}#")
    page.wait_for_selector("#overview:visible")


def test_a_finding_is_taken_away_without_a_server(opened: Opened) -> None:
    page = opened.page
    wanted = page.locator("button[data-copy=file]").first
    with page.expect_download() as got:
        wanted.click()
    assert f"# {wanted.get_attribute('data-id')} " in Path(got.value.path()).read_text("utf-8")
    page.locator("button[data-copy=link]").first.click()
    page.wait_for_selector("button:has-text('Done')")


def _height(page: Any) -> int:
    """Of everything laid out: what nobody has come near yet has a height that is only guessed."""
    page.evaluate("for (const one of document.querySelectorAll('section')) one.style.contentVisibility = 'visible'")
    return int(page.evaluate("document.documentElement.scrollHeight"))


def test_the_page_of_a_bad_day_is_no_longer_on_a_phone(browser: Any, tmp_path: Path) -> None:
    failing = [row["id"] for row in records.catalogue()["clauses"] if row["level"] == "MUST"][:60]
    changed = [f"{key}: " + "many words, " * 15 for key in failing]
    said = records.verdicts(
        {key: {"verdict": "fail", "detail": f"{key}: " + "many words, " * number} for number, key in enumerate(failing)}
    )
    record = read(records.write(tmp_path, records.conversations(), said))
    made = summary(record)
    morning = {**made, "drift": {"new_failures": changed, "changed_answers": changed, "new_missed": changed}}
    for number, (told, drawn) in enumerate(((made, 12), (morning, 6))):
        page = tmp_path / f"{number}.html"
        page.write_text(html.render(record, told), encoding="utf-8")
        held = Opened(browser, page, width=390)
        assert held.page.locator(".finding").count() == drawn
        assert _height(held.page) < 12_000
        assert held.page.evaluate("document.querySelectorAll('*').length") < 3000
        assert held.wrong == []
        held.context.close()


FIRST = """() => {
  const all = (which) => [...document.querySelectorAll(which)].filter((one) => one.checkVisibility());
  const seen = all("nav, nav a, .top, .top *, #answers, #answers > *, #answers > * > *");
  const inline = (part) => part.nodeType === 1 && getComputedStyle(part).display.startsWith("inline");
  const lines = (one) => [...one.childNodes].some((part) => part.data?.trim() || inline(part));
  const faces = all(".skip, nav, nav *, .top *, #answers, #answers *").filter(lines).map((one) => getComputedStyle(one))
    .map((one) => `${one.fontFamily} ${one.fontWeight} ${one.fontSize} ${one.fontStyle}`);
  const boxes = () => seen.map((one) => Object.values(one.getBoundingClientRect().toJSON()).join());
  const whole = boxes();
  document.styleSheets[1].disabled = true;
  const alone = boxes();
  document.styleSheets[1].disabled = false;
  return [[...new Set(faces)], whole, alone];
}"""
"""The fonts of the first screen, and where everything on it stands: with both styles, and with the first alone."""


@pytest.mark.parametrize("width", [1440, 390])
def test_it_is_light_and_fits(opened: Opened, folder: Path, width: int) -> None:
    """For a run of every check.  How long it takes to open is measured by command, on a machine of one's own."""
    page = opened.page
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.querySelectorAll('*').length") < 3000
    assert _height(page) < 12_000
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    third = page.locator(".answer").nth(2).locator(".said").bounding_box()
    assert third["y"] + third["height"] < 900, "the three answers are on the first screen"
    assert (folder / "report.html").stat().st_size < 1_200_000
    faces, whole, alone = page.evaluate(FIRST)
    assert len(faces) <= (3 if width > 640 else 2), "each is looked up before the first answer is painted"
    assert len(whole) > 30
    assert whole == alone, "what moves when the second style comes belongs into the first"
    page.set_viewport_size(before)


SECTIONS = """() => {
  const [line, ...links] = [...document.querySelectorAll("nav ul, nav li")].map((one) => one.getBoundingClientRect());
  const seen = links.filter((one) => one.top < line.bottom);
  return [seen.length, links.length, seen.every((one) => one.right <= line.right && one.bottom <= line.bottom + 1)];
}"""
"""How many sections are named where one looks, of how many, and whether each of them is seen whole."""


def test_on_a_phone_the_sections_are_a_line_of_whole_words_and_the_others_behind_a_word(opened: Opened) -> None:
    page = opened.page
    before = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    seen, count, whole = page.evaluate(SECTIONS)
    assert 2 < seen < count
    assert whole
    more = page.locator(".sections > summary")
    assert more.bounding_box()["height"] < 30, "one line"
    more.click()
    assert page.evaluate(SECTIONS) == [count, count, True]
    page.set_viewport_size(before)
    assert not page.locator(".sections").is_visible(), "all are there"


BELOW = """() => {
  const heads = [...document.querySelectorAll("#overview > section:not(#answers) > h2")].slice(0, 4);
  const overview = document.getElementById("overview");
  overview.hidden = true;
  overview.getBoundingClientRect();
  overview.hidden = false;
  const coming = heads.filter((one) => one.checkVisibility()).length;
  const frames = (left, then) => left ? requestAnimationFrame(() => frames(left - 1, then)) : then();
  return new Promise((then) => frames(4, () => then([
    coming, heads.filter((one) => one.checkVisibility()).length, document.querySelector(".said").checkVisibility(),
  ])));
}"""
"""Of the four sections below the first screen: how many are shown in the frame in which they come, how many later."""


def test_the_first_screen_is_painted_before_what_stands_below_is_laid_out(opened: Opened) -> None:
    assert opened.page.evaluate(BELOW) == [0, 4, True], "what is below waits for the frame of the answers"


def test_a_place_that_is_asked_for_waits_for_no_frame(opened: Opened) -> None:
    """What is laid out later would move it away from who asked for it."""
    opened.page.goto("about:blank")
    opened.page.goto(f"{opened.address}#closing")
    assert opened.page.evaluate(BELOW)[0] == 4


def test_on_paper_the_answers_and_the_findings_fill_two_pages(opened: Opened) -> None:
    page = opened.page
    page.emulate_media(media="print")
    assert visible(page, ".said") == 3
    assert visible(page, ".finding") > 0
    assert visible(page, "#closing") == 0
    assert page.locator(".paper").is_visible(), "where the rest is"
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf())) <= 2
    page.emulate_media(media="screen")


def test_both_themes_can_be_chosen_and_stay(opened: Opened) -> None:
    page = opened.page
    colours = set()
    for wanted in ("light", "dark"):
        page.click("#theme")
        assert page.locator("#theme").inner_text() == f"Theme: {wanted}"
        colours.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(colours) == 2


def test_the_keyboard_reaches_everything(opened: Opened) -> None:
    page = opened.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):  # behind the last that there is
            break
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        seen.add(page.evaluate("document.activeElement.tagName"))
    assert {"A", "SUMMARY"} <= seen
    page.focus("#f-q")
    page.keyboard.type("CLO")
    assert visible(page, "a.check") > 0


@pytest.mark.parametrize("name", ["report.html", "report.html#CLO-009", "compare.html"])
def test_an_accessibility_audit_finds_nothing_in_either_scheme(browser: Any, folder: Path, name: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    file, _, place = name.partition("#")
    held = Opened(browser, folder / file, bypass_csp=True)
    if place:
        held.page.goto(f"{held.address}#{place}")
        held.page.wait_for_selector("#detail .seq:visible")
    colours, told = set(), []
    for scheme in ("light", "dark"):
        held.page.emulate_media(color_scheme=scheme)
        colours.add(held.page.evaluate("getComputedStyle(document.body).backgroundColor"))
        found = axe.Axe().run(held.page).response["violations"]
        told += [f"{scheme}, {item['id']}: {item['nodes'][0]['html'][:160]}" for item in found]
    held.context.close()
    assert told == []
    assert len(colours) == 2, "the page follows the scheme at once"


def test_without_scripts_it_is_all_there(browser: Any, folder: Path) -> None:
    held = Opened(browser, folder / "report.html", java_script_enabled=False)
    text = held.page.locator("body").inner_text()
    for words in (
        "session.finished answers session.finish",
        "No close frame came back",
        "the close was answered by the same code",
    ):
        assert words in text
    assert held.page.locator("a.check").count() > 400
    assert visible(held.page, "#filter") == 0
    held.context.close()
    assert held.wrong == []


def test_five_records_side_by_side_begin_with_what_differs(browser: Any, folder: Path) -> None:
    held = Opened(browser, folder / "compare.html")
    page = held.page
    assert page.evaluate("document.querySelectorAll('*').length") < 3000
    shown = visible(page, "tr[data-row]")
    count, whole = re.findall(r"\d+", page.locator("#shown").inner_text())
    assert 0 < shown == int(count) < int(whole)
    page.uncheck("#only-differences")
    page.wait_for_selector("tr[data-row=same]")
    assert visible(page, "tr[data-row]") == int(whole)
    ids = page.locator("#ch-02 tr[data-row] .id").all_inner_texts()
    assert ids == sorted(ids), "each row is made in its place"
    page.check("#only-differences")
    page.wait_for_function(f"document.querySelectorAll('tr[data-row]:not([hidden])').length == {shown}")
    assert held.wrong == []
    held.context.close()


def test_a_hostile_record_is_text(browser: Any, tmp_path: Path) -> None:
    error = {"type": HOSTILE, "code": HOSTILE, "message": HOSTILE + "x" * 100_000}
    talk = Stage().greet().client("session.update", label=HOSTILE, session={}).server("error", error=error)
    said = records.verdicts({"CLO-009": {"verdict": "fail", "detail": HOSTILE}})
    held = [transcript("closing/JavaTimeout", talk.close(1011, HOSTILE[:60]))]
    path = records.write(tmp_path, held, said, key=KEY)
    files.write_all(path, Redactor(KEY))
    for made in tmp_path.iterdir():
        assert KEY not in made.read_text(encoding="utf-8"), made.name
    page = Opened(browser, tmp_path / "report.html")
    page.page.goto(f"{page.address}#CLO-009")
    page.page.locator("summary", has_text="frames as JSON").click()
    for frame in page.page.locator(".frame:visible > summary").all():
        frame.click()
    assert page.page.title() != "taken"
    assert page.page.locator("main img").count() == 0
    assert page.wrong == []
    page.context.close()
