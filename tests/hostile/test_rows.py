"""Everything that was once seen is held by something that exists, and the page says by what."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from hostile import table
from hostile.gallery import ENDPOINTS
from hostile.rows import ROWS

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.seen[:40])
def test_what_holds_it_exists(row):
    assert row.endpoints or row.tests
    assert set(row.endpoints) <= set(ENDPOINTS)
    for name in row.tests:
        file, _, function = name.partition("::")
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_the_page_says_so():
    page = (ROOT / "docs" / "hostile.md").read_text(encoding="utf-8")
    assert table.held(ROWS) in page


def test_every_endpoint_is_on_the_page():
    page = (ROOT / "docs" / "hostile.md").read_text(encoding="utf-8")
    assert [name for name in ENDPOINTS if f"\n| {name} | " not in page] == []
