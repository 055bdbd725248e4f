"""Where everything stands on the site, and the words of the catalogue with links in them.

An address names its thing and never its place in a list, so that a link from elsewhere holds as long as the thing does.
Links name `index.html`, so that they also work from a disk.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from markupsafe import Markup, escape

from conformance.report.html_text import shown
from conformance.site.members import events
from conformance.spec.catalogue import clauses, client_clauses, questions
from conformance.spec.reference import close_codes, faults

_CODE = re.compile(r"`([^`\n]{1,300})`")
_NAMES = re.compile(r"\b(?:[A-Z]{3}-\d{3}|Q-[A-Z0-9]+(?:-[A-Z0-9]+)*|E\d{1,2}|(?<=close )\d{4}|\d{4}(?= close))\b")


def event(kind: str, member: str = "") -> str:
    """The page of an event, or the place of one of its members."""
    return f"events/{events()[kind].side}/{kind}/index.html" + (f"#{member}" if member else "")


def row(row_id: str) -> str:
    """The page of a clause or of an open question."""
    return f"questions/{row_id}/index.html" if row_id.startswith("Q-") else f"clauses/{row_id}/index.html"


def fault(fault_id: str) -> str:
    """The page of an error."""
    return f"errors/{fault_id}/index.html"


def code(number: int) -> str:
    """The page of a close code."""
    return f"close-codes/{number}/index.html"


def path(name: str) -> str:
    """The page of a close path."""
    return f"close-paths/{name}/index.html"


def model(name: str) -> str:
    """The page of a model."""
    return f"models/{name}/index.html"


def source(key: str) -> str:
    """The place of a source."""
    return f"sources/index.html#{key}"


@functools.cache
def known(name: str) -> str | None:
    """The address of what a word in capitals names: a clause, a question, an error, a close code."""
    if name in clauses() or name in client_clauses() or name in questions():
        return row(name)
    if name in faults():
        return fault(name)
    return code(int(name)) if name.isdecimal() and int(name) in close_codes() else None


def linked(root: str) -> Callable[[object], Markup]:
    """A filter for prose: `names` as code, and everything that has a page as a link to it; `root` leads to the top."""

    def in_words(text: str) -> str:
        return _NAMES.sub(lambda found: _anchor(root, known(found[0]), found[0]), text)

    def filtered(value: object) -> Markup:
        safe, made, last = str(escape(shown(value))), "", 0
        for found in _CODE.finditer(safe):
            word = found[1]
            address = event(word) if word in events() else None
            made += in_words(safe[last : found.start()]) + _anchor(root, address, f"<code>{word}</code>")
            last = found.end()
        return Markup(made + in_words(safe[last:]))  # noqa: S704  # escaped above; only <code> and links of ours are added

    return filtered


def _anchor(root: str, address: str | None, text: str) -> str:
    return text if address is None else f'<a href="{root}{address}">{text}</a>'


def evidence(root: str, keys: frozenset[str]) -> Callable[[object], Markup]:
    """A filter for evidence ("WS-REC (2026-10-04), SE"): each source as a link to where it is described."""
    names = re.compile(r"(?<![\w-])(?:" + "|".join(sorted(map(re.escape, keys), key=len, reverse=True)) + r")(?![\w-])")

    def filtered(value: object) -> Markup:
        safe = str(escape(shown(value)))
        made = names.sub(lambda found: _anchor(root, source(found[0]), found[0]), safe)
        return Markup(_CODE.sub(r"<code>\1</code>", made))  # noqa: S704  # escaped above; only links of ours are added

    return filtered
