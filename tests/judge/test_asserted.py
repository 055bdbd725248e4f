"""A failed assertion is told in a sentence with its values, the same under pytest and outside."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.judge import checks
from conformance.judge.asserted import Asserted, asserted
from conformance.judge.finding import Finding
from support.talks import c, message, s, talk, text_reply


class Told(Exception):  # noqa: N818
    """Carries a source line into a module that counts as ours."""


def told(source: str, **names: Any) -> Asserted:
    """What a statement says that fails, as though a chapter held it."""
    path = f"<{source}>"
    import linecache

    linecache.cache[path] = (len(source), None, [source + "\n"], path)
    try:
        exec(compile(source, path, "exec"), {"__name__": "conformance.cases.none", **names})
    except AssertionError as problem:
        return asserted(problem)
    raise Told(f"{source} holds")


class Shown:
    """As much of a view as these statements need."""

    types = ("a", "b")

    def has(self, kind: str) -> bool:
        return kind == "error"

    def the(self, kind: str) -> dict[str, str]:
        return {"n": kind}


WIRE = Shown()


@pytest.mark.parametrize(
    ("source", "names", "sentence"),
    [
        ("assert voice == 'Ethan'", {"voice": "Tina"}, "voice is `Tina`, not `Ethan`"),
        ("assert wire.types == ('a',)", {"wire": WIRE}, "the types is `a`, `b`, not `a`"),
        ("assert wire.the('x')['n'] == 'y'", {"wire": WIRE}, "`n` of `x` is `x`, not `y`"),
        ("assert 'error' in said", {"said": ["a"]}, "said lacks `error`: `a`"),
        ("assert 'error' not in said", {"said": ["error"]}, "said holds `error`"),
        ("assert found in (1, 2)", {"found": 3}, "found is 3, which is none of 1, 2"),
        ("assert first != second", {"first": 1, "second": 1}, "first is 1"),
        ("assert found is not None", {"found": None}, "found is nothing"),
        ("assert ms <= 2000", {"ms": 2001}, "ms is 2001, not at most 2000"),
        ("assert ms > 0", {"ms": 0}, "ms is 0, not above 0"),
        ("assert 1 <= ms <= 3", {"ms": 4}, "ms is 4, not between 1 and 3"),
        ("assert keys >= {'a', 'b'}", {"keys": {"a"}}, "keys lacks `b`"),
        ("assert keys <= {'a'}", {"keys": {"a", "b"}}, "keys has `b` beside `a`"),
        ("assert isinstance(name, str | None)", {"name": 7}, "name is 7, which is no str or None"),
        ("assert not wire.has('error')", {"wire": WIRE}, "`error` came"),
        ("assert not late", {"late": [3]}, "late is 3"),
        ("assert first and second", {"first": 1, "second": ""}, "second is ``"),
        ("assert first or second", {"first": 0, "second": []}, "first is 0; second is nothing"),
        ("assert len(ids) == 2", {"ids": [1]}, "the number of ids is 1, not 2"),
        ("assert [x for x in ids if x > n] == []", {"ids": [1, 2], "n": 1}, "what was found is 2, not nothing"),
        ("assert found == 1, f'{found} came'", {"found": 2}, "2 came"),
    ],
)
def test_a_statement_says_what_it_found(source: str, names: dict[str, Any], sentence: str) -> None:
    assert told(source, **names).seen == sentence


def test_what_was_used_up_is_not_guessed() -> None:
    assert "can't be told again" in told("assert next(found) == 2", found=iter([1])).seen


def test_figures_are_no_part_of_the_cause() -> None:
    first = told("assert found == 1, f'{found} of {name} came'", found=2, name="a")
    second = told("assert found == 1, f'{found} of {name} came'", found=3, name="a")
    assert first.seen != second.seen
    assert first.cause == second.cause
    assert told("assert found == 1, f'{found} of {name} came'", found=3, name="b").cause != first.cause


def finding(check: Any, *lines: Any) -> Finding:
    """What a function says as a check of a conversation."""
    (one,) = checks.run("SES-002", check, talk(*lines)).findings
    return one


def test_the_frame_that_was_looked_at_last_decides() -> None:
    lines = [c("session.update", session={}), s("error", error={"message": "no"})]
    assert finding(lambda wire: wire.error_to("session.update")["code"], *lines).frame == 2

    # Index 0 is the greeting.  The greeting was looked at last:
    def greeted(wire: Any) -> None:
        wire.the("error")
        wire.the("session.created")
        raise AssertionError

    assert finding(greeted, *lines).frame == 0


def test_a_response_leaves_the_trail_of_what_was_read_of_it() -> None:
    def check(wire: Any) -> None:
        assert wire.response().the("response.text.done")["text"] == ""

    lines = [*message(), c("response.create"), *text_reply()]
    at = finding(check, *lines).frame
    assert at is not None
    assert talk(*lines).frames[at].type == "response.text.done"
