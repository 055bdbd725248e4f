"""Text of unknown origin, made fit to be shown: nothing invisible, nothing endless, never markup.

Escaping is the template's business; here a text only becomes another text.
"""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup, escape

LONG = 2000
"""Characters of one string that are shown; what is cut off is counted."""

# What a reader can't see and what changes the order of what is seen: control characters (not tab and line feed),
# zero-width characters, direction marks, line and paragraph separators, halves of surrogate pairs, the tag block.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f\ufffe\uffff]"
)
_CODE = re.compile(r"`([^`\n]{1,300})`")


def _symbol(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"⟨U+{code:04X}⟩"


def visible(text: str) -> str:
    """`text` with a symbol in the place of every character that can't be seen."""
    return text if text.isprintable() else _HIDDEN.sub(_symbol, text)  # nothing of these is printable


def cut(text: str, limit: int = LONG) -> str:
    """`text`, or its beginning and how long it was."""
    return text if len(text) <= limit else f"{text[:limit]}… (cut here; {len(text):,} characters in all)"


def shown(value: Any, limit: int = LONG) -> str:
    """A server's value as harmless text of bounded length."""
    return visible(cut(str(value), limit))


def one_line(value: Any, limit: int = 200) -> str:
    """The same on one line of at most `limit` characters."""
    text = visible(" ".join(str(value)[: limit * 4].split()))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def told(detail: str) -> tuple[str, str]:
    """A check's words and, apart from them, what pytest adds: the assertion with its values.

    A check without words of its own has only the latter; then its first line stands for words.
    """
    head, found, tail = f"\n{detail}".partition("\nassert ")
    words, assertion = head.strip("\n"), f"assert {tail}" if found else ""
    return words or assertion.partition("\n")[0], assertion


def prose(value: Any) -> Markup:
    """Text in which `names` in backquotes are set as code.  All of it is escaped first."""
    safe = str(escape(shown(value)))
    return Markup(_CODE.sub(r"<code>\1</code>", safe))  # noqa: S704  # escaped above; only <code> is added


def cell(value: Any) -> str:
    """Text for a cell of a Markdown table."""
    return one_line(value, 300).replace("|", "\\|").replace("<", "&lt;")


def ms(value: float) -> str:
    """A time span of `value` ms in the unit that suits it."""
    if value < 10:
        return f"{value:.1f} ms"
    return f"{value:,.0f} ms" if value < 10_000 else f"{value / 1000:,.1f} s"


def size(count: int) -> str:
    """A number of bytes."""
    if count < 1024:
        return f"{count} B"
    return f"{count / 1024:.1f} KB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MB"


def slug(name: str) -> str:
    """A conversation's name as a page anchor."""
    return "c-" + re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")


def plural(count: int, one: str, many: str = "") -> str:
    """`1 check`, `2 checks`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
