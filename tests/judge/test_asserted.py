"""A failed assertion is told in a sentence with its values, the same under pytest and outside."""

from __future__ import annotations

import linecache
from types import SimpleNamespace
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
        return kind == "error"  # and nothing else

    def the(self, kind: str) -> dict[str, str]:
        return {"n": kind}


WIRE = Shown()
AFTER = SimpleNamespace(after=lambda _: [7])


@pytest.mark.parametrize(
    ("source", "names", "sentence"),
    [
        ("assert voice == 'Ethan'", {"voice": "Tina"}, "the voice is `Tina`, not `Ethan`"),
        ("assert wire.types == ('a',)", {"wire": WIRE}, "the events are `a`, `b`, not `a`"),
        ("assert wire.types == ['a']", {"wire": SimpleNamespace(types=[])}, "no events came, not `a`"),
        (
            "assert wire.after('s') == ['a']",
            {"wire": SimpleNamespace(after=lambda _: [])},
            "no events after `s` came, not `a`",
        ),
        ("assert wire.the('x')['n'] == 'y'", {"wire": WIRE}, "`n` of `x` is `x`, not `y`"),
        ("assert 'error' in said", {"said": ["a"]}, "the said lacks `error`: `a`"),
        ("assert 'error' not in said", {"said": ["error"]}, "the said holds `error`"),
        ("assert word not in said", {"word": "w", "said": "a w"}, "the said holds `w`"),
        ("assert found in (1, 2)", {"found": 3}, "the found is 3, which is none of 1, 2"),
        ("assert first != second", {"first": 1, "second": 1}, "the first and the second are both 1"),
        ("assert found is not None", {"found": None}, "the found is nothing"),
        ("assert found is None", {"found": 1}, "the found is 1, not nothing"),
        ("assert ms <= 2000", {"ms": 2000.5}, "the ms is 2,000.5, not at most 2000"),
        ("assert late - early < 1", {"late": 3, "early": 1}, "the late minus the early is 2, not below 1"),
        ("assert ms > 0", {"ms": 0}, "the ms is 0, not above 0"),
        ("assert ms >= 1", {"ms": 0}, "the ms is 0, not at least 1"),
        ("assert 1 <= ms <= 3", {"ms": 4}, "the ms is 4, not between 1 and 3"),
        ("assert keys >= {'a', 'b'}", {"keys": {"a"}}, "the keys lacks `b`"),
        ("assert keys <= {'a'}", {"keys": {"a", "b"}}, "the keys has `b` beside `a`"),
        ("assert isinstance(name, str | None)", {"name": 7}, "the name is 7, which is no str or None"),
        ("assert not isinstance(name, int)", {"name": 7}, "the name is 7"),
        ("assert wire.has('a')", {"wire": WIRE}, "`a` did not come"),
        ("assert not wire.has('error')", {"wire": WIRE}, "`error` came"),
        ("assert not late", {"late": [3]}, "the late is 3"),
        ("assert first and second", {"first": 1, "second": ""}, "the second is empty"),
        ("assert first or second", {"first": 0, "second": []}, "the first is 0; the second is nothing"),
        ("assert len(ids) == 2", {"ids": [1]}, "the number of the ids is 1, not 2"),
        ("assert ids.count(1) == 2", {"ids": [1]}, "the number of 1 in the ids is 1, not 2"),
        ("assert [x for x in ids if x > n] == []", {"ids": [1, 2], "n": 1}, "the ids is 2, not nothing"),
        ("assert [x.real for x in ids] == [2]", {"ids": [1]}, "the reals of the ids is 1, not 2"),
        ("assert {x: row.get(x) for x in ids} == {}", {"row": {1: 2}, "ids": [1]}, "the row is {1: 2}, not nothing"),
        ("assert make(echo) == 2", {"echo": 0, "make": lambda _: 1}, "the make of the echo is 1, not 2"),
        ("assert wire.after(it) == []", {"wire": AFTER, "it": 0}, "the events after the it are 7, not nothing"),
        ("assert [x.get('a') for x in rows] == [2]", {"rows": [{"a": 1}]}, "`a` of the rows is 1, not 2"),
        ("assert [one, two] == [1, 2]", {"one": 1, "two": 3}, "the one and the two are 1, 3, not 1, 2"),
        ("assert at(event, 'a', 0) == 2", {"event": 0, "at": lambda *_: 1}, "`a.0` of the event is 1, not 2"),
        ("assert first_echo(wire) == 2", {"wire": 0, "first_echo": lambda _: 1}, "the first echo is 1, not 2"),
        ("assert echo(wire, 'x') == 2", {"wire": 0, "echo": lambda *_: 1}, "the echo `x` is 1, not 2"),
        ("assert found == 1, f'{found} came'", {"found": 2}, "2 came"),
        ("assert found == 1, label", {"found": 2, "label": "it"}, "the found is 2, not 1 (it)"),
        ("assert not found, found[0]", {"found": ["no"]}, "no"),
        # A row for each way in which a sentence could go wrong unseen.
        ("assert first and second", {"first": 0, "second": ""}, "the first is 0"),
        ("assert said.pop() and ready", {"said": [5, 0], "ready": 1}, "the pop is 5"),
        ("assert keys > {'a'}", {"keys": {"a"}}, "the keys is `a`, not above `a`"),
        ("assert keys < {'a'}", {"keys": {"a"}}, "the keys is `a`, not below `a`"),
        ("assert 2 == found", {"found": 1}, "the found is 1, not 2"),
        ("assert 2 < found", {"found": 1}, "the found is 1, not below 2"),
        ("assert not word.startswith('a')", {"word": "ab"}, "the startswith `a` is True"),
        ("assert word.startswith('b')", {"word": "ab"}, "the startswith `b` is False"),
        ("assert first_echo == 2", {"first_echo": 1}, "the first echo is 1, not 2"),
        ("assert VOICE == 2", {"VOICE": 1}, "the voice is 1, not 2"),
        ("assert row.real_part == 2", {"row": SimpleNamespace(real_part=1)}, "the real part of the row is 1, not 2"),
        ("assert row.at == 2", {"row": SimpleNamespace(at=1)}, "the time of the row is 1, not 2"),
        ("assert wire.ending == 2", {"wire": SimpleNamespace(ending=1)}, "the ending is 1, not 2"),
        ("assert (found := made) == 2", {"made": 1}, "the found is 1, not 2"),
        ("assert (first or second) == 2", {"first": 1, "second": 0}, "the first is 1, not 2"),
        ("assert ids[1:] == [2]", {"ids": [1, 3]}, "the ids is 3, not 2"),
        ("assert ids[0] == 2", {"ids": [1]}, "the ids [0] is 1, not 2"),
        ("assert first & second == 4", {"first": 1, "second": 3}, "the first and the second is 1, not 4"),
        ("assert first * second == 4", {"first": 1, "second": 3}, "the first with the second is 3, not 4"),
        ("assert first | second == 4", {"first": 1, "second": 2}, "the first or the second is 3, not 4"),
        ("assert first + second == 4", {"first": 1, "second": 2}, "the first plus the second is 3, not 4"),
        ("assert len(sorted(ids)) == 2", {"ids": [1]}, "the number of the ids is 1, not 2"),
        ("assert len([]) == 2", {}, "the number of what was found is 0, not 2"),
        ("assert row.get('a') == 2", {"row": {"a": 1}}, "`a` of the row is 1, not 2"),
        ("assert word.lower() == 'b'", {"word": "A"}, "the word is `a`, not `b`"),
        ("assert (lambda: 1)() == 2", {}, "what was found is 1, not 2"),
        ("assert {x: x for x in ids} == {}", {"ids": [1]}, "the ids is {1: 1}, not nothing"),
        ("assert {x for x in ids} == {2}", {"ids": [1]}, "the ids is 1, not 2"),
        ("assert found == ''", {"found": {}}, "the found is nothing, not empty"),
        ("assert found == 1.25", {"found": 1234.5}, "the found is 1,234.5, not 1.2"),
        ("assert found == [1, None]", {"found": [None, {}]}, "the found are [None, {}], not [1, None]"),
        ("assert found == 1, label", {"found": 2, "label": ""}, "the found is 2, not 1 ()"),
        ("assert found == 1, ''", {"found": 2}, "the check's assertion does not hold"),
    ],
)
def test_a_statement_says_what_it_found(source: str, names: dict[str, Any], sentence: str) -> None:
    assert told(source, **names).seen == sentence


def test_an_assertion_that_is_not_a_chapters_says_its_words_or_that_it_has_none() -> None:
    assert asserted(AssertionError("no")) == Asserted("no", "")
    assert asserted(AssertionError()) == Asserted("the check's assertion does not hold", "")


def test_only_the_statement_that_failed_is_told() -> None:
    path = "<two statements>"
    source = "assert first == 1\nassert (\n    second\n    == 2\n)\nassert third == 3\n"
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    with pytest.raises(AssertionError) as problem:
        exec(compile(source, path, "exec"), {"__name__": "conformance.cases.none", "first": 1, "second": 1, "third": 1})
    assert asserted(problem.value).seen == "the second is 1, not 2"


def test_what_is_raised_beside_an_assertion_is_not_told_as_one() -> None:
    path = "<raised>"
    source = "assert first == 1\nraise AssertionError('by hand')\n"
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    with pytest.raises(AssertionError) as problem:
        exec(compile(source, path, "exec"), {"__name__": "conformance.cases.none", "first": 1})
    assert asserted(problem.value).seen == "by hand"


def test_the_names_of_a_statement_hand_on_their_values_and_the_view_does_not() -> None:
    found = told("assert wire.the('x')['n'] == word", wire=WIRE, word=["y"])
    assert found.values == (["y"],)


@pytest.mark.parametrize(
    ("message", "names", "cause"),
    [
        ("f'{found} of {name}'", {"found": 2, "name": "a"}, "# of a"),
        ("f'{found} of {name}'", {"found": 2.5, "name": "a"}, "# of a"),
        ("f'{found} of {name}'", {"found": True, "name": "a"}, "True of a"),  # no figure, though Python counts with it
        ("'always the same'", {"found": 2}, "always the same"),
        ("label", {"found": 2, "label": "it"}, ""),
    ],
)
def test_what_two_failures_of_one_cause_share(message: str, names: dict[str, Any], cause: str) -> None:
    assert told(f"assert not found, {message}", **names).cause == cause


AGAIN = "something that can't be told again"
ONE = {"found": 1}
ROW = {"row": SimpleNamespace(take=lambda *_: 1, get=lambda *_: 1, dumps=lambda *_: "1"), "other": 0}


@pytest.mark.parametrize(
    ("source", "names", "sentence"),
    [
        # calls that say nothing of their own
        *(
            (f"assert {call}(ids) == 2", {"ids": [1], call: lambda _: 1}, "the ids is 1, not 2")
            for call in ("set", "list", "tuple", "sorted", "dict", "str", "frozenset", "bool")
        ),
        ("assert row.dumps(found, other) == '2'", ROW | ONE, "the found is `1`, not `2`"),
        ("assert str(found, other) == '2'", ONE | {"str": lambda *_: "1", "other": 0}, "the found is `1`, not `2`"),
        ("assert row.keys() == {'b'}", {"row": {"a": 1}}, "the row is `a`, not `b`"),
        ("assert row.keys() == {'b'}", {"row": {}}, "the row is nothing, not `b`"),
        ("assert word.strip() == 'b'", {"word": " a"}, "the word is `a`, not `b`"),
        ("assert set() == {1}", {}, "the set is nothing, not 1"),
        ("assert len(wire) == 2", {"wire": [1]}, "the len is 1, not 2"),
        # ways into a value, and names that say nothing
        *(
            (f"assert {way}(event, 'a') == 2", {"event": 0, way: lambda *_: 1}, "`a` of the event is 1, not 2")
            for way in ("at", "inside", "object_at")
        ),
        ("assert at(wire) == 2", {"wire": 0, "at": lambda _: 1}, "the time is 1, not 2"),
        *(
            (f"assert {name}.left == 2", {name: SimpleNamespace(left=1)}, "the left is 1, not 2")
            for name in ("wire", "self", "there", "call")
        ),
        ("assert row.sent == 2", {"row": SimpleNamespace(sent=1)}, "the event of the row is 1, not 2"),
        ("assert row.said == 2", {"row": SimpleNamespace(said=1)}, "the reply of the row is 1, not 2"),
        # calls that only look like those with words of their own
        ("assert make(echo, str)", {"echo": 0, "make": lambda *_: 0}, "the make of the echo of the str is 0"),
        ("assert not make(echo)", {"echo": 0, "make": lambda _: 1}, "the make of the echo is 1"),
        ("assert -found", {"found": 0}, "what was found is 0"),
        ("assert -found, label", {"found": 0, "label": "it"}, "what was found is 0 (it)"),
        ("assert -found == 2", ONE, "what was found is -1, not 2"),
        ("assert row.get() == 2", ROW, "the get is 1, not 2"),
        # what can't be told again
        ("assert next(it) and ready", {"it": iter([0]), "ready": 0}, f"the next of the it is {AGAIN}"),
        ("assert row.get(next(it)) == 2", ROW | {"it": iter([0])}, f"the row is {AGAIN}, not 2"),
        ("assert row.get(next(it), 0) == 2", ROW | {"it": iter([0])}, f"the row is {AGAIN}, not 2"),
        ("assert wire.the(next(it)) == 2", {"wire": WIRE, "it": iter([0])}, f"the wire is {AGAIN}, not 2"),
        (
            "assert row.take(next(it)) == 2",
            ROW | {"it": iter([0])},
            f"the take of the next of the it is {AGAIN}, not 2",
        ),
        # what is collected
        ("assert sum(x.real for x in ids) == 2", {"ids": [1]}, "the sum of the reals of the ids is 1, not 2"),
        ("assert [x for row in rows for x in row] == [2]", {"rows": [[1]]}, "the rows is 1, not 2"),
        ("assert {x: x for row in rows for x in row} == 2", {"rows": [[1]]}, "the rows is {1: 1}, not 2"),
        ("assert [row.get(x, 0) for x in ids] == [2]", {"row": {1: 3}, "ids": [1]}, "the row is 3, not 2"),
        ("assert (one, two) == (1, 2)", {"one": 1, "two": 3}, "the one and the two are 1, 3, not 1, 2"),
        ("assert {one, two} == {1, 2}", {"one": 1, "two": 3}, "the one and the two are 1, 3, not 1, 2"),
        (
            "assert [a, b, c, d, e] == 1",
            dict.fromkeys("abcde", 1),
            "the a and the b and the c and the d are 1, 1, 1, 1, 1, not 1",
        ),
        # values
        ("assert ids == {3}", {"ids": {1, 2}}, "the ids are 1, 2, not 3"),
        ("assert ids == {3}", {"ids": frozenset({1, 2})}, "the ids are 1, 2, not 3"),
        ("assert ids == {3}", {"ids": ()}, "the ids is nothing, not 3"),
        ("assert ids == [2]", {"ids": [1234.5]}, "the ids is 1,234.5, not 2"),
        ("assert word == 1", {"word": "x" * 300}, f"the word is `{'x' * 300}`, not 1"),
    ],
)
def test_a_statement_of_an_unusual_form_says_what_it_found(source: str, names: dict[str, Any], sentence: str) -> None:
    found = told(source, **names)
    assert (found.seen, found.cause) == (sentence, "")


def test_a_value_beyond_the_bound_is_cut() -> None:
    assert "x" * 301 not in told("assert word == 1", word="x" * 301).seen


def test_an_assertion_of_others_is_not_looked_into() -> None:
    path = "<of others>"
    linecache.cache[path] = (1, None, ["assert found == 1\n"], path)
    with pytest.raises(AssertionError) as problem:
        exec(compile("assert found == 1\n", path, "exec"), {"__name__": "other", "found": 2})
    assert asserted(problem.value).seen == "the check's assertion does not hold"


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


@pytest.mark.parametrize(
    ("look", "frame"),
    [
        (lambda wire: wire.types, 2),
        (lambda wire: wire.ending, 4),
        (lambda wire: wire.has("error"), 2),
        (lambda wire: wire.has("session.created", "error"), 0),
        (lambda wire: wire.has("response.done"), None),
    ],
)
def test_what_a_check_looks_at_leaves_a_trail(look: Any, frame: int | None) -> None:
    def check(wire: Any) -> None:
        look(wire)
        raise AssertionError

    assert finding(check, c("session.update", session={}), s("error", error={})).frame == frame
