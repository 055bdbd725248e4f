"""`python -m tests.shots FOLDER`: hold five kinds of runs and take pictures of their pages.

First screen, a finding, the matrix and a check of each, the comparison and the trend; at 1440, 1024 and 390 px, in both
themes.  Beside each picture stands what a test can't see; what can be counted is told: elements, height, messages.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from conformance.report import compare, history

ROOT = Path(__file__).resolve().parents[2]
RUN = [sys.executable, "-m", "pytest", "conformance/", "-q", "-p", "no:cacheprovider"]
LIES = ("finish-refused-and-accepted", "close-not-answered", "usage-does-not-add-up", "errors-come-twice")
CLIENT = [sys.executable, "-m", "conformance.cli", "client"]
RUNS = {
    "conforming": RUN,
    "failing": [*RUN, *(part for lie in LIES for part in ("--quirk", lie))],
    "incomplete": [*RUN, "--budget-sessions", "20"],
    "hostile": [*RUN, "--quirk", "binary-frames", "--quirk", "nine-megabytes"],
    "client": [*CLIENT, "--scenario", "plain", "--", sys.executable, "examples/websocket_client_vad.py"],
}
PLACES = ("", "findings", "closing")
CHECK = {"client": "CLI-090"}
"""The check whose page is pictured, where it is not CLO-001."""
SIZES = ((1440, 900), (1024, 900), (390, 844))


def hold(folder: Path) -> dict[str, Path]:
    """The pages, by name; a run that is there already is not held again."""
    pages = {}
    for name, command in RUNS.items():
        where = folder / name
        if not (where / "report.html").is_file():
            at = command.index("--") if "--" in command else len(command)
            whole = [*command[:at], "--report-dir", str(where), *command[at:]]
            subprocess.run(whole, cwd=ROOT, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        pages[name] = where / "report.html"
    held = compare.columns([folder / name / "record.jsonl" for name in ("conforming", "failing")])
    pages["compare"] = folder / "compare.html"
    pages["compare"].write_text(compare.render(held, folder), encoding="utf-8")
    rows = []
    for number, name in enumerate(("conforming", "failing", "conforming", "failing", "conforming"), 1):
        made = json.loads((folder / name / "summary.json").read_text(encoding="utf-8"))
        suite = {"version": "0.1.0" if number < 4 else "0.2.0"}
        rows.append(history.line({**made, "started": f"2026-10-{number * number:02d}T02:00:00Z", "suite": suite}))
    pages["history"] = folder / "history.html"
    pages["history"].write_text(history.render(rows), encoding="utf-8")
    return pages


def shoot(browser: Any, folder: Path, name: str, page: Path) -> None:
    """All pictures of one page, and its figures on the terminal."""
    for width, height in SIZES:
        for theme in ("light", "dark"):
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
            tab = context.new_page()
            told: list[str] = []
            tab.on("console", lambda message, told=told: told.append(message.text))
            tab.on("pageerror", lambda error, told=told: told.append(str(error)))
            for place in (*PLACES, CHECK.get(name, "CLO-001")) if page.name == "report.html" else ("",):
                tab.goto(f"{page.as_uri()}{'#' if place else ''}{place}")
                tab.wait_for_timeout(300)  # details are made after the page has loaded
                picture = folder / "shots" / f"{name}-{place or 'first'}-{width}-{theme}.png"
                tab.screenshot(path=picture)
            figures = tab.evaluate("[document.querySelectorAll('*').length, document.documentElement.scrollHeight]")
            print(f"{name} {width} {theme}: {figures[0]} elements, {figures[1]} px high; {told or 'no message'}")
            context.close()


ROUNDS = 9

WATCH = """
window.painted = {};
const keep = (kind, name) => new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.painted[name(entry)] ??= entry.renderTime || entry.startTime;
}).observe({ type: kind, buffered: true });
keep("paint", (entry) => entry.name);
keep("element", (entry) => entry.identifier);
"""


def opening(browser: Any, page: Path, name: str) -> float:
    """Milliseconds from the start of the navigation until something is painted, four times throttled.

    `answer` is the first answer of a page of ours, `first-contentful-paint` whatever is painted first.
    """
    context = browser.new_context(viewport={"width": 390, "height": 844})
    tab = context.new_page()
    tab.add_init_script(WATCH)
    context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    tab.goto(page.as_uri(), wait_until="load")
    tab.wait_for_function("name => window.painted[name] > 0", arg=name)
    took = float(tab.evaluate("name => window.painted[name]", name))
    context.close()
    return took


def yardstick(folder: Path, checks: int) -> Path | None:
    """The page of Playwright's own runner for as many tests that pass; None where npm can't fetch it."""
    where = folder / "playwright"
    page = where / "playwright-report" / "index.html"
    if page.is_file():
        return page
    npm, npx = shutil.which("npm"), shutil.which("npx")
    if npm is None or npx is None:
        return None
    (where / "tests").mkdir(parents=True, exist_ok=True)
    (where / "package.json").write_text("{}", encoding="utf-8")
    (where / "playwright.config.js").write_text(
        'module.exports = { testDir: "tests", workers: 1, reporter: [["html", { open: "never" }]] };', encoding="utf-8"
    )
    (where / "tests" / "checks.spec.js").write_text(
        'const { test } = require("@playwright/test");\n'
        f"for (let number = 0; number < {checks}; number += 1)\n"
        "  test(`CHK-${number} the server confirms what the client has asked for`, () => {});\n",
        encoding="utf-8",
    )
    for command in ([npm, "install", "--silent", "@playwright/test@1"], [npx, "playwright", "test"]):
        env = {**os.environ, "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"}
        subprocess.run(command, cwd=where, env=env, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return page if page.is_file() else None


FLOOR = '<!doctype html><meta name="viewport" content="width=device-width"><p elementtiming="answer">Yes'
"""A page of one word: what opening anything takes on this machine, in this browser, just now."""


def race(browser: Any, folder: Path, page: Path) -> None:
    """How soon the first answer stands there, beside a page of one word and Playwright's page of as many checks."""
    checks = len(json.loads((page.parent / "summary.json").read_text(encoding="utf-8"))["cases"])
    floor = folder / "floor.html"
    floor.write_text(FLOOR, encoding="utf-8")
    running = {"first answer": (page, "answer"), "a page of one word": (floor, "answer")}
    if (beside := yardstick(folder, checks)) is not None:
        running[f"Playwright's page of {checks} checks"] = (beside, "first-contentful-paint")
    took: dict[str, list[float]] = {name: [] for name in running}
    for _ in range(ROUNDS):
        for name, (where, what) in running.items():
            took[name].append(opening(browser, where, what))
    print(f"painted after, four times throttled, in turns, {ROUNDS} rounds:")
    for name, times in took.items():
        print(f"  {name}: {sorted(times)[ROUNDS // 2]:.0f} ms (median), {min(times):.0f} ms at best")
    if beside is None:
        print("Playwright's page could not be made: npm is missing, or its registry is out of reach")


def main() -> None:
    """Everything, into the folder that is named; with `--race` only how soon a page is there."""
    words = [word for word in sys.argv[1:] if word != "--race"]
    folder = Path(words[0] if words else "shots").resolve()
    (folder / "shots").mkdir(parents=True, exist_ok=True)
    pages = hold(folder)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, page in pages.items() if "--race" not in sys.argv else ():
            shoot(browser, folder, name, page)
        race(browser, folder, pages["conforming"])
        browser.close()


if __name__ == "__main__":
    main()
