"""`python -m tests.shots FOLDER`: hold five kinds of runs and take pictures of their pages.

First screen, a finding, the matrix and a check of each, the comparison and the trend; at 1440, 1024 and 390 px, in both
themes.  Beside each picture stands what a test can't see; what can be counted is told: elements, height, messages.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from conformance.report import compare, history
from tests.shots.race import race

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


def main() -> None:
    """Everything, into the folder that is named; with `--race` only how soon a page is there."""
    words = [word for word in sys.argv[1:] if word != "--race"]
    if any(word.startswith("-") for word in words):
        raise SystemExit(__doc__)
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
