"""Values of JSON as YAML that a person can read: block style, and quotes only where YAML would read something else.

Written here because the suite reads no YAML anywhere, and a dependency for one file that is written would not earn its
place.  Every quoted text is a JSON string, which YAML 1.2 reads as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_$/](?:[\w ./$-]*[\w/$])?", re.ASCII)
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def dump(value: Any) -> str:
    """Return the document; it ends with a line feed."""
    return "\n".join(_block(value, 0)) + "\n"


def _block(value: Any, depth: int) -> Iterator[str]:
    lead = "  " * depth
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _entry(f"{lead}{_scalar(str(key))}:", item, depth + 1)
    elif isinstance(value, list) and value:
        for item in value:
            if isinstance(item, dict | list) and item:
                # The first line of what an item holds stands behind its dash.
                first, *rest = _block(item, depth + 1)
                yield f"{lead}- {first.lstrip()}"
                yield from rest
            else:
                yield f"{lead}- {_scalar(item)}"
    else:
        yield f"{lead}{_scalar(value)}"


def _entry(head: str, value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield head
        yield from _block(value, depth)
    else:
        yield f"{head} {_scalar(value)}"


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
