"""A record of the suite's own that is too large to be read whole is read one conversation at a time."""

from __future__ import annotations

import base64
import json
import tracemalloc
from pathlib import Path

import pytest

from conformance.intake import record as intake
from conformance.intake.record import Imported, opened
from conformance.report import payloads, record
from conformance.report.record import FORMAT, Record, RecordWriter, conversations, read
from conformance.report.redact import Redactor
from conformance.wire.transcript import Frame, Leg, Transcript
from support import records

EACH = 40_000  # bytes of sound in a conversation
HELD = 60


def text(number: int, start: int = 0, end: int = EACH) -> str:
    sound = records.noise(EACH, str(number))[start:end]
    return json.dumps({"type": "input_audio_buffer.append", "audio": base64.b64encode(sound).decode()})


def texts(number: int) -> list[str]:
    """A sound of its own, the one before, and a part of its own, cut otherwise."""
    return [text(number), text(number - 1), text(number, 640, 1280)]


def written(folder: Path, count: int) -> Path:
    """So many conversations."""
    writer = RecordWriter(folder / "record.jsonl", Redactor(None))
    target = {"kind": "live", "endpoint": "singapore", "model": records.MODEL}
    writer.write("run", format=FORMAT, target=target, suite={"version": "0.1.0"}, started=records.STARTED)
    for number in range(count):
        frames = [Frame(place, "client", 1.0, "text", said) for place, said in enumerate(texts(number))]
        held = Transcript(f"a/{number}", records.STARTED, [Leg("ws://x", frames=frames)], model=records.MODEL)
        writer.write("conversation", **held.to_json())
    return writer.path


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds, a hundred times smaller."""
    monkeypatch.setattr(intake, "LARGEST", record.LARGEST // 100)
    monkeypatch.setattr(payloads, "WINDOW", payloads.WINDOW // 100)
    monkeypatch.setattr(payloads, "MOST", payloads.MOST // 100)
    monkeypatch.setattr(record, "LONGEST", record.LONGEST // 100)


def sounds(transcript: Transcript) -> list[str | None]:
    return [frame.text for frame in transcript.legs[0].frames]


@pytest.mark.usefixtures("small")
def test_every_sound_is_put_back_however_it_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, HELD)
    kinds = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert any(line.get("anew") for line in kinds)  # the writer forgot on its way
    whole = list(read(path).transcripts.values())
    for number, (one, other) in enumerate(zip(conversations(path), whole, strict=True)):
        assert sounds(one) == sounds(other) == texts(number)


@pytest.mark.usefixtures("small")
def test_past_the_bound_it_is_a_recording_and_below_a_record(tmp_path: Path) -> None:
    path = written(tmp_path, HELD)
    assert path.stat().st_size > intake.LARGEST
    found = opened(path)
    assert isinstance(found, Imported)
    assert sum(1 for _ in found.transcripts()) == HELD
    (tmp_path / "less").mkdir()
    assert isinstance(opened(written(tmp_path / "less", 2)), Record)


@pytest.mark.usefixtures("small")
def test_twice_the_record_takes_no_more_memory(tmp_path: Path) -> None:
    peaks = []
    for count in (HELD // 2, HELD):
        (tmp_path / str(count)).mkdir()
        path = written(tmp_path / str(count), count)
        tracemalloc.start()
        assert sum(1 for _ in conversations(path)) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0], peaks


@pytest.mark.usefixtures("small")
def test_what_can_not_be_read_is_trouble_by_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, 2)
    whole = path.read_text("utf-8").splitlines()
    odd = whole[2].replace('"legs":', '"lags":')
    long = json.dumps({"kind": "conversation", "conversation": "b/Long", "x": "y" * record.LONGEST})
    path.write_text("\n".join([*whole[:2], odd, long, *whole[3:]]) + "\n", encoding="utf-8")
    first, second, last = conversations(path)
    assert (first.conversation, first.model) == ("a/0", records.MODEL)
    assert "line 3 of the record can't be read: `legs` is missing" in str(first.trouble)
    assert (second.conversation, second.trouble) == (
        "line 4", "line 4 of the record can't be read: it has more than 0.4 MB",
    )  # fmt: skip
    assert last.trouble is None


@pytest.mark.usefixtures("small")
def test_of_sounds_there_may_be_so_many_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, 8)
    assert [one.trouble for one in conversations(path)] == [None] * 8
    monkeypatch.setattr(payloads, "MOST", 5 * (EACH + 640))
    read_whole = [one.trouble is None for one in conversations(path)]
    assert read_whole == [True] * 4 + [False] + [True] * 3  # the writer forgot what stood before the sixth
