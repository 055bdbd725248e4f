"""`record.jsonl`: everything a run knows, one JSON object a line, written as it happens.

Kinds of line, in this order: one `run`, one `catalogue`, the `baseline` where there is one, a `conversation` for each
that was held (before it `payloads`, for the audio and pictures that it is the first to need), a `status` where the
platform was asked, one `recorded`, `against` where there is a second target, a `verdict` for each check judged, one
`footer`.  A file that was cut short lacks
its footer; what is there is still good.

Everything that looks into a record reads it here; records of format 1 (whose payloads stand in the texts) as well.
"""

from __future__ import annotations

import itertools
import json
import os
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from conformance import guarded
from conformance.report.case import Case
from conformance.report.payloads import Keeper, PayloadError, Restorer
from conformance.report.redact import Redactor
from conformance.report.wanted import odd
from conformance.wire.transcript import Transcript

FORMAT = 2
READABLE = (1, FORMAT)
LARGEST = 100_000_000
"""Bytes of a record that is read whole: far more than any run writes, and a fifth of the memory that this may take."""
LONGEST = 40_000_000
"""Bytes of a line that is read where lines are read one by one: a conversation of an hour has half of it."""

Line = dict[str, Any]
Mask = Callable[[str], str]


def options(run: Line) -> list[str]:
    """The options that name the endpoint of a `run` line on a command line; a replay has none of its own."""
    target = run["target"]
    found = ["--endpoint", str(target["endpoint"])] if target["kind"] != "replay" else []
    found += ["--model", str(target["model"])]
    found += ["--profile", str(target["profile"])] if target.get("profile") else []
    found += ["--workspace", str(run["workspace"])] if run.get("workspace") else []
    found += [word for name in run.get("headers") or () for word in ("--header", f"{name}:VALUE")]
    return found + [word for quirk in run.get("quirks") or () for word in ("--quirk", str(quirk))]


class RecordError(ValueError):
    """A record can't be read; the message names the file and the line."""


class RecordWriter:
    """Appends lines to a record.  Each line is one write, so that a killed run leaves complete lines.

    The first write that fails (a full disk) is kept in `problem`; after it nothing more is tried.
    """

    def __init__(self, path: Path, redact: Redactor) -> None:
        self.path = path
        self.problem: str | None = None
        self._redact = redact
        self._keeper = Keeper(redact)

    def write(self, kind: str, **fields: Any) -> None:
        """Append one line; before a conversation, the payloads that no line had yet."""
        if kind == "conversation":
            payloads, fields = self._keeper.take(fields)
            if payloads is not None:
                self._append("payloads", payloads)
        self._append(kind, fields)

    def mend(self) -> None:
        """Take away the half of a line that another process of this run left when it was killed."""
        try:
            with self.path.open("rb+") as file:
                end = file.seek(0, os.SEEK_END)
                while end and file.seek(end - 1) is not None and file.read(1) != b"\n":
                    end -= 1
                file.truncate(end)
        except OSError as problem:
            self.problem = f"{self.path.name} could not be mended: {problem.strerror or problem}"

    def _append(self, kind: str, fields: Line) -> None:
        if self.problem is not None:
            return
        line = json.dumps({"kind": kind, **fields}, ensure_ascii=False, separators=(",", ":"))
        payload = (self._redact.line(line) + "\n").encode("utf-8", "backslashreplace")
        try:
            with self.path.open("ab", buffering=0) as file:
                file.write(payload)
        except OSError as problem:
            self.problem = f"{self.path.name} could not be written: {problem.strerror or problem}"


@dataclass
class Record:
    """A record as read back.

    `earlier` are first attempts that a second one took the place of; `truncated` says that the footer is missing,
    `damage` what could not be read.  Who makes several outputs of a record, and changes nothing in it, keeps its
    `summary.cases` in `judged`: each output asks for them.
    """

    run: Line
    catalogue: Line
    transcripts: dict[str, Transcript] = field(default_factory=dict)
    earlier: list[Transcript] = field(default_factory=list)
    recorded: Line | None = None
    status: Line | None = None
    baseline: Line | None = None
    against: Line | None = None
    verdicts: list[Line] = field(default_factory=list)
    footer: Line | None = None
    damage: list[str] = field(default_factory=list)
    judged: list[Case] | None = field(default=None, compare=False, repr=False)

    @cached_property
    def where(self) -> str:
        """The options that name its endpoint, as a shell takes them."""
        return shlex.join(options(self.run))

    @property
    def truncated(self) -> bool:
        """Whether the run that wrote it was cut short."""
        return self.footer is None


def lines(path: Path, largest: int | None = None, mask: Mask = str) -> Iterator[tuple[int, Line | None]]:
    """Each line, masked, with its number; None for one that is not a JSON object (the last line of a killed run).

    Raises RecordError past `largest` bytes, before they are in memory: also of a file that has no size, or no lines.
    Without it the record is one that this run has written, and nothing in it needs a guard; it may be written still.
    """
    parse = json.loads if largest is None else guarded.parse
    left = largest or 0
    if largest is not None and (size := path.stat().st_size) > largest:
        raise RecordError(
            f"{path}: the file has {size / 1e6:,.0f} MB; a record of more than {largest / 1e6:,.0f} MB is "
            f"not read whole, but a conversation at a time: {one_by_one(path)}"
        )
    with path.open("rb") as file:
        for number in itertools.count(1):
            raw = file.readline() if largest is None else file.readline(left + 1)
            if not raw:
                return
            left -= len(raw)
            if largest is not None and left < 0:
                raise RecordError(f"{path}: a record of more than {largest / 1e6:,.0f} MB is not read")
            yield number, _line(raw, mask, parse)


def _line(raw: bytes, mask: Mask, parse: Callable[[str], Any] = guarded.parse) -> Line | None:
    try:
        value = parse(mask(raw.decode("utf-8", "replace")))
    except ValueError:  # of both
        return None
    return value if isinstance(value, dict) else None


def one_by_one(path: Path) -> str:
    """The command that judges a record of any size."""
    return shlex.join(["realtime-conformance", "run", "--replay", str(path)])


def holds(path: Path, kind: str, start: int = 0) -> tuple[int, bool]:
    """Whether a complete line of this kind begins at `start` or later, and the byte from which to look next."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            for raw in file:
                if not raw.endswith(b"\n"):
                    break
                if raw.startswith(b'{"kind":"%s"' % kind.encode()):
                    return start, True
                start += len(raw)
    except OSError:
        return start, False
    return start, False


def read(path: Path, largest: int | None = LARGEST, mask: Mask = str) -> Record:
    """Read a record; `largest` None: of a run of ours, whatever its size.  Each line passes `mask` first.

    Raises RecordError when there is none: no file, no `run` line at its head, or one that says too little.
    """
    record: Record | None = None
    restorer = Restorer(largest, mask)
    try:
        for number, line in lines(path, largest, mask):
            if record is None:
                if line is None or line.get("kind") != "run" or line.get("format") not in READABLE:
                    known = " or ".join(map(str, READABLE))
                    raise RecordError(f"{path}: this is not a record (line 1 is no `run` line of format {known})")
                if (why := odd("run", line)) is not None:
                    raise RecordError(f"{path}: this is not a record (line 1: {why})")
                record = Record(run=line, catalogue={"clauses": [], "questions": [], "checks": {}})
            elif line is None:
                record.damage.append(f"line {number} is not readable")
            else:
                why = odd(str(line.get("kind")), line) if largest is not None else None
                _take(record, number, line, restorer, why)
    except OSError as problem:
        raise RecordError(f"{path}: {problem.strerror or problem}") from None
    if record is None:
        raise RecordError(f"{path}: the file is empty")
    return record


def conversations(path: Path) -> Iterator[Transcript]:
    """The conversations of a record of any size, one at a time; one that can't be read is trouble, and says why."""
    restorer, model = Restorer(LARGEST, each=True), ""
    with path.open("rb") as file:
        for number, raw in enumerate(iter(lambda: file.readline(LONGEST + 1), b""), 1):
            if len(raw) > LONGEST:
                if not raw.startswith(b'{"kind":"payloads"'):
                    yield _unread(number, {"model": model}, f"it has more than {LONGEST / 1e6:g} MB")
                while not raw.endswith(b"\n") and (raw := file.readline(LONGEST)):
                    pass
                continue
            line = _line(raw, str)
            kind = str(line.get("kind")) if line is not None else ""
            if line is not None and kind == "run" and odd(kind, line) is None:
                model = line["target"]["model"]
            if line is None or kind not in {"payloads", "conversation"}:
                continue
            why = odd(kind, line)
            try:
                if why is None and kind == "payloads":
                    restorer.learn(line)
                elif why is None:
                    restorer.restore(line)
                    yield Transcript.from_json(line)
            except (KeyError, TypeError, ValueError, AttributeError) as problem:
                why = f"{type(problem).__name__}: {problem}"
            if why is not None and kind == "conversation":  # sounds that can't be read are missed there
                yield _unread(number, {"model": model, **line}, why)


def _unread(number: int, line: Line, why: str) -> Transcript:
    """A conversation of which only its name may be known."""
    name, model = (line.get(member) for member in ("conversation", "model"))
    return Transcript(
        name if isinstance(name, str) else f"line {number}", "", model=model if isinstance(model, str) else "",
        trouble=f"line {number} of the record can't be read: {why}", trouble_kind="own",
    )  # fmt: skip


def _take(record: Record, number: int, line: Line, restorer: Restorer, why: str | None) -> None:
    kind = line.get("kind")
    if why is not None:
        record.damage.append(f"line {number} is no `{kind}` line: {why}")
        return
    if kind == "catalogue":
        record.catalogue = line
    elif kind == "payloads":
        try:
            restorer.learn(line)
        except PayloadError as problem:
            record.damage.append(f"line {number} is no `payloads` line: {problem}")
    elif kind == "conversation":
        try:
            restorer.restore(line)
            transcript = Transcript.from_json(line)
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            record.damage.append(f"line {number} is no transcript: {type(problem).__name__}: {problem}")
            return
        if transcript.conversation in record.transcripts:
            record.earlier.append(record.transcripts[transcript.conversation])
        record.transcripts[transcript.conversation] = transcript
    elif kind == "baseline":
        from conformance.report.baseline import Baseline, BaselineError  # noqa: PLC0415  # which compares records

        try:
            Baseline.from_json(line["content"])
        except BaselineError as problem:
            record.damage.append(f"line {number} is no `baseline` line: {problem}")
        else:
            record.baseline = line["content"]
    elif kind == "status":
        record.status = line
        for transcript in record.transcripts.values():
            transcript.status = line["readings"].get(transcript.path, transcript.status)
    elif kind == "recorded":
        record.recorded = line
    elif kind == "against":
        record.against = line
    elif kind == "verdict":
        record.verdicts.append(line)
    elif kind == "footer":
        record.footer = line
    else:
        record.damage.append(f"line {number} is of an unknown kind")
