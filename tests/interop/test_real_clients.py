"""The table of real clients in docs/clients.md is the one that its command makes: a row for each, with every column."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).resolve().parent / "real_clients"


@pytest.fixture(scope="module")
def table() -> ModuleType:
    spec = importlib.util.spec_from_file_location("real_clients_table", FOLDER / "table.py")
    assert spec is not None
    assert spec.loader is not None
    made = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # where its data classes look for it
    spec.loader.exec_module(made)
    return made


def test_the_table_has_every_client(table: ModuleType) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "clients.md").read_text(encoding="utf-8")
    _, _, rest = page.partition(table.BEGIN)
    lines = rest.partition(table.END)[0].strip().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    assert [row[0] for row in rows[2:]] == [client.name for client in table.CLIENTS]
    assert {len(row) for row in (rows[0], *rows[2:])} == {4 + len(table.POLICIES)}
    assert all(re.search(r"CLI-\d{3}|none", row[-1]) for row in rows[2:])


def test_a_row_tells_where_the_two_endpoints_differ(table: ModuleType) -> None:
    def run(scenario: str, left: str, status: str) -> dict[str, object]:
        session = {"left": left, "clean": True, "listed": dict.fromkeys(table.POLICIES, status)}
        return {"scenario": scenario, "code": 0, "ended": "ended with 0", "sessions": [session]}

    runs = [run("finish-accepted", "a", "succeeded"), run("finish-refused", "b", "failed_client")]
    told = table.row(table.CLIENTS[0], {"client": runs, "cases": []})
    assert told == "| `dashscope` 1.25.23, `close()` | a / b | clean |" + " succeeded / failed client |" * 5 + " none |"
    alike = table.row(
        table.CLIENTS[0], {"client": [{**runs[0], "scenario": one["scenario"]} for one in runs], "cases": []}
    )
    assert " | a | clean | succeeded |" in alike
