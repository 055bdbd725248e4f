"""Writing a file whole or not at all: a full disk takes nothing away that was there before."""

from __future__ import annotations

import contextlib
from pathlib import Path


def write(path: Path, content: str) -> str | None:
    """Write a file; returns why it could not be written, in a sentence.  Half a surrogate pair is written escaped."""
    real = path.resolve()  # a link stays one
    part = real.with_name(f".{real.name}.part")
    try:
        if real.exists() and not real.is_file():
            real.write_text(content, "utf-8", "backslashreplace")  # a pipe or a device takes what it is given
            return None
        part.write_text(content, "utf-8", "backslashreplace")
        part.replace(real)
    except OSError as problem:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        return f"{path.name} could not be written: {problem.strerror or problem}"
    return None
