"""Templates as Python has compiled them, kept where and as Python keeps modules.

To read and compile the page's template takes longer than to fill it in.  So its code is kept beside those of modules
(`__pycache__`, or what `PYTHONPYCACHEPREFIX` names), for this Python and this Jinja, and only where Python itself would
keep some.
"""

from __future__ import annotations

import contextlib
import os
import sys
from importlib.util import cache_from_source
from pathlib import Path

import jinja2
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class Compiled(BytecodeCache):
    """The compiled templates of a folder; what can't be read or written is compiled anew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get_cache_key(self, name: str, filename: str | None = None) -> str:  # noqa: ARG002  # one folder has each once
        """The file's name: who is asked for a template looks where its code is."""
        return f"{cache_from_source(str(self._folder / name)).removesuffix('.pyc')}.jinja-{jinja2.__version__}"

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what was kept; Jinja compares the digest of the source, and compiles where it differs."""
        with contextlib.suppress(Exception), Path(bucket.key).open("rb") as file:  # whatever stands there instead
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it, whole or not at all: others may read it at any moment."""
        if sys.dont_write_bytecode:
            return
        path = Path(bucket.key)
        part = path.with_name(f"{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                bucket.write_bytecode(file)
            part.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
