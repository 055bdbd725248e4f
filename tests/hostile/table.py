"""What was seen, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from . import rows as seen_once
from .kit import Endpoint
from .whole import Seen

Row = tuple[str, type[Endpoint], Seen]
LONGEST = 160


def line(name: str, kind: type[Endpoint], seen: Seen) -> str:
    """One row for a terminal, and below it what is wrong with it."""
    exit_ = "hung" if seen.exit is None else str(seen.exit)
    row = f"{name:46} {exit_:>4} {seen.seconds:6.1f} s {seen.peak:5.0f} MB  {seen.verdict:14} {short(sentence(seen))}"
    return "\n".join([row, *(f"    WRONG: {words}" for words in seen.wrong(kind.right))])


def sentence(seen: Seen) -> str:
    """The sentence of the run, and its first failure."""
    first = next(iter(seen.told.splitlines()), "")
    return f"{seen.sentence} {first}".strip()


def short(words: str, most: int = LONGEST) -> str:
    """Words on one line, cut, with nothing in them that a terminal or a page would act on."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in " ".join(words.split()))
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def markdown(rows: Sequence[Row]) -> str:
    """The table for docs."""
    lines = ["| endpoint | what it does | exit | s | MB | verdict | what is said |", "|---|---|---|---|---|---|---|"]
    for name, kind, seen in rows:
        cells = [name, short(kind.__doc__ or ""), "hung" if seen.exit is None else str(seen.exit),
                 f"{seen.seconds:.0f}", f"{seen.peak:.0f}", seen.verdict, short(sentence(seen))]  # fmt: skip
        if wrong := seen.wrong(kind.right):
            cells[-1] += f" **Not right: {short('; '.join(wrong))}**"
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells) + " |")
    return "\n".join(lines)


def held(rows: Sequence[seen_once.Row]) -> str:
    """The table for docs of what was seen once and what holds it."""
    lines = ["| once seen | endpoints | tests |", "|---|---|---|"]
    lines += [f"| {row.seen} | {_listed(row.endpoints)} | {_listed(row.tests)} |" for row in rows]
    return "\n".join(lines)


def _listed(names: Sequence[str]) -> str:
    return "<br>".join(f"`{name}`" for name in names)
