"""Stubs of a clause, and what is missing of those that were begun."""

import ast
import tomllib
from pathlib import Path

import pytest

from conformance import new
from conformance.spec import anchors


def test_nothing_is_unfinished() -> None:
    assert list(new.unfinished()) == []


def test_the_stubs_stand_where_they_belong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("spec/clauses/09_cancel.toml", "mock/quirks/cancel.py"):
        copy = tmp_path / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text((new.HERE / name).read_text(encoding="utf-8"), encoding="utf-8")
    chapter, kept = tmp_path / "test_09_cancel.py", tmp_path / "anchors.toml"
    chapter.write_text((new.HERE / "cases" / chapter.name).read_text(encoding="utf-8"), encoding="utf-8")
    kept.write_text(anchors.FILE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(new, "HERE", tmp_path)
    monkeypatch.setattr(anchors, "FILE", kept)
    monkeypatch.setattr(new.inspect, "getfile", lambda owner: str(chapter))

    files = new.clause("CAN-999", "cancel/MidText", "s1.1.02", "MUST")

    rows = tomllib.loads((tmp_path / "spec/clauses/09_cancel.toml").read_text(encoding="utf-8"))["clause"]
    assert (rows[-1]["id"], rows[-1]["level"]) == ("CAN-999", "MUST")
    assert new.MARK in rows[-1]["sentence"]
    body = ast.parse(chapter.read_text(encoding="utf-8")).body
    (owner,) = (node for node in body if isinstance(node, ast.ClassDef) and node.name == "TestMidText")
    assert ast.unparse(owner.body[-1]).startswith("@must('CAN-999')\ndef test_to_write_can_999(self, wire):")
    assert "from conformance.spec import must, observe, should" in chapter.read_text(encoding="utf-8")
    lie = ast.parse((tmp_path / "mock/quirks/cancel.py").read_text(encoding="utf-8")).body[-1]
    assert "to-write-can-999" in ast.unparse(lie)
    held = {row["id"]: row for row in tomllib.loads(kept.read_text(encoding="utf-8"))["anchor"]}
    assert held["s1.1.02"]["covered_by"] == ["CAN-999", "Q-HOSTS"]
    assert len(files) == 3


@pytest.mark.parametrize(
    ("order", "told"),
    [
        (("CAN-001", "cancel/MidText", "s1.1.02"), "there already"),
        (("CAN-1", "cancel/MidText", "s1.1.02"), "no new id"),
        (("VAD-023", "vad/Turn", "s1.1.02"), "may have been another's: the last one was VAD-\\d+"),
        (("CAN-999", "cancel/Nothing", "s1.1.02"), "no conversation"),
        (("CAN-999", "cancel/MidText", "s9.9.99"), "has no s9.9.99"),
    ],
)
def test_what_cannot_be_written_is_told_and_nothing_is_written(order: tuple[str, str, str], told: str) -> None:
    before = anchors.FILE.read_bytes()
    with pytest.raises(new.Unfit, match=told):
        new.clause(*order)
    assert anchors.FILE.read_bytes() == before
