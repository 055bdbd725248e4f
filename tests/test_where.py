"""Each module has a test file of its own name, or a row in where.toml that says which file shows it."""

import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "conformance"
ROWS: dict[str, str] = {
    module: file
    for rows in tomllib.loads((TESTS / "where.toml").read_text(encoding="utf-8")).values()
    for module, file in rows.items()
}
OWN = {
    path.relative_to(PACKAGE).as_posix(): (TESTS / path.relative_to(PACKAGE).parent / f"test_{path.name}").is_file()
    for path in PACKAGE.rglob("*.py")
    # A chapter is judged by the matrix and its own run; a package's first file only says what is in it.
    if not {"_data", "cases"} & set(path.parts) and path.stem not in {"__init__", "__main__"}
}


def test_every_module_is_shown_somewhere() -> None:
    lost = [name for name, own in OWN.items() if not own and not any(fnmatchcase(name, row) for row in ROWS)]
    assert lost == []


def test_no_row_outlives_its_reason() -> None:
    idle = [row for row in ROWS if not any(fnmatchcase(name, row) and not own for name, own in OWN.items())]
    assert idle == []
    assert [file for file in ROWS.values() if not (TESTS / file).is_file()] == []
