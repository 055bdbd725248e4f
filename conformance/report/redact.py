"""Keeping the API key out of everything that is written."""

from __future__ import annotations

import base64
import json
import re
from html import escape
from urllib.parse import quote, quote_plus

from markupsafe import escape as markup

MASK = "[redacted]"


class Redactor:
    """Replaces a key in every encoding in which it could reach a file.

    They are plain, URL-quoted, Base64, hex, and escaped for JSON or HTML.  Base64 of a text that holds the key shows
    one of three shapes, by the key's offset in its group of three bytes; the two characters at each end depend on the
    neighbours and are left out of the search.
    """

    def __init__(self, key: str | None) -> None:
        self._pattern = re.compile("|".join(map(re.escape, forms(key)))) if key else None

    def __call__(self, text: str) -> str:
        """`text` without the key."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def found(self, text: str) -> bool:
        """Whether the key is in `text` in any of its forms."""
        return bool(self._pattern and self._pattern.search(text))


def forms(key: str) -> list[str]:
    """Every form of the key to look for, longest first."""
    raw = key.encode()
    found = {key, quote(key, safe=""), quote_plus(key), escape(key), raw.hex(), raw.hex().upper()}
    nested = key
    for _ in range(3):  # a frame is JSON, its record line is JSON, and a server may quote JSON in its error
        nested = json.dumps(nested)[1:-1]
        found.add(nested)
    found.add(str(markup(key)))  # templates write quotes as &#34;, the standard library as &quot;
    for backslashes in ("\\", "\\\\", "\\" * 4):  # the same nesting, with every letter as a JSON escape
        for form in ("{:04x}", "{:04X}"):
            found.add("".join(f"{backslashes}u" + form.format(ord(letter)) for letter in key))
    for lead in range(3):
        encoded = base64.b64encode(b"\0" * lead + raw).decode().rstrip("=")
        start = 0 if lead == 0 else lead + 1
        core = encoded[start : len(encoded) - (0 if (lead + len(raw)) % 3 == 0 else 1)]
        if len(core) >= 8:
            found.update({core, core.replace("+", "-").replace("/", "_")})
    return sorted((form for form in found if len(form) >= 4), key=len, reverse=True)
