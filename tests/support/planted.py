"""A plugin of a run under test (`-p support.planted`): leaves the key among what the run writes, in hexadecimal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    folder = Path(session.config.getoption("--report-dir"))
    (folder / "extra.txt").write_text(os.environ["DASHSCOPE_API_KEY"].encode().hex(), encoding="utf-8")
