"""Every small change that this can make to a module, one at a time.

A mutant changes one place of the syntax tree: a comparison, a condition or a part of it, a number, a word that is
compared, an entry of a set, a guard.  Words for people are left alone (f-strings, and strings with a space inside of
functions), as are annotations, docstrings and what only configures a decorator.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}
WITHOUT_RIGHT = (ast.Add, ast.Sub, ast.BitOr, ast.BitAnd)
SWAPPED = {"any": "all", "all": "any", "min": "max", "max": "min"}
SCALE = 20
"""A number from here on is changed by a tenth: a test just outside of a limit need not be off by one."""


@dataclass(frozen=True)
class Mutant:
    """One change: where, what it was, and what it becomes.

    `within` is the qualified name of the function or class, empty at the top of a module.  `early`: it takes effect
    when the module is imported (a constant, a default, a decorator), and not only when a function runs.  `constant`
    is the name that the changed statement binds there.
    """

    line: int
    column: int
    within: str
    early: bool
    constant: str | None
    before: str
    after: str
    parent: ast.AST
    field: str
    index: int | None
    node: ast.AST | None

    def put(self) -> None:
        """Change the tree that this is a mutant of."""
        if self.index is None:
            setattr(self.parent, self.field, self.node)
            return
        entries = getattr(self.parent, self.field)
        if self.node is not None:
            entries[self.index] = self.node
            return
        del entries[self.index]
        if isinstance(self.parent, ast.Dict):
            del self.parent.values[self.index]

    @property
    def says(self) -> str:
        """The change in a line: `a < b → a <= b`."""
        return f"{self.before} → {self.after}"


@dataclass(frozen=True)
class _Place:
    """Where a walk through a tree is."""

    within: tuple[str, ...] = ()
    running: bool = False
    constant: str | None = None
    worded: bool = False
    """Whether a string here is one for people, or configures a decorator."""


def mutants(tree: ast.Module) -> list[Mutant]:
    """All mutants of a module, in the order of its lines; `put` of one changes this very tree."""
    found = list(_walk(tree, _Place()))
    return sorted(found, key=lambda one: (one.line, one.column, one.after))


def _walk(node: ast.AST, place: _Place) -> Iterator[Mutant]:
    for field, value in ast.iter_fields(node):
        inner = _inside(node, field, place)
        if inner is None:
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _is_docstring(child, node):
                continue
            here = _named(child, inner) if not inner.running else inner
            at = (child.lineno, child.col_offset) if isinstance(child, ast.expr | ast.stmt | ast.pattern) else None
            if at is not None:
                for new in _changes(child, node, field, here):
                    yield _mutant(at, here, node, field, index, child, new)
            yield from _walk(child, here)
            yield from _dropped(child, here)


def _mutant(
    at: tuple[int, int],
    here: _Place,
    parent: ast.AST,
    field: str,
    index: int | None,
    old: ast.AST,
    new: ast.AST | None,
    text: tuple[str, str] | None = None,
) -> Mutant:
    if new is not None:
        ast.copy_location(new, old)
        ast.fix_missing_locations(new)
    before, after = text or (_brief(old), _brief(new))
    within = ".".join(here.within)
    return Mutant(*at, within, not here.running, here.constant, before, after, parent, field, index, new)


def _brief(node: ast.AST | None) -> str:
    if node is None:
        return "(nothing)"
    text = ast.unparse(node)
    if isinstance(node, ast.If | ast.While):
        text = text.partition("\n")[0]
    return " ".join(text.split())


def _inside(node: ast.AST, field: str, place: _Place) -> _Place | None:
    """What becomes of the place inside of this field; None: nothing is changed there."""
    if field in {"annotation", "returns", "ctx", "type_params", "type_comment"} or isinstance(
        node, ast.JoinedStr | ast.Import | ast.ImportFrom
    ):
        return None
    if isinstance(node, ast.Raise):
        return _Place(place.within, place.running, place.constant, worded=True)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        if field == "decorator_list" and any(map(_makes_data, node.decorator_list)):
            return None
        if field == "decorator_list":
            return _Place((*place.within, node.name), place.running, None, worded=True)
        runs = place.running or (field == "body" and not isinstance(node, ast.ClassDef))
        return _Place((*place.within, node.name), runs, None)
    if isinstance(node, ast.Lambda):
        return _Place(place.within, place.running, place.constant, place.worded)
    return place


def _makes_data(decorator: ast.expr) -> bool:
    """Whether this is `dataclass(…)`: frozen or with slots, it guards us against ourselves, and judges nothing."""
    return isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "dataclass"


def _named(child: ast.AST, place: _Place) -> _Place:
    """The place within a statement at the top of a module or class, with the name that it binds."""
    target = child.targets[0] if isinstance(child, ast.Assign) else getattr(child, "target", None)
    if isinstance(child, ast.Assign | ast.AnnAssign) and isinstance(target, ast.Name):
        return _Place(place.within, place.running, target.id, place.worded)
    return place


def _is_docstring(child: ast.AST, parent: ast.AST) -> bool:
    lone = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant) and isinstance(child.value.value, str)
    return lone or (isinstance(parent, ast.Assign) and _targets(parent) == ["__all__"])


def _targets(node: ast.Assign) -> list[str]:
    return [target.id for target in node.targets if isinstance(target, ast.Name)]


def _changes(node: ast.AST, parent: ast.AST, field: str, here: _Place) -> Iterator[ast.AST]:
    match node:
        case ast.Compare():
            for number, old in enumerate(node.ops):
                for new in COMPARED[type(old)]:
                    other = copy.deepcopy(node)
                    other.ops[number] = new()
                    yield other
        case ast.BoolOp():
            other = copy.deepcopy(node)
            other.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield other
            for number in range(len(node.values)):
                left = [value for place, value in enumerate(node.values) if place != number]
                yield copy.deepcopy(ast.BoolOp(node.op, left) if len(left) > 1 else left[0])
        case ast.UnaryOp(op=ast.Not()):
            yield copy.deepcopy(node.operand)
        case ast.BinOp():
            yield from _calculated(node, here)
        case ast.Constant():
            yield from _other_values(node, parent, here)
        case ast.Call(func=ast.Name(id=name)) if name in SWAPPED and len(node.args) + len(node.keywords) > 0:
            other = copy.deepcopy(node)
            other.func = ast.Name(SWAPPED[name], ast.Load())
            yield other
        case ast.If() | ast.While() | ast.IfExp() if not isinstance(
            node.test, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant
        ):
            other = copy.copy(node)
            other.test = ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test)
            yield other
        case ast.Continue() | ast.Break() | ast.AugAssign() | ast.Raise() | ast.Delete() | ast.Return(value=None):
            yield ast.Pass()
        case ast.Expr(value=ast.Call() | ast.YieldFrom() | ast.Yield(value=None | ast.Constant(value=None))):
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()


def _calculated(node: ast.BinOp, here: _Place) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.BitOr) and not here.running:
        return  # a union of types
    if type(node.op) in COUNTED:
        other = copy.deepcopy(node)
        other.op = COUNTED[type(node.op)]()
        yield other
    if isinstance(node.op, WITHOUT_RIGHT):
        yield copy.deepcopy(node.left)


def _other_values(node: ast.Constant, parent: ast.AST, here: _Place) -> Iterator[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        step = 1 if abs(value) < SCALE else abs(value) // 10
        yield from (ast.Constant(value + step), ast.Constant(value - step))
    elif isinstance(value, float):
        yield from (ast.Constant(value * 1.1), ast.Constant(value * 0.9)) if value else (ast.Constant(0.1),)
    elif isinstance(value, str) and _is_compared(value, parent, here):
        yield ast.Constant(value + "_")


def _is_compared(word: str, parent: ast.AST, here: _Place) -> bool:
    """Whether a string decides something, and is not one of several, which are left out one by one."""
    if here.worded or isinstance(parent, ast.Set | ast.Tuple | ast.List | ast.Dict):
        return False
    return " " not in word if here.running else here.constant is not None


def _dropped(node: ast.AST, here: _Place) -> Iterator[Mutant]:
    """The same without one entry, condition or case."""
    match node:
        case ast.comprehension():
            for index, test in enumerate(node.ifs):
                yield _gone(node, "ifs", index, test, here, f"if {_brief(test)}")
        case ast.Match():
            for index, case in enumerate(node.cases):
                at = case.pattern
                yield _gone(node, "cases", index, at, here, f"case {_brief(at)}")
                if case.guard is not None:
                    line = (case.guard.lineno, case.guard.col_offset)
                    text = (f"case … if {_brief(case.guard)}", "case …")
                    yield _mutant(line, here, case, "guard", None, case.guard, None, text)
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.Tuple() | ast.List() as words]):
            yield from _entries(words, here)
        case ast.Set():
            yield from _entries(node, here)
        case ast.Assign(value=ast.Tuple() as words) | ast.AnnAssign(value=ast.Tuple() as words) if not here.running:
            yield from _entries(words, here)
        case ast.Call(func=ast.Attribute(attr="startswith" | "endswith"), args=[ast.Tuple() as words]):
            yield from _entries(words, here)
        case ast.Dict() if not here.running and here.constant:
            for index, key in enumerate(node.keys):
                if key is not None:
                    yield _gone(node, "keys", index, key, here, f"{_brief(key)}: …")


def _entries(node: ast.Set | ast.Tuple | ast.List, here: _Place) -> Iterator[Mutant]:
    if len(node.elts) > 1:
        for index, entry in enumerate(node.elts):
            yield _gone(node, "elts", index, entry, here, f"{_brief(entry)} in {{…}}")


def _gone(parent: ast.AST, field: str, index: int, entry: ast.expr | ast.pattern, here: _Place, before: str) -> Mutant:
    return _mutant((entry.lineno, entry.col_offset), here, parent, field, index, entry, None, (before, "(left out)"))
