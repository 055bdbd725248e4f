"""Every quirk is noticed, and every check has a quirk that it alone, or nearly alone, fails for.

Every quirk is tried here, and the checks of its conversations judge it.  A rule judges every conversation there is: of
the rules, all judge every seventh quirk, and the others are judged by those that the committed matrix says they
fail.  `python -m conformance.killmatrix` has every quirk judged by all.
"""

from __future__ import annotations

import fnmatch
import json

import pytest

from conformance import killmatrix
from conformance.judge.checks import load
from conformance.killmatrix import CATASTROPHIC, Matrix, matrix, mortal
from conformance.mock.quirks import REGISTRY
from conformance.spec.proof import FILE

WHOLE = 7


@pytest.fixture(scope="module")
def found() -> Matrix:
    rows = json.loads(FILE.read_text(encoding="utf-8"))["quirks"]
    own = {check.id for check in load().checks.values() if check.conversation is not None}
    few = [name for number, name in enumerate(REGISTRY) if number % WHOLE and name in rows]
    checks = {name: frozenset(own.union(rows[name]["kills"])) for name in few}
    first = matrix(list(REGISTRY.values()), checks=checks)
    # Where this machine stood still in a conversation, its checks can't judge: what nothing noticed, and what alone
    # kills a check that nothing killed, is tried once more.
    alone = [name for name in rows if name in first.kills and not {*rows[name]["kills"]}.isdisjoint(first.immortal)]
    again = matrix([REGISTRY[name] for name in dict.fromkeys([*first.unnoticed, *alone])], checks=checks)
    kills = {name: killed | again.kills.get(name, {}) for name, killed in first.kills.items()}
    return Matrix(kills, first.errors | again.errors)


def test_there_are_many_quirks() -> None:
    assert len(REGISTRY) >= 120


def test_no_row_is_empty(found: Matrix) -> None:
    assert found.unnoticed == []


def test_no_column_is_empty(found: Matrix) -> None:
    assert found.immortal == []


def test_no_check_errs_on_a_quirk(found: Matrix) -> None:
    assert found.errors == {}


def test_the_committed_matrix_is_of_these_quirks_and_checks_and_complete() -> None:
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    assert kept["checks"] == len(mortal()), "python -m conformance.killmatrix --write"
    assert set(kept["quirks"]) == set(REGISTRY), "python -m conformance.killmatrix --write"
    proven = {check for row in kept["quirks"].values() if not row["catastrophic"] for check in row["kills"]}
    assert proven >= set(mortal())
    assert all(row["kills"] for row in kept["quirks"].values())


def test_a_quirk_names_conversations_that_there_are() -> None:
    known = load().conversations
    for quirk in REGISTRY.values():
        assert quirk.touches, quirk.name
        for glob in quirk.touches:
            there = glob == "fuzz/*" or any(fnmatch.fnmatchcase(name, glob) for name in known)
            assert there, f"{quirk.name}: {glob}"


def test_a_quirk_that_anything_notices_proves_nothing() -> None:
    few, many = (
        {f"SES-{n:03}": "said so" for n in range(CATASTROPHIC)},
        {f"SES-{n:03}": "" for n in range(CATASTROPHIC + 1)},
    )
    built = Matrix({"silent-update": few, "greets-nobody": many, "greets-twice": {}})
    assert built.catastrophic == {"greets-nobody"}
    assert built.unnoticed == ["greets-twice"]
    assert built.killers()["SES-001"] == ["silent-update"]
    assert "SES-005" in built.immortal
    assert "SES-001" not in built.immortal


@pytest.mark.parametrize(
    ("kills", "errors", "code"),
    [({"SES-001": "no"}, {}, 0), ({}, {}, 1), ({"SES-001": "no"}, {"SES-002": "KeyError"}, 1)],
)
def test_the_command_says_when_a_lie_is_not_noticed_or_breaks_a_check(
    kills: dict[str, str], errors: dict[str, str], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = killmatrix.Matrix({"silent-update": kills}, {"silent-update": errors} if errors else {})
    monkeypatch.setattr(killmatrix, "matrix", lambda quirks, everything: found)
    assert killmatrix.main(["silent-update"]) == code
