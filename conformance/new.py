"""Stubs for a new clause, and what is still missing of those that were begun.

`python -m conformance.new clause CAN-014 --in cancel/MidText --anchor s2.3.05` writes a row of the catalogue, a check
in the class of that conversation and a quirk that the check should notice, each marked with TO WRITE, and names the
clause at its anchor.  `python -m conformance.new` says what is left to do, and so does a test.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from conformance.judge.checks import load
from conformance.mock.quirks import REGISTRY
from conformance.spec import anchors
from conformance.spec.catalogue import LEVELS, clauses, questions
from conformance.spec.proof import FILE as PROOF

MARK = "TO WRITE"
HERE = Path(__file__).parent
ID = re.compile(r"[A-Z]{3}-\d{3}")


class Unfit(ValueError):  # noqa: N818  # it says what is wrong with the order
    """The stubs can't be written; the message says why."""


def clause(name: str, conversation: str, anchor: str, level: str = "SHOULD") -> list[Path]:
    """Write the stubs of a clause that is judged on a conversation; returns the files to go on in.  Raises Unfit.

    `anchor` names the row of the sources that it answers for (`s2.3.07`, in `anchors.toml`).
    """
    held = load().conversations
    if not ID.fullmatch(name) or name in clauses():
        raise Unfit(f"{name} is no new id such as SES-062" if name not in clauses() else f"{name} is there already")
    if (last := _last(name[:4])) >= name:
        raise Unfit(f"{name} may have been another's: the last one was {last}, and no id is used twice")
    if conversation not in held:
        raise Unfit(f"there is no conversation {conversation}; those of a chapter are its classes, without `Test`")
    owner = next(check.owner for check in load().checks.values() if check.conversation == conversation)
    chapter = Path(inspect.getfile(owner))
    number, word = chapter.stem.split("_")[1:3]
    row = next((HERE / "spec" / "clauses").glob(f"{number}_*.toml"))
    lies = HERE / "mock" / "quirks" / f"{word}.py"
    if not lies.is_file():
        raise Unfit(f"{lies.name} is not there: the lies of this chapter stand elsewhere")
    texts = {
        row: row.read_text(encoding="utf-8") + _row(name, level),
        chapter: _with_check(chapter.read_text(encoding="utf-8"), owner.__name__, name, level),
        lies: lies.read_text(encoding="utf-8") + _quirk(name, number, conversation),
        anchors.FILE: _with_anchor(anchors.FILE.read_text(encoding="utf-8"), anchor, name),
    }
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return [row, chapter, lies]


def _last(prefix: str) -> str:
    """The highest id of a family so far: what is missing below it may be what was withdrawn."""
    return max((name for name in clauses() if name.startswith(prefix)), default="")


def _row(name: str, level: str) -> str:
    return f"""
[[clause]]
id = "{name}"
level = "{level}"
why = "{MARK}: why it is a {level}"
sentence = "{MARK}: what the sources say, in one sentence."
source = ["CE"]
date = "{datetime.now(UTC):%Y-%m-%d}"
"""


def _with_check(text: str, owner: str, name: str, level: str) -> str:
    """The chapter with a check at the end of the class, and with its level imported."""
    lines = text.split("\n")
    tree = ast.parse(text)
    end = next(node.end_lineno for node in tree.body if isinstance(node, ast.ClassDef) and node.name == owner)
    word = level.lower()
    lines[end:end] = [
        "",
        f'    @{word}("{name}")',
        f"    def test_to_write_{name.lower().replace('-', '_')}(self, wire):",
        f'        raise NotImplementedError("{MARK}: what {name} asks of the conversation")',
    ]
    for at, line in enumerate(lines):
        if line.startswith("from conformance.spec import ") and not re.search(rf"\b{word}\b", line):
            names = {*line.removeprefix("from conformance.spec import ").split(", "), word}
            lines[at] = f"from conformance.spec import {', '.join(sorted(names))}"
    return "\n".join(lines)


def _quirk(name: str, number: str, conversation: str) -> str:
    slug = name.lower()
    return f"""

@quirk("to-write-{slug}", "{number}", "{MARK}: what the mock then does wrong", touches=("{conversation}",))
def _{slug.replace("-", "_")}(event: Json, session: Session) -> list[Json] | None:
    return None  # {MARK}: the events to send instead; `making` has the shapes that most lies have
"""


def _with_anchor(text: str, anchor: str, name: str) -> str:
    found = re.search(rf'\[\[anchor\]\]\nid = "{re.escape(anchor)}"\n(?:(?!\[\[).*\n)*', text)
    if found is None:
        raise Unfit(f"anchors.toml has no {anchor}")
    row = found[0]
    if "covered_by = [" in row:
        new = row.replace("covered_by = [", f'covered_by = ["{name}", ', 1)
    else:
        new = re.sub(r"(?m)^(excluded|missing) = .*$", f'covered_by = ["{name}"]', row, count=1)
    return text.replace(row, new)


def unfinished() -> Iterator[str]:
    """What is still missing of the clauses that were begun, a line each."""
    checks = load().checks
    kept = json.loads(PROOF.read_text(encoding="utf-8"))["quirks"]
    killed = {name for row in kept.values() if not row["catastrophic"] for name in row["kills"]}
    for row in clauses().values():
        if MARK in row.sentence + row.why:
            yield f"{row.id}: its words, in spec/clauses/{row.chapter}_*.toml"
        if row.excluded:
            continue
        check = checks.get(row.id)
        if check is None:
            yield f"{row.id}: a check, in cases/test_{row.chapter}_*.py"
        elif MARK in inspect.getsource(check.function):
            yield f"{row.id}: what its check asks, {check.where}"
        if check is not None and row.id not in killed and _can_fail(check.conversation):
            yield f"{row.id}: a quirk that it notices (`python -m conformance.killmatrix NAME --write`)"
    for quirk in REGISTRY.values():
        if MARK in quirk.lie:
            yield f"{quirk.name}: the lie, in mock/quirks, and a name that says it"
        elif quirk.name not in kept:
            yield f"{quirk.name}: its row of the matrix (`python -m conformance.killmatrix {quirk.name} --write`)"
    for question in questions().values():
        if question.reach != "by-hand" and question.id not in checks:
            yield f"{question.id}: its probe, in cases/test_{question.chapter}_*.py"


def _can_fail(conversation: str | None) -> bool:
    """Whether the matrix holds it at all: what takes minutes is left out there."""
    return conversation is None or not load().conversations[conversation].slow


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 1 while something is unfinished, 4 when the order can't be carried out."""
    parser = argparse.ArgumentParser(prog="python -m conformance.new", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", metavar="clause")
    made = kinds.add_parser("clause", help="write the stubs of a clause: its row, its check, a quirk")
    made.add_argument("id", help="a new id, such as CAN-014")
    made.add_argument("--in", dest="conversation", required=True, metavar="CONVERSATION", help="such as cancel/MidText")
    made.add_argument("--level", choices=sorted(LEVELS), default="SHOULD")
    made.add_argument(
        "--anchor", required=True, metavar="ID", help="the row of the sources that it answers for, such as s2.3.07"
    )
    options = parser.parse_args(arguments)
    if options.kind is None:
        left = list(unfinished())
        print("\n".join(left) or "Nothing is unfinished.")
        return 1 if left else 0
    try:
        files = clause(options.id, options.conversation, options.anchor, options.level)
    except Unfit as problem:
        print(f"python -m conformance.new: {problem}", file=sys.stderr)
        return 4
    print(f"{MARK} in:", *files, sep="\n  ")
    print(f"{options.anchor} names it, in {anchors.FILE}", "then: python -m conformance.new", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
