"""Which form a file has, by its content, and what it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from conformance import guarded
from conformance.intake import entries, har, scrub, sdk_log, terminal
from conformance.intake.connection import Connection, Unread
from conformance.intake.walker import LARGEST, Walker
from conformance.report.record import conversations as record_conversations
from conformance.wire.gaps import GAPS
from conformance.wire.transcript import Transcript

LOOK = 1 << 16  # bytes that are looked at to recognise a form
LISTS = frozenset({"events", "messages", "frames", "log", "entries", "transcript"})
FORMS = (
    "a record of this suite, HAR, JSON lines, an array of events, a transcript of wscat or websocat, or the DEBUG log "
    "of the dashscope SDK"
)


def connections(path: Path, *, keep_audio: bool = False) -> Iterator[Transcript]:
    """The conversations of a recording, one for each connection.  Raises Unread, which names the file and the line."""
    try:
        with path.open("rb") as file:
            head = file.read(LOOK)
            file.seek(0)
            if is_record(head):
                yield from _own(path, keep_audio)
                return
            found = 0
            for found, connection in enumerate(_read(file, head, keep_audio), 1):
                yield connection.finish(f"{path.name}/{found}")
    except OSError as problem:
        raise Unread(f"{path}: {problem.strerror or problem}") from None
    except Unread as problem:
        raise Unread(f"{path}: {problem}") from None
    if not found:
        raise Unread(f"{path}: no message is in it; a recording is {FORMS}")


def is_record(head: bytes) -> bool:
    """Whether a file that begins like this is a record of the suite's own."""
    return re.match(rb'\s*\{\s*"kind"\s*:\s*"run"', head) is not None


def _read(file: IO[bytes], head: bytes, keep_audio: bool) -> Iterator[Connection]:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise Unread("the file is empty")
    if re.match(rb'\{\s*"log"\s*:\s*\{', start):
        return har.read(file, keep_audio=keep_audio)
    if re.match(rb"\d+:\d+:", start):
        raise Unread(
            "this looks like flows of mitmproxy; the nearest form is their HAR: "
            "`mitmdump -nr FLOWS --set hardump=FILE.har`"
        )
    if start.startswith((b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ")):
        raise Unread("this is compressed; unpack it first")
    if re.match(rb'\{\s*"format"\s*:\s*\d+\s*,\s*"target"\s*:', start):
        raise Unread("this is a run's summary.json, which holds no frames; its record.jsonl beside it does")
    if start.startswith(b"["):
        return entries.read(_array(Walker(file)), origin="a list of events", keep_audio=keep_audio)
    shown = head.decode("utf-8", "replace").splitlines()
    if any(sdk_log.MARK in line for line in shown):
        return sdk_log.read(_lines(file), keep_audio=keep_audio)
    if any(map(terminal.fits, shown)):
        return terminal.read(_lines(file), keep_audio=keep_audio)
    if start.startswith(b"{"):
        if (name := _list_in(start)) is not None:
            return entries.read(_member(Walker(file), name), origin="a list of events", keep_audio=keep_audio)
        return entries.read(_objects(file), origin="JSON lines", keep_audio=keep_audio)
    line = guarded.shortened(shown[0] if shown else "", 60)
    raise Unread(f"line 1: this fits no form: {line!r}; a recording is {FORMS}")


def _list_in(start: bytes) -> str | None:
    """The name of the array of messages that an object begins with, where it is not the first line of many."""
    found = re.match(rb'\{\s*(?:"[^"]*"\s*:\s*(?:"[^"]*"|[\w.+-]+)\s*,\s*)*"(\w+)"\s*:\s*\[\s*[{\]]', start)
    name = found[1].decode() if found else ""
    return name if name in LISTS else None


def _array(walker: Walker) -> Iterator[tuple[int, Any]]:
    for _ in walker.elements():
        walker.peek()
        line = walker.line
        yield line, walker.value()


def _member(walker: Walker, name: str) -> Iterator[tuple[int, Any]]:
    for member in walker.members():
        if member == name:
            yield from _array(walker)
        else:
            walker.value()


def _lines(file: IO[bytes]) -> Iterator[tuple[int, str]]:
    number = 0
    while raw := file.readline(LARGEST):
        number += 1
        yield number, raw.decode("utf-8", "replace")


def _objects(file: IO[bytes]) -> Iterator[tuple[int, Any]]:
    """The JSON value of each line; the last line of a log that was cut off may be none."""
    broken: str | None = None
    for number, line in _lines(file):
        if broken is not None:
            raise Unread(broken)
        text = line.strip().removeprefix("\ufeff")
        if not text:
            continue
        try:
            yield number, guarded.parse(text)
        except guarded.Refused:
            told = guarded.shortened(text, 60)
            broken = f"line {number}: this is no JSON: {told!r}; the nearest form is {entries.SHAPES}"
            if number == 1:
                raise Unread(broken) from None


def _own(path: Path, keep_audio: bool) -> Iterator[Transcript]:
    for transcript in record_conversations(path):
        yield transcript if keep_audio else quietened(transcript)


def quietened(transcript: Transcript) -> Transcript:
    """The conversation without its audio, and with that gap declared."""
    found = False
    for leg in transcript.legs:
        for place, frame in enumerate(leg.frames):
            text, silent = scrub.silent(frame.text) if frame.text is not None and not frame.gap else ("", False)
            if silent:
                found = True
                leg.frames[place] = replace(frame, text=text, gap="audio")
    gaps = {*transcript.gaps, *(["audio"] if found else [])}
    return replace(transcript, gaps=tuple(gap for gap in GAPS if gap in gaps))
