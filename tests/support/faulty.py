"""A plugin of a run under test (`-p support.faulty`): its page has a fault that nobody thought of."""

from __future__ import annotations

from typing import Any, NoReturn

from conformance.report import html


def _faulty(*_: Any) -> NoReturn:
    raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")


def pytest_configure() -> None:
    setattr(html, "render", _faulty)  # noqa: B010  # mypy has no way to say so
