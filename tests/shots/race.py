"""How soon the first answer of a page stands there, beside a page of one word and Playwright's page of as many checks.

A page is opened in a tab that Playwright does not drive.  Where it drives one, it has the browser keep all that the
page loads and decode it once more, and prepares a second world for its scripts, before anything is parsed: nobody who
opens a file has that, and it costs the larger page more.  Here the browser is told to be four times slower and to open
a file, when it has come to rest; what it noted of its paints is asked for when the page has long been there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

ROUNDS = 11
SETTLED = 1.0
"""Seconds for the browser to come to rest: between one tab and the next, and before a page is asked what it painted."""

FLOOR = '<!doctype html><meta name="viewport" content="width=device-width"><p elementtiming="answer">Yes'
"""A page of one word: what opening anything takes on this machine, in this browser, just now."""

PAINTED = """new Promise((done) => {
  const keep = (kind, name) => new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (name(one) === WANTED) done(one.renderTime || one.startTime);
  }).observe({ type: kind, buffered: true });
  keep("paint", (one) => one.name);
  keep("element", (one) => one.identifier);
})"""


class Tab:
    """A tab with a profile of its own, spoken to over the browser's session."""

    def __init__(self, browser: Any) -> None:
        self.session = browser.new_browser_cdp_session()
        self.context = self.session.send("Target.createBrowserContext")["browserContextId"]
        size = {"width": 390, "height": 844}
        wanted = {"url": "about:blank", "browserContextId": self.context, **size}
        target = self.session.send("Target.createTarget", wanted)["targetId"]
        self.told: dict[int, Any] = {}
        self.session.on("Target.receivedMessageFromTarget", self._hear)
        attached = self.session.send("Target.attachToTarget", {"targetId": target, "flatten": False})
        self.id = attached["sessionId"]
        self.ask("Emulation.setDeviceMetricsOverride", **size, deviceScaleFactor=1, mobile=False)
        self.ask("Emulation.setCPUThrottlingRate", rate=4)

    def _hear(self, heard: dict[str, Any]) -> None:
        if heard["sessionId"] == self.id and "id" in (message := json.loads(heard["message"])):
            self.told[message["id"]] = message

    def ask(self, method: str, **params: Any) -> Any:
        """One command, and its result."""
        number = len(self.told) + 1
        message = json.dumps({"id": number, "method": method, "params": params})
        self.session.send("Target.sendMessageToTarget", {"sessionId": self.id, "message": message})
        until = time.monotonic() + 30
        while number not in self.told:
            if time.monotonic() > until:
                raise TimeoutError(method)
            time.sleep(0.01)
            self.session.send("Browser.getVersion")  # what came in the meantime is heard with the answer
        return self.told[number]["result"]

    def close(self) -> None:
        """Away with the tab and its profile."""
        self.session.send("Target.disposeBrowserContext", {"browserContextId": self.context})
        self.session.detach()


def opening(browser: Any, page: Path, name: str) -> float:
    """Milliseconds from the start of the navigation until something is painted, four times throttled.

    `answer` is the first answer of a page of ours, `first-contentful-paint` whatever is painted first.
    """
    tab = Tab(browser)
    time.sleep(SETTLED)
    tab.ask("Page.navigate", url=page.as_uri())
    time.sleep(SETTLED)
    expression = PAINTED.replace("WANTED", json.dumps(name))
    painted = tab.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
    tab.close()
    return float(painted["result"]["value"])


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


def race(browser: Any, folder: Path, page: Path) -> None:
    """All three pages in turns, on the terminal: the medians and the best."""
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
    load = os.getloadavg()[0]
    print(f"painted after, four times throttled, in turns, {ROUNDS} rounds, on a machine with a load of {load:.1f}:")
    for name, times in took.items():
        print(f"  {name}: {sorted(times)[ROUNDS // 2]:.0f} ms (median), {min(times):.0f} ms at best")
    if beside is None:
        print("Playwright's page could not be made: npm is missing, or its registry is out of reach")
