"""What is made of a file of ours, kept where and as Python keeps modules.

To read a table or to compile a template takes longer than to use it.  So what came of it is kept beside the code of
modules (`__pycache__`, or what `PYTHONPYCACHEPREFIX` names), for this Python, and only where Python itself would keep
some.  What was made of another source is never taken for it.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import sys
import tomllib
from importlib.util import cache_from_source, source_hash
from pathlib import Path
from typing import Any

_HASH = 8  # bytes: what Python itself knows a source by


def place(source: Path, kind: str) -> Path:
    """Where what is made of a file is kept.

    Its name ends in a word of its own: whoever looks for tables or templates must not find what is none.
    """
    return Path(f"{cache_from_source(str(source)).removesuffix('.pyc')}.{kind}.kept")


def keep(path: Path, content: bytes) -> None:
    """Keep it, whole or not at all: others may read it at any moment."""
    if sys.dont_write_bytecode:
        return
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def table(source: Path) -> dict[str, Any]:
    """The content of a TOML file."""
    text = source.read_bytes()
    known, path = source_hash(text), place(source, "toml")
    with contextlib.suppress(OSError, ValueError, EOFError, TypeError):
        content = path.read_bytes()
        if content[:_HASH] == known and isinstance(found := marshal.loads(content[_HASH:]), dict):  # noqa: S302  # ours
            return found
    made = tomllib.loads(text.decode())
    with contextlib.suppress(ValueError):  # a date, which only TOML has
        keep(path, known + marshal.dumps(made))
    return made
