"""A handful of pages in a real browser, opened from disk with a phone's width: who can use them, what they ask for."""

from __future__ import annotations

import os
import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

if CHROMIUM is None:
    if os.environ.get("CI") == "true":
        pytest.fail("chromium is missing: apt-get install -y chromium", pytrace=False)
    pytest.skip("needs chromium: apt-get install -y chromium", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("default")

PAGES = (
    ("index.html", "light"),
    ("events/client/conversation.item.create/index.html#item.role", "dark"),
    ("questions/Q-FINISH/index.html", "light"),
    ("search/index.html?q=session.finish", "dark"),
)
OTHERS = (
    "close-paths/close-1000-idle/index.html",
    "models/qwen3.5-omni-flash-realtime/index.html",
    "clauses/CLO-001/index.html",
    "events/index.html",
    "errors/E8/index.html",
    "close-codes/1007/index.html",
)
"""With PAGES, a page of each kind."""
FOUND_FIRST = {
    "idle_timeout_ms": "session.turn_detection.idle_timeout_ms",
    "1007": "1007",
    "session.finish": "session.finish",
    "Q-FINISH": "Q-FINISH",
    "cannot_update_voice": "E8",
}


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")  # here: every worker collects this file, and one runs it
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


class Opened:
    """A page from the site's folder, and what it did that it should not: messages, errors, requests elsewhere."""

    def __init__(self, browser, site, address, **options):
        self.context = browser.new_context(viewport={"width": 390, "height": 844}, **options)
        self.page = self.context.new_page()
        self.wrong: list[str] = []
        self.page.on("console", lambda message: self.wrong.append(message.text))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url, site.as_uri()))
        self.page.goto(f"{site.as_uri()}/{address}")

    def _asked(self, url, home):
        if not url.startswith((home, "data:")):
            self.wrong.append(url)


def test_under_its_own_policy_a_page_is_quiet_and_fits_a_phone(browser, site):
    opened = Opened(browser, site, PAGES[0][0])
    told = []
    for address, _ in PAGES:
        opened.page.goto(f"{site.as_uri()}/{address}")
        told += [f"{address}: {words}" for words in opened.wrong]
        opened.wrong.clear()
        if opened.page.evaluate("document.documentElement.scrollWidth") > 390:
            told.append(f"{address} is wider than a phone")
        assert opened.page.title() != "taken"
    opened.context.close()
    assert told == []


def test_a_page_of_each_kind_is_quiet_fits_a_phone_and_passes_the_audit(browser, site):
    """In one tab, without the policy: the audit is a script of its own."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    opened = Opened(browser, site, PAGES[0][0], bypass_csp=True)
    told = []
    for address, scheme in (*PAGES, *((other, "light") for other in OTHERS)):
        opened.page.emulate_media(color_scheme=scheme)
        opened.wrong.clear()  # the audit reads style sheets, and is told that it may not
        opened.page.goto(f"{site.as_uri()}/{address}")
        told += [f"{address}: {words}" for words in opened.wrong]
        if opened.page.evaluate("document.documentElement.scrollWidth") > 390:
            told.append(f"{address} is wider than a phone")
        found = axe.Axe().run(opened.page).response["violations"]
        told += [f"{address}: {item['id']}: {item['nodes'][0]['html'][:160]}" for item in found]
    opened.context.close()
    assert told == []


def test_search_finds_members_codes_events_questions_and_words(browser, site):
    opened = Opened(browser, site, "search/index.html")
    for query, first in FOUND_FIRST.items():
        opened.page.fill("#query", query)
        assert opened.page.inner_text("#found li:first-child a") == first
    opened.page.fill("#query", "silence")
    names = opened.page.locator("#found li a").all_inner_texts()
    assert {"Q-SILENCE-BILLED", "USE-004"} & set(names)
    opened.page.fill("#query", "no such thing anywhere")
    assert opened.page.inner_text("#count") == "0 found"
    assert opened.wrong == []
    opened.page.click("text=Clauses")
    assert opened.page.url.endswith("/clauses/index.html")
    opened.page.fill("header input", "1007")
    opened.page.click("header button")
    opened.page.click("#found a")
    assert opened.page.url.endswith("/close-codes/1007/index.html")
    opened.context.close()
