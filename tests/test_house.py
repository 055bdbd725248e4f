"""The house as drawn from its imports: rooms, floors and sizes, as docs/ARCHITECTURE.md says."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "conformance"
DATA_OF_THE_JUDGE = {"conformance.spec.profiles", "conformance.spec.bounds", "conformance.spec.unsolicited"}
LONGEST = 400  # lines; chapters are read like a specification and may be longer
GROUPS = {
    "tools": {
        "aside",
        "arguments",
        "cut",
        "data",
        "early",
        "fixtures",
        "garbage",
        "guarded",
        "kept",
        "orderly",
        "outlet",
        "screen",
        "secrets",
    },
    "run": {"runner", "trial", "holding", "plan", "killmatrix"},
    "front": {
        "options",
        "conduct",
        "collecting",
        "plugin",
        "last_words",
        "progress",
        "terminal",
        "listing",
        "cli",
        "testing",
        "conftest",
        "new",
    },
}


@cache
def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        if "_data" not in path.parts:
            found[".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")] = path
    return found


@cache
def parsed(path: Path) -> ast.Module:
    """A file of the package, read once for all that is asked of it."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path, *, late: bool) -> frozenset[str]:
    """The modules of the package that a file imports; `late`: also those that a function imports when it is called."""

    def inside(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.expr):  # imports are statements: nine tenths of a file need not be looked at
            return
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and not late:
                continue
            if isinstance(child, ast.Import):
                yield from (alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom) and child.module:
                for alias in child.names:
                    whole = f"{child.module}.{alias.name}"
                    yield whole if whole in modules() else child.module
            else:
                yield from inside(child)

    return frozenset(name for name in inside(parsed(path)) if name in modules())


def room(name: str) -> str:
    """The room that a module stands in."""
    first = name.split(".")[1] if "." in name else ""
    return next((group for group, members in GROUPS.items() if first in members), first)


def table() -> dict[str, set[str]]:
    """What each room may import, from the page."""
    page = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|.*\|([^|]*)\|$", page, re.MULTILINE)
    everything = {name for name, _ in rows}
    return {name: everything if cell.strip() == "all" else set(re.findall(r"`(\w+)`", cell)) for name, cell in rows}


def test_every_room_is_on_the_page() -> None:
    assert {room(name) for name in modules() if "." in name} == set(table())


def test_no_room_imports_what_its_row_does_not_name() -> None:
    may = table()
    wrong = {
        f"{name} imports {other}"
        for name, path in modules().items()
        for other in imports(path, late=True)
        if "." in other and room(other) != room(name) and room(other) not in may[room(name)]
    }
    assert wrong == set()


def test_no_arrow_leads_upward() -> None:
    """Each row names rooms above it only, so the rows are floors."""
    above: set[str] = set()
    for name, named in table().items():
        assert named <= above or name == "front", f"{name} imports {named - above}, which stand below it"
        above.add(name)


def test_no_module_imports_itself_by_way_of_others() -> None:
    left = {name: imports(path, late=False) for name, path in modules().items()}
    while free := {name for name, needs in left.items() if not needs & left.keys()}:
        left = {name: needs for name, needs in left.items() if name not in free}
    assert set(left) == set()


def test_the_mock_has_none_of_the_judges_numbers() -> None:
    for name, path in modules().items():
        if room(name) == "mock":
            assert not DATA_OF_THE_JUDGE & imports(path, late=True), name


def test_no_file_is_longer_than_a_reader_likes() -> None:
    files = [*modules().values(), *(ROOT / "tests").rglob("*.py"), *(ROOT / "fixtures").glob("*.py")]
    lines = {file.relative_to(ROOT).as_posix(): len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    data = re.compile(r"conformance/cases/test_|conformance/mock/quirks/")
    long = {name: count for name, count in lines.items() if count > LONGEST}
    assert {name: count for name, count in long.items() if not data.match(name)} == {}


def constants(path: Path) -> Iterator[tuple[str, str]]:
    """The names that a module gives to events."""
    event = re.compile(r"(session|response|conversation|input_audio_buffer|input_image_buffer)(\.[a-z_]+)+")
    for node in parsed(path).body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
            both = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
            pairs = zip(target.elts, value.elts, strict=False) if both else [(target, value)]  # type: ignore[attr-defined]
            for name, given in pairs:
                if isinstance(name, ast.Name) and isinstance(given, ast.Constant) and event.fullmatch(str(given.value)):
                    yield name.id, given.value


def test_a_name_of_an_event_means_the_same_in_every_file() -> None:
    means: dict[str, set[str]] = {}
    for path in modules().values():
        for name, kind in constants(path):
            means.setdefault(name, set()).add(kind)
    assert {name: kinds for name, kinds in means.items() if len(kinds) > 1} == {}
