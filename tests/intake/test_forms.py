"""Each form is recognised by its content and read to the same conversation, with the gaps that it has."""

from __future__ import annotations

import base64
import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.intake import Unread, connections, export
from conformance.wire.transcript import Transcript
from support import recordings

SPELLINGS: dict[str, Any] = {
    "direction and event, seconds": lambda side, at, event: {
        "direction": "send" if side == "client" else "receive", "event": event, "time": (recordings.BEGAN + at) / 1000,
    },
    "arrows and text, ms": lambda side, at, event: {
        "dir": "→" if side == "client" else "←", "data": json.dumps(event), "ts": recordings.BEGAN + at,
    },
    "type and event, ISO 8601": lambda side, at, event: {
        "type": "out" if side == "client" else "in", "event": event,
        "timestamp": dt.datetime.fromtimestamp((recordings.BEGAN + at) / 1000, dt.UTC).isoformat(),
    },
    "who and Base64, a unit in the name": lambda side, at, event: {
        "from": side, "payload": base64.b64encode(json.dumps(event).encode()).decode(), "t_ms": at,
    },
    "the event itself with its time": lambda side, at, event: {"time": recordings.BEGAN + at, **event},
    "the event itself, a side beside it": lambda side, at, event: {
        "direction": "client_to_server" if side == "client" else "server_to_client", "at_s": at / 1000, **event,
    },
}  # fmt: skip


def read(tmp_path: Path, content: str | bytes, **options: Any) -> list[Transcript]:
    path = tmp_path / "recording"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(connections(path, **options))


def same(found: Transcript) -> None:
    """The frames are those of the call, but for audio that was left out and control frames."""
    frames = [frame for frame in found.legs[0].frames if frame.opcode == "text"]
    wanted = recordings.events()
    assert [(frame.side, frame.type) for frame in frames] == [(side, event["type"]) for side, _, event in wanted]
    for frame, (_, _, event) in zip(frames, wanted, strict=True):
        if not frame.gap:
            assert frame.event == event
    assert found.model == "qwen3.5-omni-flash-realtime"


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_json_lines_in_their_spellings(spelling: str, tmp_path: Path) -> None:
    (found,) = read(tmp_path, recordings.json_lines(SPELLINGS[spelling]))
    same(found)
    assert found.gaps == ("close", "handshake", "audio")
    frames = found.legs[0].frames
    assert frames[-1].at - frames[0].at == pytest.approx(recordings.events()[-1][1] - recordings.events()[0][1], abs=1)


def test_audio_is_kept_when_asked_for(tmp_path: Path) -> None:
    (found,) = read(tmp_path, recordings.json_lines(SPELLINGS["arrows and text, ms"]), keep_audio=True)
    assert "audio" not in found.gaps
    assert [frame.event for frame in found.legs[0].frames] == [event for _, _, event in recordings.events()]


def test_json_lines_of_ours_carry_handshake_and_end(tmp_path: Path) -> None:
    (found,) = read(tmp_path, "".join(export.json_lines([recordings.call()])), keep_audio=True)
    same(found)
    assert found.gaps == ()
    assert found.legs[0].ending == recordings.call().legs[0].ending
    assert found.legs[0].handshake.status == 101


def test_har_shows_the_handshake_and_no_end(tmp_path: Path) -> None:
    (found,) = read(tmp_path, export.har([recordings.call()]))
    same(found)
    assert found.gaps == ("close", "audio")
    assert found.legs[0].url.startswith("wss://example.invalid")


@pytest.mark.parametrize("unit", [1, 1000])
def test_times_of_a_har_are_seconds_of_browsers_or_ms_of_playwright(unit: int, tmp_path: Path) -> None:
    har = json.loads(export.har([recordings.call()]))
    for message in har["log"]["entries"][0]["_webSocketMessages"]:
        message["time"] *= unit
    (found,) = read(tmp_path, json.dumps(har))
    wanted = recordings.events()
    assert found.seconds == pytest.approx((wanted[-1][1] - wanted[0][1]) / 1000, abs=0.001)


def test_several_connections_become_several_conversations(tmp_path: Path) -> None:
    calls = [recordings.call(), recordings.call()]
    lines = [list(export.json_lines([call])) for call in calls]
    second = [line.replace('"connection": 1', '"connection": 2') for line in lines[1]]
    woven = "".join(one for pair in zip(lines[0], second, strict=True) for one in pair)
    for content in (woven, export.har(calls)):
        found = read(tmp_path, content)
        assert [one.conversation for one in found] == ["recording/1", "recording/2"]
        for one in found:
            same(one)


def test_a_list_of_server_events_has_no_client_and_no_times(tmp_path: Path) -> None:
    told = [event for side, _, event in recordings.events() if side == "server"]
    lines = "".join(json.dumps(event) + "\n" for event in told)
    for content in (json.dumps(told, indent=1), lines, json.dumps({"call": 7, "events": told})):
        (found,) = read(tmp_path, content)
        assert [frame.type for frame in found.legs[0].frames] == [event["type"] for event in told]
        assert found.gaps == ("times", "client", "close", "handshake", "audio")


@pytest.mark.parametrize("clock", [False, True])
def test_what_was_on_the_screen(clock: bool, tmp_path: Path) -> None:
    (found,) = read(tmp_path, recordings.terminal(clock=clock))
    same(found)
    assert ("times" in found.gaps) is not clock
    assert "close" in found.gaps
    assert "model=" in found.legs[0].url


def test_the_log_of_the_sdk_is_cut_where_the_sdk_cuts_it(tmp_path: Path) -> None:
    (found,) = read(tmp_path, recordings.sdk_log())
    same(found)
    assert {"cut", "close", "handshake"} <= set(found.gaps)
    assert "times" not in found.gaps


def test_an_append_in_the_log_of_the_sdk_has_a_length_only(tmp_path: Path) -> None:
    head, *rest = recordings.sdk_log().splitlines(keepends=True)
    said = head.partition("[omni")[0] + "[omni realtime] append audio: 4268\n"
    (found,) = read(tmp_path, head + said + "".join(rest))
    sent = found.legs[0].frames[1]
    assert (sent.side, sent.type, sent.event["audio"].size) == ("client", "input_audio_buffer.append", 3201)


def test_two_sessions_at_once_in_one_log_are_not_guessed_apart(tmp_path: Path) -> None:
    log = recordings.sdk_log().splitlines(keepends=True)
    greeting = next(line for line in log if '"session.created"' in line)
    middle = next(place for place, line in enumerate(log) if '"response.audio.delta"' in line)
    with pytest.raises(Unread, match=r"line .*two sessions at once"):
        read(tmp_path, "".join([*log[: middle + 1], greeting, *log[middle + 1 :]]))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        (
            '{\n "format": 1,\n "target": {\n  "kind": "mock"\n }\n}',
            "this is a run's summary.json, which holds no frames; its record.jsonl beside it does",
        ),
        ("# Notes of a call\n", "line 1: this fits no form: '# Notes of a call'; a recording is a record of"),
        ('{"note":1}\n{"level":"info","msg":"over"}\n', "line 1: nothing here is a message; the nearest"),
        ('{"data":{"type":"mystery"}}\n', "line 1: nothing says who sent this; the nearest form is"),
        ('{"type":"session.created","session":{}}\noops\n{"type":"error"}\n', "line 2: this is no JSON: 'oops'"),
        ('{"log":{"entries":[{"request":{"url":"https://x"}}]}}', "no entry of it has `_webSocketMessages`"),
        ('{"log":{"entries":[\n{"_webSocketMessages":[{"type":"sent"}]}]}}', "line 2: a WebSocket message of a HAR"),
        ('{"log":{"entries":[{"_webSocketMessages":[', "the JSON is cut off"),
        ("1823:9:websocket;", "mitmdump -nr FLOWS --set hardump=FILE.har"),
        (b"\x1f\x8b\x08\x00", "this is compressed; unpack it first"),
        ('> {"type":"session.update"}\n{"type":"session.created"}\n', "line 2: nothing says who sent this; each"),
        ("[7]", "line 1: there is no object here"),
        ("[]", "no message is in it"),
    ],
)  # fmt: skip
def test_what_fits_nothing_is_told_with_its_line(content: str | bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(Unread) as told:
        read(tmp_path, content)
    assert words in str(told.value)
    assert str(told.value).startswith(str(tmp_path / "recording"))


def test_a_last_line_that_was_cut_off_is_no_reason_to_read_nothing(tmp_path: Path) -> None:
    (found,) = read(tmp_path, recordings.json_lines(SPELLINGS["arrows and text, ms"]) + '{"dir": "→", "da')
    same(found)


def test_what_an_application_says_beside_its_messages_is_passed_over(tmp_path: Path) -> None:
    lines = recordings.json_lines(SPELLINGS["arrows and text, ms"]).splitlines(keepends=True)
    other = ['{"level": "info", "msg": "connected"}\n', '{"elapsed": 7}\n']
    (found,) = read(tmp_path, "".join([other[0], *lines[:3], *other, *lines[3:]]))
    same(found)


def test_keys_are_taken_out_whatever_is_kept(tmp_path: Path) -> None:
    key = "sk-0123456789abcdef0123456789abcdef"
    call = recordings.call()
    leg = call.legs[0]
    leg.url += f"&api_key={key}"
    leg.handshake = type(leg.handshake)(101, 1.0, (("Authorization", f"Bearer {key}"), ("X-Note", key)))
    leg.frames[1] = replace(leg.frames[1], text=json.dumps({"type": "x", "key": key}))
    for content in ("".join(export.json_lines([call])), export.har([call])):
        (found,) = read(tmp_path, content, keep_audio=True)
        assert key not in json.dumps(found.to_json())
        assert "[masked]" in json.dumps(found.to_json())
