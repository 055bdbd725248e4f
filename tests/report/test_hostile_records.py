"""Records that somebody else wrote, or that something happened to: read, or refused in one sentence."""

from __future__ import annotations

import contextlib
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance import cli
from conformance.report import files, wanted
from conformance.report.record import LARGEST, RecordError, read
from conformance.report.redact import Redactor
from support import records

DEEP = "[" * 100_000 + "]" * 100_000


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    said = records.verdicts(records.USUAL)
    held = [item for item in records.conversations() if item.path][:1]
    path = records.write(tmp_path_factory.mktemp("whole"), held, said)
    found = [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]
    catalogue = found[1]  # cut down to a few rows: it is written again for each of some hundred tries
    catalogue["clauses"], catalogue["questions"] = catalogue["clauses"][:1], catalogue["questions"][:1]
    known = {row["id"] for row in catalogue["clauses"] + catalogue["questions"]} | {line["id"] for line in said}
    catalogue["checks"] = {key: check for key, check in catalogue["checks"].items() if key in known}
    return found


def places(value: Any, depth: int = 0) -> Iterator[tuple[Any, ...]]:
    """The ways to members, to a bounded depth; of an array, to its first entry."""
    inner = value.items() if isinstance(value, dict) else list(enumerate(value))[:1] if isinstance(value, list) else ()
    for name, item in list(inner)[:9]:
        yield (name,)
        if depth < 3:
            yield from ((name, *rest) for rest in places(item, depth + 1))


def put(value: Any, way: tuple[Any, ...], new: Any) -> Any:
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[way[0]] = new if len(way) == 1 else put(copied[way[0]], way[1:], new)
    return copied


def written(path: Path, lines: list[Any]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["run", "catalogue", "conversation", "status", "recorded", "verdict", "footer"])
def test_whatever_stands_in_a_line_it_is_read_or_refused(
    kind: str, lines: list[dict[str, Any]], tmp_path: Path
) -> None:
    number = next(n for n, line in enumerate(lines) if line["kind"] == kind)
    strange = (None, 7, "x", [], {}, [None], {"x": None})
    for turn, way in enumerate(places(lines[number])):
        # Three in each place, all of them in every third: what is read in one place is read so in its neighbours.
        for new in (strange[(turn + step) % len(strange)] for step in (0, 2, 5)):
            path = written(
                tmp_path / "record.jsonl", [*lines[:number], put(lines[number], way, new), *lines[number + 1 :]]
            )
            with contextlib.suppress(RecordError) if kind == "run" else contextlib.nullcontext():
                read(path)


def test_what_fits_is_what_has_no_fault(lines: list[dict[str, Any]]) -> None:
    told = set()
    for line in lines:
        form, fits = wanted.LINES[line["kind"]], wanted.FITS[line["kind"]]
        assert fits(line)
        for way in places(line):
            for new in (None, True, 7, 0.5, "x", [], {}, [None], {"x": None}):
                changed = put(line, way, new)
                assert fits(changed) == (wanted.fault(changed, form) is None), (way, new)
                told.add(fits(changed))
    assert told == {True, False}


NO_RECORD = "this is not a record"


@pytest.mark.parametrize("new", [None, {}])
def test_what_is_read_is_rendered(new: Any, lines: list[dict[str, Any]], tmp_path: Path) -> None:
    kinds = [line["kind"] for line in lines]
    for kind in ("conversation", "status", "recorded", "verdict", "footer"):
        number = kinds.index(kind)
        for way in list(places(lines[number]))[::9][:4]:
            changed = [*lines[:number], put(lines[number], way, new), *lines[number + 1 :]]
            files.write_all(written(tmp_path / "record.jsonl", changed), Redactor(None), LARGEST)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"\x00\xff\x7fELF\n", NO_RECORD),
        (b'{"kind":"run","format":3}\n', "no `run` line of format 1 or 2"),
        (b'{"kind":"run","format":1}\n', "`target` is missing"),
        (b'{"kind":"run","format":1,"target":{"kind":"live","endpoint":"x","model":7}}\n', "`target.model` has"),
        (DEEP.encode() + b"\n", NO_RECORD),
        (b'{"kind":"run","a":' + DEEP.encode() + b"}\n", NO_RECORD),
        (b"[1]\n", NO_RECORD),
    ],
)
@pytest.mark.parametrize("command", ["report", "compare"])
def test_what_is_no_record_is_wrong_usage(
    command: str, content: bytes, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    assert cli.main([command, str(path)]) == 4
    told = capsys.readouterr().err
    # Recordings of any origin are compared: what is none of ours may be another's, and is told by its line.
    assert says in told or (command == "compare" and says == NO_RECORD and "line 1" in told)
    assert len(told.splitlines()) == 1


def test_lines_of_other_kinds_and_no_lines_are_named(lines: list[dict[str, Any]], tmp_path: Path) -> None:
    path = written(tmp_path / "record.jsonl", [lines[0], {"kind": "x"}, {"kind": ["x"]}, [], {"kind": "verdict"}])
    assert read(path).damage == [
        "line 2 is of an unknown kind",
        "line 3 is of an unknown kind",
        "line 4 is not readable",
        "line 5 is no `verdict` line: `id` is missing",
    ]


def test_a_record_of_a_gigabyte_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "big.jsonl"
    with path.open("wb") as file:
        file.truncate(1_000_000_000)
    says = "has 1,000 MB; a record of more than 100 MB is not read whole, .*: realtime-conformance run --replay /"
    with pytest.raises(RecordError, match=says):
        read(path)


def test_a_line_without_end_is_refused_at_the_bound(tmp_path: Path) -> None:
    path = tmp_path / "big.jsonl"
    path.write_bytes(b'{"kind":' + b"x" * 1000)
    with pytest.raises(RecordError, match="of more than"):
        read(path, 500)
    with pytest.raises(RecordError, match=NO_RECORD):
        read(path, 2000)


def test_a_record_that_another_process_still_writes_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker of xdist reads the conversations while the controller adds verdicts: it grows at any moment."""
    path = records.write(tmp_path, records.conversations(), ())
    held, stat = read(path, None).transcripts, Path.stat

    def grows(self: Path, **named: Any) -> Any:
        found = stat(self, **named)
        with path.open("ab") as file:
            file.write(b'{"kind":"verdict","id":"SES-001"}\n')
        return found

    monkeypatch.setattr(Path, "stat", grows)
    assert read(path, None).transcripts == held
    with pytest.raises(RecordError, match="not read whole"):
        read(path, 2000)


def test_fifty_megabytes_are_read_in_bounded_memory(lines: list[dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    talk = next(line for line in lines if line["kind"] == "conversation")
    big = {**talk["legs"][0], "frames": [{"side": "server", "at": 1, "opcode": "text", "text": "x" * 1_000_000}]}
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(lines[0]) + "\n")
        for number in range(50):
            file.write(json.dumps({**talk, "conversation": f"x/{number}", "legs": [big]}) + "\n")
    code = (
        "import sys, pathlib; from conformance.report.record import read;"
        "print(len(read(pathlib.Path(sys.argv[1])).transcripts))"
    )

    def capped() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (500_000_000, 500_000_000))

    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False, preexec_fn=capped
    )
    assert done.stdout == "50\n", done.stderr
