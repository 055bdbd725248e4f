"""Each kind of change, on a line that it applies to, and what is left alone."""

from __future__ import annotations

import ast

import pytest

from .operators import mutants

NONE: set[str] = set()


def changes(body: str, *, bare: bool = False) -> set[str]:
    """What a line in a function (or of a module, bare) is changed to, each as the whole line."""
    text = body if bare else "def f(x, y, z):\n" + "\n".join(f"    {line}" for line in body.splitlines())
    found = set()
    for number in range(len(mutants(ast.parse(text)))):
        tree = ast.parse(text)
        mutants(tree)[number].put()
        changed = ast.unparse(tree)
        compile(ast.parse(changed), "x", "exec")
        found.add(changed if bare else "; ".join(line.strip() for line in changed.splitlines()[1:]))
    assert body not in found, "a mutant that changes nothing"
    return found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("return x < y", {"return x <= y", "return x >= y"}),
        ("return x >= y", {"return x > y", "return x < y"}),
        ("return x == y", {"return x != y"}),
        ("return x is not None", {"return x is None"}),
        ("return x and y", {"return x or y", "return x", "return y"}),
        ("return x or y or z", {"return x and y and z", "return y or z", "return x or z", "return x or y"}),
        ("return not x", {"return x"}),
        ("return x - y", {"return x + y", "return x"}),
        ("return x + y", {"return x"}),
        ("return x * y", {"return x / y"}),
        ("return x | y", {"return x"}),
        ("return 2", {"return 3", "return 1"}),
        ("return 1200", {"return 1320", "return 1080"}),
        ("return 0.5", {"return 0.55", "return 0.45"}),
        ("return 0.0", {"return 0.1"}),
        ("return True", {"return False"}),
        ("return x == 'text'", {"return x != 'text'", "return x == 'text_'"}),
        ("return any(x)", {"return all(x)"}),
        ("return max(x, y)", {"return min(x, y)"}),
        ("return x if y else z", {"return x if not y else z"}),
        ("x -= y", {"pass"}),
        ("x.y = z", {"pass"}),
        ("x(y)", {"pass"}),
        ("yield None", {"pass"}),
        ("return [a for a in x if a]", {"return [a for a in x]"}),
        ("return x in {'a', 'b'}", {"return x not in {'a', 'b'}", "return x in {'b'}", "return x in {'a'}"}),
        ("return x in ('a', y)", {"return x not in ('a', y)", "return x in (y,)", "return x in ('a',)"}),
        (
            "match x:\n    case 'y' if z:\n        return\n    case _:\n        return x",
            {
                "match x:; case _:; return x",
                "match x:; case 'y' if z:; return",
                "match x:; case 'y':; return; case _:; return x",
                "match x:; case 'y' if z:; pass; case _:; return x",
            },
        ),
        ("while x:\n    break", {"while not x:; break", "while x:; pass"}),
    ],
)
def test_what_a_line_becomes(line: str, expected: set[str]) -> None:
    found = changes(line)
    assert expected <= found
    if "case" not in line:
        assert found == expected


@pytest.mark.parametrize(
    "line", ["return f'{x} of 3'", "return 'words for people'", "raise ValueError('x')", "x: int", "'''words'''"]
)
def test_what_is_for_people_is_left_alone(line: str) -> None:
    assert changes(line) <= {"pass"}


def test_what_is_early() -> None:
    text = "LIMIT = 2\n@rule('a', alone=True)\ndef f(x=1):\n    return x == 3\nclass C:\n    ONE = 7\n"
    found = {(one.early, one.within, one.constant, one.says) for one in mutants(ast.parse(text))}
    assert (True, "", "LIMIT", "2 → 3") in found
    assert (True, "f", None, "True → False") in found
    assert (True, "f", None, "1 → 2") in found
    assert (False, "f", None, "3 → 4") in found
    assert (True, "C", "ONE", "7 → 8") in found
    assert not any("'a'" in says for *_, says in found)


def test_how_a_class_of_data_is_made_is_left_alone() -> None:
    assert changes("@dataclass(frozen=True)\nclass C:\n    one: int = 1\n", bare=True) == {
        "@dataclass(frozen=True)\nclass C:\n    one: int = 2", "@dataclass(frozen=True)\nclass C:\n    one: int = 0"
    }  # fmt: skip


def test_constants_of_a_module_lose_their_entries() -> None:
    assert {"A = ('y',)", "A = ('x',)"} == changes("A = ('x', 'y')", bare=True)
    assert "A = {'y': z}" in changes("A = {'x': y, 'y': z}", bare=True)
