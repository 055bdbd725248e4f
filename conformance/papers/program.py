"""The file of a reproduction: the part of the player that it needs, its steps, and what it looks for."""

from __future__ import annotations

import ast
import functools
import itertools
import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance import garbage
from conformance.papers import player
from conformance.papers.company import turns
from conformance.papers.repro import NoReproduction, Reproduction
from conformance.wire.target import PATH, REGIONS

NEEDED = {
    "ending": r"seen\.(closed_by|code|reason)\b",
    "noted": r"\(a name twice\)",
    "weighed": r"seen\.sizes\b",
    "sound": r"\bsound\(",
    "quotes": r"seen\.quoted\b",
    "masked": r"seen\.quoted\b",
    "armed": r"seen\.quoted\b",
    "shook": r"'the handshake' in seen\.quoted\b",
    "acts": r"seen\.late\b",
    "timed": r"seen\.late\b",
    "watched": r"seen\.closing\b",
    "introduced": r"seen\.beside\b",
    "cost": r"\bcost\(",
}
"""What the player does for some tests alone: each function, and what in a test asks for it."""
ACTIONS = ("text", "filled", "audio", "binary", "pieces", "close", "leave", "look")
LINES = 80
WIDE = 132  # characters of a line of code
PATIENCE = 10  # seconds of silence after which a reproduction says that nothing comes
LOCAL = "ws://127.0.0.1:8765/api-ws/v1/realtime"


def source(steps: Sequence[Any], test: str, several: bool = False) -> list[str]:
    """The lines of the player that these steps and this test need, without comments."""
    actions = frozenset(step[3] for step in steps)
    names = {node.attr for node in ast.walk(garbage.syntax(test)) if isinstance(node, ast.Attribute)}
    idle = frozenset(name for name, asked in NEEDED.items() if not re.search(asked, test))
    idle |= set() if several else {"together"}
    names |= {"value"} if "filled" in actions else set()
    names |= {"times", "acted"} if "late" in names else set()
    names |= {"value", "began", "ended", "rows", "id"} if "look" in actions else set()
    return _source(actions, frozenset(names), idle)


@functools.cache
def _source(actions: frozenset[str], names: frozenset[str], idle: frozenset[str]) -> list[str]:
    tree = garbage.syntax(Path(player.__file__).read_text(encoding="utf-8"))
    out = {*ACTIONS} - actions | {"say"} | idle
    body: list[ast.stmt] = []
    for node in tree.body[2:]:  # without the docstring and the import from the future
        if not (isinstance(node, ast.FunctionDef) and node.name in out):
            slim = _Slim(names, out).visit(node)
            body += [slim] if slim is not None else []
    needed = {node.id for one in body for node in ast.walk(one) if isinstance(node, ast.Name)} | {"os", "sys"}
    imported = [one.names[0].name for one in body if isinstance(one, ast.Import)]
    body = [one for one in body if not isinstance(one, ast.Import)]
    head = f"import {', '.join(sorted(name for name in {'os', 'sys', *imported} if name.partition('.')[0] in needed))}"
    return [head, *_dense(ast.unparse(ast.fix_missing_locations(ast.Module(body, []))).splitlines())]


def _dense(lines: list[str]) -> list[str]:
    """The same with each body of one short line behind its colon."""
    found: list[str] = []
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        above = found[-1] if found else ""
        deep, outer = _indent(line), _indent(above)
        alone = above.endswith(":") and deep > outer and _indent(after) < deep and not line.endswith(":")
        if alone and len(above) + len(line.strip()) < WIDE and not line.lstrip().startswith("class "):
            found[-1] = f"{above} {line.strip()}"
        elif line:
            found.append(line)
    return _PAIR.sub(_paired, "\n".join([*found, ""])).splitlines()


_PLAIN = r"(?!(?:def|for|if|try|while|with)\b)(\S.*[^:\n])\n"
_PAIR = re.compile(rf"^( *def .*:)\n( +){_PLAIN}\2{_PLAIN}(?!\2)", re.MULTILINE)


def _paired(found: re.Match[str]) -> str:
    """A function of two short lines on one."""
    told = f"{found[1]} {found[3]}; {found[4]}\n"
    return told if len(told) < WIDE else found[0]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


class _Slim(ast.NodeTransformer):
    """Takes away docstrings, types, and what no test asks for; a call that hands something on is that thing."""

    def __init__(self, names: AbstractSet[str], out: set[str]) -> None:
        self._names, self._out = names | {"of", "__init__"}, out

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        call = node.value
        if isinstance(call, ast.Yield) and isinstance(call.value, ast.Constant) and "together" in self._out:
            return None  # there is no other whose turn it could be
        gone = isinstance(call, ast.Call) and getattr(call.func, "id", "") in self._out - {"say"}
        return None if gone else self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if getattr(node.func, "id", "") in self._out - {"say"}:
            return self.visit(node.args[-1])  # type: ignore[no-any-return]
        node.keywords = [one for one in node.keywords if getattr(one.value, "id", "") not in self._out]
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        """Without its type; what is noted of what was seen if a test asks for it."""
        asked = not isinstance(node.target, ast.Attribute) or node.target.attr in self._names
        return ast.Assign([node.target], self.visit(node.value)) if asked and node.value is not None else None

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """A reproduction tells what crosses by printing it."""
        node.id = "print" if node.id == "say" else node.id
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:  # the base class calls it so
        if node.module in {"collections.abc", "typing", "websockets.http11"}:
            return None
        node.names = [name for name in node.names if name.name != "ClientConnection"]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.body = [one for one in node.body if isinstance(one, ast.FunctionDef) and one.name in self._names]
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        node.returns = None
        for argument in (*node.args.args, *([node.args.vararg] if node.args.vararg else [])):
            argument.annotation = None
        return self.generic_visit(node)


TEMPLATE = '''\
# /// script
# requires-python = ">=3.11"
# dependencies = ["websockets>=15,<18"]
# ///
"""{head}

{body}
DASHSCOPE_API_KEY=... uv run {name} [beijing | singapore | wss://...]     (or python, after pip install websockets)
ends with 1 where this is still so, with 0 where it is not, with 2 where it could not be tried.
"""
{source}
STEPS = {steps}
def there(seen): return {test}
url = (sys.argv[1:] or [os.environ.get("REALTIME_ENDPOINT") or {endpoint!r}])[0]
url = {hosts}.get(url, url)
key = os.environ.get("DASHSCOPE_API_KEY") or "mock-key" * ("//127.0.0.1" in url)
if not key or not url.startswith(("wss://", "ws://127.0.0.1", "ws://localhost")):
    print("Not tried: set DASHSCOPE_API_KEY and name a wss:// address; the key goes over TLS only."); sys.exit(2)
try:
    {headers}
    {play}
except Exception as problem:
    print("Not tried:", repr(problem)); sys.exit(2)
print({tell})
print({yes!r} if there(seen) else {no!r})
sys.exit(int(there(seen)))
'''


def _headers(headers: dict[str, str]) -> str:
    """The line that gives the headers the key of whoever runs the program."""
    told = "key=key"
    if "{start}" in "".join(headers.values()):  # a key that is nearly right
        told += ", start=key[: len(key) // 2], end=key[len(key) // 2 + 1 :]"
    return f"headers = {{name: value.format({told}) for name, value in {headers}.items()}}"


def rendered(made: Reproduction, name: str, head: str, body: str, question: str = "") -> str:
    """The file of a reproduction.  Raises NoReproduction where it would be longer than a page."""
    fact = made.facts[0]
    what = f"expected {fact.expected}; seen {fact.seen}"
    yes = f"The answer is still: {question}" if question else f"The finding is still there: {what}."
    no = f"The answer is another than: {question}" if question else "The finding is not there."
    aside = any(line.moments for line in made.company)
    lines = source([*itertools.chain(*(line.steps for line in made.company)), *made.steps], made.test, aside)
    query = f"?{made.line.query}" if made.line.query else ""
    play = f'play(url if "?" in url else url + {query!r}, headers, {{}}, {PATIENCE})'
    every = "".join(f"{line.steps!r}, " for line in made.company) + "STEPS"
    if aside:
        order = turns([*made.company, made.line])
        play = f"*_, seen = together([{play.format('steps')} for steps in [{every}]], {order})"
    elif made.company:
        play = f"[seen] = [seen for steps in [{every}] for seen in {play.format('steps')}][-1:]"
    else:
        play = f"[seen] = {play.format('STEPS')}"
    tell = "'HTTP', seen.status"
    if "ending" in "".join(lines):
        tell += ", '| closed by', seen.closed_by, seen.code or 'without a code', seen.reason"
    room = LINES - 3 - (TEMPLATE.count("\n") + body.count("\n") + len(lines))
    width = -(-len(made.steps) // max(1, room))
    rows = [made.steps[start : start + width] for start in range(0, len(made.steps), max(1, width))]
    steps = (
        repr(made.steps)
        if len(rows) < 2
        else "[\n" + "".join("    " + ", ".join(map(repr, row)) + ",\n" for row in rows) + "]"
    )
    place = urlsplit(made.leg.url)
    endpoint = f"{place.scheme}://{place.netloc}{place.path}" if place.scheme == "wss" else LOCAL
    text = TEMPLATE.format(
        head=head, body=body, name=name, source="\n".join(lines), steps=steps, test=made.test, endpoint=endpoint,
        headers=_headers(made.line.headers), yes=yes, no=no, tell=tell,
        play=play,
        hosts={name: f"wss://{hosts[0]}{PATH}" for name, hosts in REGIONS.items()},
    )  # fmt: skip
    if text.count("\n") >= LINES:
        raise NoReproduction(f"it would take {text.count(chr(10))} lines, which nobody reads")
    return text
