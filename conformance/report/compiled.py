"""Templates as Python has compiled them: to read and compile the page's takes longer than to fill it in."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import jinja2
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from conformance import kept


class Compiled(BytecodeCache):
    """The compiled templates of a folder; what can't be read or written is compiled anew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get_cache_key(self, name: str, filename: str | None = None) -> str:  # noqa: ARG002  # one folder has each once
        """The file's name: who is asked for a template looks where its code is."""
        return str(kept.place(self._folder / name, f"jinja-{jinja2.__version__}"))

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what was kept; Jinja compares the digest of the source, and compiles where it differs."""
        with contextlib.suppress(Exception), Path(bucket.key).open("rb") as file:  # whatever stands there instead
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        content = io.BytesIO()
        bucket.write_bytecode(content)
        kept.keep(Path(bucket.key), content.getvalue())
