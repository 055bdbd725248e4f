"""Compiled templates: kept as Python keeps modules, and never taken for those of another source."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

from conformance.report.compiled import Compiled


def told(folder: Path) -> str:
    made = Environment(loader=FileSystemLoader(folder), autoescape=True, bytecode_cache=Compiled(folder))
    return made.get_template("one.j2").render(it="<b>")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    (tmp_path / "one.j2").write_text("it is {{ it }}")
    return tmp_path


def kept(folder: Path) -> list[Path]:
    return list((folder / "__pycache__").glob("*"))


def test_what_was_compiled_is_kept_and_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(folder) == "it is &lt;b&gt;"
    assert len(kept(folder)) == 1
    monkeypatch.delattr(Environment, "_parse")  # without it nothing can be compiled
    assert told(folder) == "it is &lt;b&gt;"


def test_another_source_is_compiled_anew(folder: Path) -> None:
    told(folder)
    (folder / "one.j2").write_text("it was {{ it }}")
    assert told(folder) == "it was &lt;b&gt;"
    assert len(kept(folder)) == 1


@pytest.mark.parametrize("there", [b"", b"j2", b"j2\x80\x04garbage"])
def test_what_is_not_what_was_kept_is_compiled_anew(there: bytes, folder: Path) -> None:
    told(folder)
    (path,) = kept(folder)
    path.write_bytes(path.read_bytes()[:40] + there)
    assert told(folder) == "it is &lt;b&gt;"
    assert len(path.read_bytes()) > 100


def test_where_python_keeps_nothing_nothing_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert told(folder) == "it is &lt;b&gt;"
    assert kept(folder) == []


def test_a_folder_that_takes_nothing_is_no_matter(folder: Path) -> None:
    (folder / "__pycache__").write_text("in its place")
    assert told(folder) == "it is &lt;b&gt;"
