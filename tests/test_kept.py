"""Tables that were read are kept as Python keeps modules, and never taken for those of another source."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from conformance import data, kept, secrets


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    path = tmp_path / "one.toml"
    path.write_text('[[row]]\nid = "SES-1"\nfields = ["voice"]\n')
    return path


ROWS = {"row": [{"id": "SES-1", "fields": ["voice"]}]}


def there(source: Path) -> list[Path]:
    return list((source.parent / "__pycache__").glob("*"))


def test_what_was_read_is_kept_and_used(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept.table(source) == ROWS
    (path,) = there(source)
    assert path.name.startswith("one.")
    assert path.suffix == ".kept"
    monkeypatch.delattr(tomllib, "loads")  # without it nothing can be read
    assert kept.table(source) == ROWS


def test_another_source_is_read_anew(source: Path) -> None:
    kept.table(source)
    source.write_text(source.read_text().replace("SES-1", "SES-2"))  # as long, and written in the same moment
    assert kept.table(source)["row"][0]["id"] == "SES-2"
    assert len(there(source)) == 1


@pytest.mark.parametrize("damage", [b"", b"garbage", b"i\x01\x00\x00\x00"])
def test_what_is_not_what_was_kept_is_read_anew(damage: bytes, source: Path) -> None:
    kept.table(source)
    (path,) = there(source)
    path.write_bytes(path.read_bytes()[:8] + damage)
    assert kept.table(source) == ROWS
    assert len(path.read_bytes()) > 8 + len(damage)


def test_a_date_is_read_each_time(source: Path) -> None:
    source.write_text("day = 2026-11-27")
    assert kept.table(source)["day"].year == 2026
    assert there(source) == []


def test_where_python_keeps_nothing_nothing_is_kept(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert kept.table(source) == ROWS
    assert there(source) == []


def test_a_folder_that_takes_nothing_is_no_matter(source: Path) -> None:
    (source.parent / "__pycache__").write_text("a file in the way")
    assert kept.table(source) == ROWS


def test_what_is_kept_is_nobodys_own_words(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds a key looks through the tables for words of ours: also the second time, and after an update."""
    kept.table(source)
    (source.parent / "__pycache__" / "one.cpython-311.toml").write_bytes(b"\xac\x00")  # what an older version kept
    (folder := source.parent / "spec").mkdir()
    for inner in source.parent.glob("[o_]*"):
        inner.rename(folder / inner.name)
    for name in ("schemas", "package"):
        monkeypatch.setattr(data, name, lambda: source.parent)
    words = secrets._own_words.__wrapped__()
    assert "ses-1" in words
    assert len(list(folder.rglob("*"))) == 4  # the table, the folder, and what two versions kept
