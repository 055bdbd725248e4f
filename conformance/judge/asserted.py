"""What an assertion of a chapter says when it does not hold: the same sentence under pytest and outside.

A chapter writes `assert first_echo(wire).get("voice") == "Tina"` and no words.  Checks are pure functions of what
crossed, so once one has failed its statement is found by the place that the exception names, and looked at again, part
by part, with the names as they stood: "`voice` of first echo is `Ethan`, not `Tina`".  Words that a chapter writes
itself stand as they are.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import FrameType, TracebackType
from typing import Any

from conformance import garbage
from conformance.guarded import shortened

OURS = "conformance"
MUTE = "the check's assertion does not hold"
LONGEST = 300  # characters of one value

_ORDER: dict[type[ast.cmpop], str] = {ast.Lt: "below", ast.LtE: "at most", ast.Gt: "above", ast.GtE: "at least"}
# Calls that say nothing of their own about what they are given.
_PLAIN = frozenset(
    {"set", "list", "tuple", "sorted", "dict", "dumps", "str", "frozenset", "bool", "keys", "lower", "strip"}
)
# Helpers of chapters that follow a way of names into a value.
_WAYS = frozenset({"at", "inside", "object_at"})
# What members of a view are called in a sentence.
_CALLED = {"types": "events", "after": "events after", "sent": "event", "at": "time", "said": "reply"}
_SIGNS: dict[type[ast.operator], str] = {ast.Sub: "minus", ast.Add: "plus", ast.BitAnd: "and", ast.BitOr: "or"}
_NAMELESS = frozenset({"wire", "self", "there", "call"})


@dataclass(frozen=True)
class Asserted:
    """What a failed assertion says, and the values that its names stood for.

    `cause` is what two such failures have in common that are one; empty where the chapter has no words of its own.
    """

    seen: str
    cause: str
    values: tuple[Any, ...] = ()


def asserted(problem: BaseException) -> Asserted:
    """What the assertion says that raised this."""
    found = _statement(problem.__traceback__)
    if found is None:
        return Asserted(str(problem) or MUTE, "")
    statement, frame = found
    names = _Names({**frame.f_globals, **frame.f_locals})
    values = tuple(names.held(statement))
    if statement.msg is not None:
        words = str(names.value(statement.msg))
        if not isinstance(statement.msg, ast.JoinedStr | ast.Constant) and not _is_denial(statement.test):
            words = f"{names.says(statement.test)} ({words})"  # what a chapter only points at is no sentence
        return Asserted(words or MUTE, _plain(statement.msg, names), values)
    return Asserted(names.says(statement.test) or MUTE, "", values)


def _statement(traceback: TracebackType | None) -> tuple[ast.Assert, FrameType] | None:
    """The assertion that the innermost frame stopped at, if it is one of ours."""
    last = traceback
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None or not str(last.tb_frame.f_globals.get("__name__", "")).startswith(OURS):
        return None
    for statement in _assertions(last.tb_frame.f_code.co_filename):
        if statement.lineno <= last.tb_lineno <= (statement.end_lineno or statement.lineno):
            return statement, last.tb_frame
    return None


@lru_cache(maxsize=64)
def _assertions(path: str) -> tuple[ast.Assert, ...]:
    try:
        tree = garbage.syntax("".join(linecache.getlines(path)))
    except SyntaxError:
        return ()
    return tuple(node for node in ast.walk(tree) if isinstance(node, ast.Assert))


def _is_denial(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _plain(message: ast.expr, names: _Names) -> str:
    """The words of a message without figures: what a second failure of the same cause would share."""
    if not isinstance(message, ast.JoinedStr):
        return str(names.value(message)) if isinstance(message, ast.Constant) else ""
    parts = []
    for part in message.values:
        value = names.value(part.value if isinstance(part, ast.FormattedValue) else part)
        parts.append("#" if isinstance(value, int | float) and not isinstance(value, bool) else str(value))
    return "".join(parts)


@dataclass
class _Names:
    """What the names of a statement stand for, and the sentences that are made of them."""

    env: Mapping[str, Any]
    _known: dict[int, Any] = field(default_factory=dict)

    def value(self, node: ast.expr) -> Any:
        """What an expression is; `_UNKNOWN` where it can't be told again."""
        if id(node) not in self._known:
            try:
                code = compile(ast.Expression(node), "<a check>", "eval")
                self._known[id(node)] = eval(code, dict(self.env))  # noqa: S307  # our own source, evaluated once before
            except Exception:  # noqa: BLE001  # what was used up, or raised by itself
                self._known[id(node)] = _UNKNOWN
        return self._known[id(node)]

    def held(self, statement: ast.Assert) -> Iterator[Any]:
        """What the names stand for that a statement uses, in order."""
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and node.id not in _NAMELESS and node.id in self.env:
                yield self.env[node.id]

    # -- sentences

    def says(self, node: ast.expr) -> str:
        """Why an expression is not true, in a sentence."""
        if isinstance(node, ast.BoolOp):
            parts = [part for part in node.values if not self._holds(part)] or node.values
            return self.says(parts[0]) if isinstance(node.op, ast.And) else "; ".join(map(self.says, parts))
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self._compared(node.left, node.ops[0], node.comparators[0])
        if isinstance(node, ast.Compare):
            return self._between(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self._denied(node.operand)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
            wanted = ast.unparse(node.args[1]).replace(" | ", " or ")
            return f"{self.name(node.args[0])} is {self.told(node.args[0])}, which is no {wanted}"
        if _calls(node, "has"):
            return f"{' or '.join(map(self.told, node.args))} did not come"  # type: ignore[attr-defined]
        return self._is(node)

    def _is(self, node: ast.expr, rest: str = "") -> str:
        """`the voice is `Tina``, `the answers are `a`, `b``: an expression with its value."""
        value = self.value(node)
        name = self.name(node)
        if name.startswith("the events") and isinstance(value, list) and not value:
            return f"no {name.removeprefix('the ')} came{rest}"
        several = isinstance(value, list | tuple | set | frozenset) and (
            len(value) > 1 or name.startswith("the events")
        )
        return f"{name} {'are' if several else 'is'} {_shown(value)}{rest}"

    def _holds(self, node: ast.expr) -> bool:
        value = self.value(node)
        return value is not _UNKNOWN and bool(value)

    def _compared(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> str:
        if isinstance(left, ast.Constant) and not isinstance(operator, ast.In | ast.NotIn):
            left, right = right, left
        is_, other = self.told(left), self.told(right)
        if isinstance(operator, ast.In | ast.NotIn):
            inside = isinstance(operator, ast.In)
            if not inside:
                return f"{self.name(right)} holds {is_}"
            if isinstance(left, ast.Constant):
                return f"{self.name(right)} lacks {is_}: {other}"
            return self._is(left, f", which is none of {other}")
        if isinstance(operator, ast.NotEq):
            return f"{self.name(left)} and {self.name(right)} are both {is_}"
        if isinstance(operator, ast.IsNot):
            return self._is(left)
        if isinstance(operator, ast.Is | ast.Eq):
            return self._is(left, f", not {other}")
        return self._ordered(left, operator, right)

    def _ordered(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> str:
        mine, theirs = self.value(left), self.value(right)
        try:
            if isinstance(operator, ast.LtE) and not isinstance(mine, int | float):
                return f"{self.name(left)} has {_shown(set(mine) - set(theirs))} beside {_shown(set(theirs))}"
            if isinstance(operator, ast.GtE) and not isinstance(mine, int | float):
                return f"{self.name(left)} lacks {_shown(set(theirs) - set(mine))}"
        except TypeError:
            pass
        return self._is(left, f", not {_ORDER[type(operator)]} {self.told(right)}")

    def _between(self, node: ast.Compare) -> str:
        """`low <= value <= high`."""
        low, high = self.told(node.left), self.told(node.comparators[-1])
        return f"{self.name(node.comparators[0])} is {self.told(node.comparators[0])}, not between {low} and {high}"

    def _denied(self, node: ast.expr) -> str:
        if _calls(node, "has"):
            return f"{' or '.join(map(self.told, node.args))} came"  # type: ignore[attr-defined]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
            return self._is(node.args[0])
        return self._is(node)

    def told(self, node: ast.expr) -> str:
        """What an expression is, in words."""
        return _shown(self.value(node))

    def name(self, node: ast.expr) -> str:
        """What an expression is called, in words."""
        if isinstance(node, ast.Constant):
            return _shown(node.value)
        if isinstance(node, ast.Name):
            return f"the {node.id.replace('_', ' ').lower()}"
        if isinstance(node, ast.NamedExpr):
            return self.name(node.target)
        if isinstance(node, ast.Attribute):
            base = "" if _is_nameless(node.value) else f" of {self.name(node.value)}"
            return f"the {_CALLED.get(node.attr, node.attr).replace('_', ' ')}{base}"
        if isinstance(node, ast.BoolOp):
            return self.name(node.values[0])
        if isinstance(node, ast.Subscript):
            return self._part(node.value, node.slice)
        if isinstance(node, ast.Call):
            return self._called(node)
        if isinstance(node, ast.BinOp):
            between = _SIGNS.get(type(node.op), "with")
            return f"{self.name(node.left)} {between} {self.name(node.right)}"
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
            return self._each(node.elt, node.generators[0])
        if isinstance(node, ast.DictComp):
            return self._each(node.value, node.generators[0])
        if isinstance(node, ast.List | ast.Tuple | ast.Set) and node.elts:
            return " and ".join(map(self.name, node.elts[:4]))
        return "what was found"

    def _each(self, part: ast.expr, among: ast.comprehension) -> str:
        """What a comprehension collects: `the types of the events after …`."""
        whole = self.name(among.iter)
        if isinstance(part, ast.Attribute):
            return f"the {part.attr.replace('_', ' ')}s of {whole}"
        if _calls(part, "get") and self.value(part.args[0]) is _UNKNOWN:  # type: ignore[attr-defined]
            return self.name(part.func.value)  # type: ignore[attr-defined]
        if _calls(part, "get"):
            return f"`{self.value(part.args[0])}` of {whole}"  # type: ignore[attr-defined]
        return whole

    def _part(self, whole: ast.expr, place: ast.expr) -> str:
        if isinstance(place, ast.Slice):
            return self.name(whole)
        where = self.value(place)
        return f"`{where}` of {self.name(whole)}" if isinstance(where, str) else f"{self.name(whole)} [{_shown(where)}]"

    def _called(self, node: ast.Call) -> str:
        function = node.func
        given = [one for one in node.args if not _is_nameless(one)]
        if isinstance(function, ast.Attribute):
            if function.attr in {"get", "the"} and given and self.value(given[0]) is _UNKNOWN:
                return self.name(function.value)
            if function.attr in {"get", "the"} and given:
                base = "" if _is_nameless(function.value) else f" of {self.name(function.value)}"
                return f"`{self.value(given[0])}`{base}"
            if function.attr in _PLAIN:
                return self.name(given[0] if function.attr == "dumps" else function.value)
            if function.attr == "count":
                return f"the number of {self.told(given[0])} in {self.name(function.value)}"
        called = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        if called in _PLAIN and given:
            return self.name(given[0])
        if called == "len" and given:
            return f"the number of {self.name(given[0])}"
        if called in _WAYS and given:
            way = ".".join(str(self.value(one)) for one in given[1:])
            return f"`{way}` of {self.name(given[0])}"
        words = _CALLED.get(called, called).replace("_", " ")
        of = "" if words.endswith(" after") else "of "
        more = [self.told(one) if isinstance(one, ast.Constant) else f"{of}{self.name(one)}" for one in given]
        return " ".join(["the", words, *more]) if called else "what was found"


def _calls(node: ast.expr, method: str) -> bool:
    """Whether an expression calls a method of this name."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method


class _Unknown:
    def __repr__(self) -> str:
        return "something that can't be told again"


_UNKNOWN: Any = _Unknown()


def _is_nameless(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in _NAMELESS


def _shown(value: Any) -> str:
    """A value in words: `Tina`, 17, nothing, a list as `a`, `b`."""
    if value is None or (isinstance(value, list | tuple | set | frozenset | dict) and not value):
        return "nothing"
    if value == "":
        return "empty"
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, str):
        return f"`{shortened(value, LONGEST)}`"
    if isinstance(value, set | frozenset) or type(value).__name__ == "dict_keys":
        return _listed(sorted(value, key=str))
    if isinstance(value, list | tuple) and all(isinstance(one, str | int | float) for one in value):
        return _listed(value)
    return shortened(repr(value), LONGEST)


def _listed(values: Iterable[Any]) -> str:
    return shortened(", ".join(map(_shown, values)), LONGEST) or "nothing"
