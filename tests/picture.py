"""The picture of the page in README.md: `python -m tests.picture` runs the suite on the mock and takes it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PICTURE = Path(__file__).parents[1] / "docs" / "report.png"
LARGEST = 150_000  # bytes: it is fetched by everyone who opens the README
SIZE = {"width": 1000, "height": 820}


def take(page: Path, picture: Path) -> None:
    """Write the top of a page as a picture."""
    from playwright.sync_api import sync_playwright  # here: a test reads what a picture may be, and takes none

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_page(viewport=SIZE, color_scheme="light")
        opened.goto(page.as_uri())
        opened.screenshot(path=picture)
        browser.close()


def main() -> int:
    """Run the suite, take the picture, and say how large it is."""
    with tempfile.TemporaryDirectory() as folder:
        # In a folder of its own, by a short name: the page quotes its command.
        command = [sys.executable, "-m", "conformance.cli", "run", "-q", "--endpoint", "mock", "--report-dir", "report"]
        environment = {**os.environ, "PYTHONPATH": str(PICTURE.parents[1])}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, env=environment)
        take(Path(folder) / "report" / "report.html", PICTURE)
    size = PICTURE.stat().st_size
    print(f"{PICTURE}: {size:,} bytes")
    return 0 if size <= LARGEST else 1


if __name__ == "__main__":
    sys.exit(main())
