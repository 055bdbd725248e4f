"""One worker reads tests that nobody has compiled, and the others wait for it."""

from __future__ import annotations

import fcntl
import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from support import reading


def is_alone(**of_the_worker: Any) -> bool:
    """Whether others have to wait while such a worker reads."""
    session: Any = SimpleNamespace(config=SimpleNamespace(**of_the_worker))
    reads = reading.pytest_collection(session)
    next(reads)
    with Path(reading.__file__).open() as other:
        try:
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            reads.close()
    return False


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Tests that nobody has read, and a lock of their own."""
    (tmp_path / "lock").touch()
    (tmp_path / "test_x.py").touch()
    monkeypatch.setattr(reading, "TESTS", tmp_path)
    monkeypatch.setattr(reading, "__file__", str(tmp_path / "lock"))
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return tmp_path


def test_what_nobody_has_compiled_is_read_alone(folder: Path) -> None:
    assert is_alone(workerinput={})
    kept = Path(importlib.util.cache_from_source(str(folder / "test_x.py")))
    kept.parent.mkdir()
    kept.touch()  # by Python, without pytest's asserts
    assert is_alone(workerinput={})
    kept.with_suffix("").with_name(f"{kept.stem}-pytest-9.0.0.pyc").touch()
    assert not is_alone(workerinput={})


def test_nobody_waits_for_what_is_not_kept_or_without_workers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_alone()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert not is_alone(workerinput={})
