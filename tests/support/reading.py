"""How the workers of xdist read the tests where nothing is compiled yet: one first, and the others what it has kept.

To compile tests with their asserts takes longer than to read them, and each worker would do it for itself.
"""

from __future__ import annotations

import fcntl
import importlib.util
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]


def is_compiled(module: Path) -> bool:
    """Whether pytest has kept a module with its asserts, of whatever state of it."""
    place = Path(importlib.util.cache_from_source(str(module))).parent
    return any(place.glob(f"{module.stem}.*-pytest-*.pyc"))


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Read the tests alone until the last of them is compiled, and then beside the others."""
    with Path(__file__).open() as lock:
        if hasattr(session.config, "workerinput") and not sys.dont_write_bytecode:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if is_compiled(max(TESTS.rglob("test_*.py"))):
                fcntl.flock(lock, fcntl.LOCK_UN)
        return (yield)
