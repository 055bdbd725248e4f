"""Audio is kept once and put back to the letter; what can't be put back is damage, never another text."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from conformance.cut import MASK
from conformance.report.payloads import SHORTEST, Keeper, PayloadError, Restorer
from conformance.report.record import FORMAT, Record, RecordWriter, conversations, read
from conformance.report.redact import Redactor
from conformance.wire.transcript import Frame, Leg, Transcript
from support import records

SOUND = records.noise(9600, "sound")


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def append(audio: str) -> str:
    return json.dumps({"type": "input_audio_buffer.append", "audio": audio})


def said(name: str, *texts: str) -> Transcript:
    frames = [Frame(number, "client", float(number), "text", text) for number, text in enumerate(texts)]
    return Transcript(name, "2026-10-05T02:00:01.250Z", [Leg("ws://x", frames=frames)])


def written(folder: Path, *held: Transcript, key: str | None = None) -> Path:
    """A record without a catalogue, which would be most of it."""
    writer = RecordWriter(folder / "record.jsonl", Redactor(key))
    target = {"kind": "live", "endpoint": "singapore", "model": records.MODEL}
    writer.write("run", format=FORMAT, target=target, suite={"version": "0.1.0"}, started=records.STARTED)
    for item in held:
        writer.write("conversation", **item.to_json())
    return writer.path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def texts(record: Record, name: str) -> list[str | None]:
    return [frame.text for frame in record.transcripts[name].legs[0].frames]


def change(path: Path, kind: str, edit: Any) -> Path:
    changed = []
    for line in lines(path):
        if line["kind"] == kind:
            edit(line)
        changed.append(json.dumps(line))
    path.write_text("\n".join(changed) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        append(b64(SOUND)),
        append(b64(SOUND[:-1])),  # an odd number of bytes
        json.dumps({"a": b64(SOUND[:300]), "b": [b64(SOUND[300:700]), b64(SOUND[:300])]}),
        append(b64(SOUND)) + " ",
        append(b64(SOUND)[:-3]),  # no Base64
        append(b64(SOUND[:300])[:-2] + "Z="),  # Base64 of the same bytes, but not as they are written
        append("ü" * 400),
        append("A" * 399),
        b64(SOUND),  # no JSON at all
        '"' * 600,
        f'{{"said":"\\"{b64(SOUND)}\\""}}',
        append("A" * SHORTEST),
    ],
    ids=range(12),
)
def test_what_is_read_is_what_was_written(text: str, tmp_path: Path) -> None:
    path = written(tmp_path, said("a", text), said("b", "{}", text))
    record = read(path)
    assert record.damage == []
    assert (texts(record, "a"), texts(record, "b")) == ([text], ["{}", text])


def test_a_whole_run_reads_the_same_from_either_form(tmp_path: Path) -> None:
    new = written(tmp_path, *records.conversations())
    old = tmp_path / "old.jsonl"
    rewritten = [{**line, "format": 1} if line["kind"] == "run" else line for line in lines(new)]
    plain = {item.conversation: {"kind": "conversation", **item.to_json()} for item in records.conversations()}
    rewritten = [
        plain[line["conversation"]] if line["kind"] == "conversation" else line
        for line in rewritten
        if line["kind"] != "payloads"
    ]
    old.write_text("".join(json.dumps(line) + "\n" for line in rewritten), encoding="utf-8")
    assert read(new).damage == read(old).damage == []
    assert read(new).transcripts == read(old).transcripts
    held = {item.conversation: item.legs for item in records.conversations()}
    assert {name: item.legs for name, item in read(new).transcripts.items()} == held


def test_a_payload_is_written_once(tmp_path: Path) -> None:
    text = append(b64(SOUND))
    path = written(tmp_path, said("a", text, text), said("b", text))
    kinds = [line["kind"] for line in lines(path)]
    assert kinds.count("payloads") == 1
    assert kinds.index("payloads") == kinds.index("conversation") - 1
    assert b64(SOUND)[:100] not in path.read_text("utf-8")


def test_speech_cut_into_other_packets_is_not_kept_again(tmp_path: Path) -> None:
    whole = append(b64(SOUND))
    shifted = append(b64(SOUND[3200 * 2 - 640 : 3200 * 2]))
    path = written(tmp_path, said("a", whole), said("b", shifted))
    _, again = (line for line in lines(path) if line["kind"] == "payloads")
    assert [part["at"] for part in again["parts"]] == [3200 * 2 - 640]
    assert zlib.decompress(base64.b64decode(again["deflated"])) == b""
    assert texts(read(path), "b") == [shifted]


@pytest.mark.parametrize(("length", "kept"), [(SHORTEST - 4, False), (SHORTEST, True)])
def test_a_short_one_stays_in_the_text(length: int, kept: bool) -> None:
    payloads, conversation = Keeper(lambda text: text).take(said("a", append(b64(bytes(length * 3 // 4)))).to_json())
    assert (payloads is not None, isinstance(conversation["legs"][0]["frames"][0]["text"], list)) == (kept, kept)


def test_a_key_in_a_sound_is_masked_where_it_stands(tmp_path: Path) -> None:
    key = "sk-0123456789abcdef"
    path = written(tmp_path, said("a", append(b64(SOUND + key.encode() + SOUND)), append(b64(SOUND))), key=key)
    first, second = texts(read(path), "a")
    assert first is not None
    assert MASK in first
    assert second == append(b64(SOUND))
    for line in lines(path):
        if line["kind"] == "payloads":
            row = zlib.decompress(base64.b64decode(line["deflated"]))
            assert sum(part["bytes"] for part in line["parts"]) == len(row) == len(SOUND)


def _longer(line: dict[str, Any]) -> None:
    line["parts"][0]["bytes"] += 2


def _other(line: dict[str, Any]) -> None:
    line["parts"][0]["digest"] = "A" * 22


def _negative(line: dict[str, Any]) -> None:
    line["parts"].append({"digest": "A" * 22, "bytes": -len(SOUND)})


def _cut(line: dict[str, Any]) -> None:
    line["deflated"] = line["deflated"][:-8]


def _no_base64(line: dict[str, Any]) -> None:
    line["deflated"] = "é"


def _elsewhere(line: dict[str, Any]) -> None:
    line["parts"][0]["at"] = 10**9


@pytest.mark.parametrize("edit", [_longer, _other, _negative, _cut, _no_base64, _elsewhere])
def test_damaged_payloads_are_named_and_take_nothing_else_along(edit: Any, tmp_path: Path) -> None:
    path = change(written(tmp_path, said("a", append(b64(SOUND))), said("b", "{}")), "payloads", edit)
    record = read(path)
    assert [words.split(":")[0] for words in record.damage] == [
        "line 2 is no `payloads` line",
        "line 3 is no transcript",
    ]
    assert list(record.transcripts) == ["b"]


@pytest.mark.parametrize("value", [None, 7, -1, "x", [], {}, [None], True, 10**30])
@pytest.mark.parametrize("name", ["digest", "bytes", "at", "deflated", "parts"])
def test_whatever_stands_there_the_record_is_read(name: str, value: Any, tmp_path: Path) -> None:
    def edit(line: dict[str, Any]) -> None:
        (line if name in line else line["parts"][0])[name] = value

    record = read(change(written(tmp_path, said("a", append(b64(SOUND))), said("b", "{}")), "payloads", edit))
    assert record.damage
    assert "b" in record.transcripts


@pytest.mark.parametrize("text", [["a", 1, "b"], ["a", "unknown", "b"]])
def test_a_text_that_cannot_be_made_whole_is_damage(text: list[Any], tmp_path: Path) -> None:
    def edit(line: dict[str, Any]) -> None:
        line["legs"][0]["frames"][0]["text"] = text

    record = read(change(written(tmp_path, said("a", "{}")), "conversation", edit))
    assert record.transcripts == {}
    assert len(record.damage) == 1


def test_a_small_record_does_not_become_a_large_one() -> None:
    sound = bytes(10_000)
    payloads, conversation = Keeper(lambda text: text).take(said("a", *[append(b64(sound))] * 10).to_json())
    assert payloads is not None
    needed = len(sound) + 10 * len(b64(sound))
    for largest, fits in ((needed, True), (needed - 1, False)):
        restorer = Restorer(largest)
        restorer.learn(payloads)
        if fits:
            restorer.restore(json.loads(json.dumps(conversation)))
        else:
            with pytest.raises(PayloadError, match="come to more"):
                restorer.restore(json.loads(json.dumps(conversation)))


def test_conversations_are_read_one_at_a_time_as_well(tmp_path: Path) -> None:
    path = written(tmp_path, *records.conversations())
    assert list(conversations(path)) == list(read(path).transcripts.values())


def test_a_secret_in_the_record_of_others_is_masked_where_it_is_put_back(tmp_path: Path) -> None:
    key = "sk-0123456789abcdef"
    path = written(tmp_path, said("a", append(b64(SOUND + key.encode()))))
    (found,) = texts(read(path, mask=Redactor(key).line), "a")
    assert found is not None
    assert MASK in found


def test_bytes_beyond_what_is_said_are_not_unpacked() -> None:
    bomb = base64.b64encode(zlib.compress(bytes(10_000_000))).decode()
    with pytest.raises(PayloadError, match="not as long"):
        Restorer(1000).learn({"parts": [{"digest": "A" * 22, "bytes": 10}], "deflated": bomb})


def test_a_secret_that_is_packed_by_chance_spoils_nothing(tmp_path: Path) -> None:
    text = append(b64(SOUND))
    plain = written(tmp_path, said("a", text))
    by_chance = next(line["deflated"] for line in lines(plain) if line["kind"] == "payloads")[100:106]
    plain.unlink()
    record = read(written(tmp_path, said("a", text), key=by_chance))
    assert record.damage == []
    assert texts(record, "a") == [text]
