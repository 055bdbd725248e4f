"""Records without a run: made from code, so that a test of the report says what is in it."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import pickle
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from conformance.cut import MASK
from conformance.judge import schema
from conformance.judge.checks import load
from conformance.report.record import FORMAT, Record, RecordWriter, read
from conformance.report.redact import Redactor
from conformance.spec.catalogue import clauses, questions
from conformance.wire.transcript import Ending, Frame, Handshake, Leg, Side, Transcript

MODEL = "qwen3.5-omni-flash-realtime"
STARTED = "2026-10-05T02:00:00Z"


@functools.cache
def noise(size: int, seed: str) -> bytes:
    """Bytes that look like audio to a compressor: the same for the same seed."""
    found = b""
    while len(found) < size:
        found += hashlib.sha256(f"{seed}/{len(found)}".encode()).digest()
    return found[:size]


def example(kind: str, part: str) -> dict[str, Any]:
    """A part of the example that a server event's schema gives."""
    found: dict[str, Any] = schema.schema("server", kind)["examples"][0][part]
    return dict(found)


class Stage:
    """A connection that is written down frame by frame, on a clock of its own (ms)."""

    def __init__(self) -> None:
        self.leg = Leg(
            url=f"wss://example.invalid/api-ws/v1/realtime?model={MODEL}",
            opened_at_ms=1_790_000_000_000,
            closed_at_ms=1_790_000_004_000,
            handshake=Handshake(101, 41.5, (("Authorization", MASK),), (("Upgrade", "websocket"),)),
        )
        self.now = 0.0

    def frame(self, side: Side, opcode: Any, *, after: float, **fields: Any) -> Stage:
        self.now += after
        self.leg.frames.append(Frame(len(self.leg.frames), side, self.now, opcode, **fields))
        return self

    def server(self, type: str, after: float = 20.0, **fields: Any) -> Stage:  # noqa: A002
        event = {"event_id": f"event_{len(self.leg.frames):04d}", "type": type, **fields}
        return self.frame("server", "text", after=after, text=json.dumps(event, ensure_ascii=False))

    def client(self, type: str, after: float = 5.0, label: str | None = None, **fields: Any) -> Stage:  # noqa: A002
        event = {"event_id": f"cli_{len(self.leg.frames):04d}", "type": type, **fields}
        return self.frame("client", "text", after=after, text=json.dumps(event, ensure_ascii=False), label=label)

    def stream(self, packets: int, label: str = "speech hello", each: float = 100.0) -> Stage:
        """Audio in packets of a tenth of a second."""
        for number in range(packets):
            audio = base64.b64encode(noise(3200, f"{label}{number}")).decode()
            self.client("input_audio_buffer.append", each, label, audio=audio)
        return self

    def idle(self, seconds: int) -> Stage:
        """Idle sound, the same in each packet of a second: half the frames of the small run if they were shorter."""
        for _ in range(seconds):
            audio = base64.b64encode(noise(32_000, "idle")).decode()
            self.client("input_audio_buffer.append", 100.0, "idle", audio=audio)
        return self

    def greet(self) -> Stage:
        return self.server("session.created", 64.0, session=example("session.created", "session") | {"id": "sess_0001"})

    def reply(self, deltas: int = 37, status: str = "completed", tokens: int = 120) -> Stage:
        self.server("response.created", 30.0, response=example("response.created", "response") | {"id": "resp_1"})
        for number in range(deltas):
            place = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}
            self.server("response.audio_transcript.delta", 12.0, delta="word ", **place)
            audio = base64.b64encode(noise(2880, f"reply{number}")).decode()
            self.server("response.audio.delta", 3.0, delta=audio, **place)
        done = example("response.done", "response") | {"id": "resp_1", "status": status, "output": []}
        done["usage"] = {
            "total_tokens": tokens + deltas, "input_tokens": tokens, "output_tokens": deltas,
            "input_tokens_details": {"text_tokens": 20, "audio_tokens": tokens - 20},
            "output_tokens_details": {"text_tokens": 7, "audio_tokens": deltas - 7},
        }  # fmt: skip
        return self.server("response.done", 15.0, response=done)

    def close(self, code: int = 1000, reason: str = "", answer: int | None = 1000) -> Leg:
        self.frame(
            "client", "close", after=8.0, data=code.to_bytes(2, "big") + reason.encode("utf-8", "backslashreplace")
        )
        if answer is not None:
            self.frame("server", "close", after=22.0, data=answer.to_bytes(2, "big"))
        self.leg.ending = Ending(
            "client", code, reason, answer, "", answer is not None, 0.03, "fin" if answer else "timeout"
        )
        return self.leg


def transcript(name: str, *legs: Leg, **fields: Any) -> Transcript:
    return Transcript(name, "2026-10-05T02:00:01.250Z", list(legs), model=MODEL, seconds=4.2, **fields)


def conversations() -> list[Transcript]:
    """A small run: greeting, a refused finish, an audio reply, silence, and a session update that breaks its schema.

    It is played once in a process, and each who asks has transcripts of his own.
    """
    made: list[Transcript] = pickle.loads(_played())
    return made


@functools.cache
def _played() -> bytes:
    family = Stage().greet()
    unknown = {"type": "invalid_request_error", "code": "invalid_value", "message": "Invalid value: 'TYPE'."}
    for kind in ("session.finish", "session.update", "response.cancel", "conversation.item.delete", "session.close"):
        family.client(kind, label=kind)
        if kind == "session.update":
            family.server("session.updated", session=example("session.updated", "session"))
        elif kind != "session.close":
            family.server("error", error={**unknown, "message": f"Invalid value: '{kind}'."})
    refused = {"type": "invalid_request_error", "code": "invalid_value", "message": "Invalid value: 'session.finish'."}
    held = [
        transcript("connection/Sanity", Stage().greet().close()),
        transcript("closing/Idle", Stage().greet().close(1000, "bye"), path="close-1000-idle"),
        transcript(
            "closing/FinishIdle",
            Stage().greet().client("session.finish").server("error", 35.0, error=refused).close(),
        ),
        transcript("closing/JavaTimeout", Stage().greet().close(1011, "disconnect timeout", answer=None)),
        transcript(
            "vad/OneTurn",
            Stage().greet().stream(24).server("input_audio_buffer.speech_started", audio_start_ms=300, item_id="item_0")
            .stream(12).server("input_audio_buffer.speech_stopped", audio_end_ms=3100, item_id="item_0")
            .server("input_audio_buffer.committed", 2.0, item_id="item_0").reply().close(),
        ),
        transcript(
            "usage/Silence",
            *(
                Stage().greet().idle(seconds).stream(10)
                .server("input_audio_buffer.committed", item_id="item_0").reply(4, tokens=127 + seconds // 15).close()
                for seconds in (0, 15, 30)
            ),
        ),
        transcript("acceptance/Family", family.close()),
        transcript(
            "session/VoiceChange",
            Stage().greet().client("session.update", session={"voice": "Ethan"})
            .server("session.updated", 2400.0, session=example("session.updated", "session") | {"id": 17}).close(),
            Stage().greet().close(),
        ),
    ]  # fmt: skip
    return pickle.dumps(held)


# Two probes with conversations of this module's making, whatever the chapters do.
PROBES = {
    "Q-SILENCE-BILLED": {
        "level": "OBSERVE",
        "conversation": "usage/Silence",
        "where": "conformance/cases/test_10.py:9",
    },
    "Q-CLOSE-STATUS": {"level": "OBSERVE", "conversation": "closing/Idle", "where": "conformance/cases/test_11.py:9"},
}


@functools.cache
def catalogue() -> dict[str, Any]:
    """All that there is."""
    return {
        "clauses": [asdict(row) for row in clauses().values()],
        "questions": [{**asdict(row), "expected": row.expected} for row in questions().values()],
        "checks": {
            check.id: {"level": check.level, "conversation": check.conversation, "where": check.where}
            for check in load().checks.values()
        }
        | PROBES,
    }


def _part(known: set[str]) -> dict[str, Any]:
    """What of it a run knows that has these checks: their rows, and the clauses that no run can judge."""
    whole = catalogue()
    return {
        "clauses": [row for row in whole["clauses"] if row["id"] in known or row["excluded"]],
        "questions": [row for row in whole["questions"] if row["id"] in known],
        "checks": {key: check for key, check in whole["checks"].items() if key in known},
    }


def verdicts(lines: dict[str, Any], *, every: int = 6) -> list[dict[str, Any]]:
    """Verdicts of those that `lines` names, which are no plain passes, and of every `every`-th other check.

    A record knows only what it has a verdict of: one of all checks (`every=1`) costs four times as much to write, to
    read and to show, and most tests are about a few lines of it.
    """
    found = []
    for number, (check_id, check) in enumerate(catalogue()["checks"].items()):
        if number % every and check_id not in lines and check_id not in PROBES:
            continue
        said = {"id": check_id, "level": check["level"], "verdict": "pass", "detail": "", "seconds": 0.001}
        if check_id.startswith("Q-"):
            outcome = questions()[check_id].expected or "other"
            said |= {"verdict": "observed", "outcome": outcome, "detail": "as the reference"}
        found.append(said | lines.get(check_id, {}))
    return found


USUAL: dict[str, dict[str, Any]] = {
    "CLO-009": {"verdict": "fail", "detail": "no close frame came back; TCP ended by timeout"},
    "CLO-005": {"verdict": "fail", "detail": "no close frame came back; TCP ended by timeout"},
    "CLO-006": {"verdict": "fail", "detail": "no close frame came back; TCP ended by timeout"},
    "CLO-011": {"verdict": "fail", "detail": "neither session.finished nor error came"},
    "CON-003": {"verdict": "fail", "detail": "session.created came after 6,204 ms"},
    "CLO-007": {"verdict": "blocked", "detail": "response.text.delta never came (timeout)", "owner": "CON-003"},
    "ACC-003": {"verdict": "inconclusive", "detail": "the model did not answer"},
    "Q-FINISH": {
        "verdict": "observed",
        "outcome": "finished",
        "detail": '{"type": "session.finished"}',
    },
    "Q-UPDATE-MERGE": {"verdict": "not_run", "detail": "the budget of 60,000 tokens was spent"},
    "ACC-001": {"verdict": "skipped", "detail": "holds for qwen3.8 only; this model is of the qwen3.5 family"},
}


@functools.cache
def _read_back() -> bytes:
    """What `conversations` are as long as nobody has changed them or looked into their frames."""
    return pickle.dumps(conversations())


@functools.cache
def _written() -> bytes:
    """Their lines of a record: most records of tests hold these, and to pack their sound is most of the writing."""
    with tempfile.TemporaryDirectory() as folder:
        writer = RecordWriter(Path(folder) / "record.jsonl", Redactor(None))
        _write(writer, conversations())
        return writer.path.read_bytes()


def _write(writer: RecordWriter, held: list[Transcript]) -> None:
    for item in held:
        writer.write("conversation", **item.to_json())


def write(folder: Path, held: list[Transcript], said: list[dict[str, Any]], **options: Any) -> Path:
    """Write a record as a run does.  Options: `kind`, `endpoint`, `footer` (False: cut short), `key`, `run`, `end`,
    `recorded`."""
    path = folder / "record.jsonl"
    writer = RecordWriter(path, Redactor(options.get("key")))
    target = {
        "kind": options.get("kind", "live"), "endpoint": options.get("endpoint", "singapore"), "model": MODEL,
    }  # fmt: skip
    head = {
        "format": FORMAT, "target": target, "suite": {"version": "0.1.0"}, "started": STARTED,
        "command": "pytest conformance/ --endpoint singapore", "workspace": None,
        "budget": {"tokens": 60_000, "sessions": 130}, "quirks": [], "switches": {}, "sources": "2026-10-04",
    }  # fmt: skip
    writer.write("run", **{**head, **options.get("run", {})})
    writer.write("catalogue", **_part({line["id"] for line in said}))
    if options.get("key") is None and pickle.dumps(held) == _read_back():
        with path.open("ab") as file:
            file.write(_written())
    else:
        _write(writer, held)
    sessions = sum(len(item.legs) for item in held)
    if any(item.path for item in held):
        reading: dict[str, Any] = {
            "status": "failed_client", "attribution": "exact_id", "reader": "mock", "error": "ClientDisconnect",
            "rows": [], "usage": None, "why": "", "observed_at": 1_790_000_005_000, "lag_s": 1.0,
        }  # fmt: skip
        writer.write("status", reader="mock", readings={item.path: reading for item in held if item.path})
    recorded = {"conversations": len(held), "sessions": sessions, "not_held": {}, "infrastructure": None}
    writer.write("recorded", **{**recorded, "concurrency": 4, **options.get("recorded", {})})
    for line in said:
        writer.write("verdict", **line)
    if options.get("footer", True):
        writer.write("footer", interrupted=False, seconds=71.4, **options.get("end", {}))
    assert writer.problem is None
    return path


def usual(folder: Path, **options: Any) -> Record:
    """The small run, read back."""
    return read(write(folder, conversations(), verdicts(USUAL), **options))


def big(folder: Path, held: int = 150, frames: int = 150) -> Record:
    """A run of this many conversations of this many frames each, half of them audio."""
    many = []
    for number in range(held):
        stage = Stage().greet()
        stage.stream((frames - 6) // 3, f"big {number}").reply((frames - 6) // 3 - 1)
        many.append(transcript(f"big/Conversation{number}", stage.close()))
    return read(write(folder, many, verdicts(USUAL, every=1)))
