"""What a connection keeps holds no secret, and says where the server quoted one."""

import asyncio
import base64
import contextlib
import json
from dataclasses import replace

import pytest

from conformance.cut import MASK
from conformance.secrets import Secrets
from conformance.spec.profiles import profile_for
from conformance.wire import close, pause, until
from conformance.wire.call import Dial
from conformance.wire.conversation import Conversation
from conformance.wire.guard import NOTED, Guard
from conformance.wire.holding import hold
from conformance.wire.target import Target, resolve
from conformance.wire.transcript import Echo, Frame, Handshake, Opcode, Side, Transcript

KEY = "sk-4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c"
OTHER = "a-prometheus-password"
MODEL = "qwen3.5-omni-flash-realtime"


def guard(frames: list[Frame] | None = None, sent: str = KEY) -> Guard:
    return Guard(Secrets([KEY, OTHER]), [sent], frames)


def masked(
    one: Guard, index: int, side: Side, opcode: Opcode, text: str | None, data: bytes
) -> tuple[str | None, bytes]:
    frame = one.frame(Frame(index, side, 0.0, opcode, text, data))
    return frame.text, frame.data


def heard(one: Guard, frames: list[Frame], *texts: str) -> None:
    for text in texts:
        kept, data = masked(one, len(frames), "server", "text", text, b"")
        frames.append(Frame(len(frames), "server", 0.0, "text", kept, data))


def delta(words: str, kind: str = "response.text.delta") -> str:
    return json.dumps({"type": kind, "delta": words})


def test_a_text_is_masked_and_stays_json() -> None:
    one = guard()
    kept, _ = masked(one, 3, "server", "text", json.dumps({"type": "error", "message": f"\tno: {KEY}"}), b"")
    assert json.loads(kept or "") == {"type": "error", "message": f"\tno: {MASK}"}
    assert one.echoes == [Echo("frame", 3, "plain", whole=True)]


def test_another_secret_of_the_run_is_masked_and_is_no_quote_of_the_key() -> None:
    one = guard()
    assert masked(one, 0, "server", "text", OTHER, b"") == (MASK, b"")
    assert one.echoes == []


def test_a_part_of_the_key_is_masked_and_told_as_a_part() -> None:
    one = guard()
    assert masked(one, 0, "server", "text", f"{KEY[:12]}***", b"") == (f"{MASK}***", b"")
    assert [echo.whole for echo in one.echoes] == [False]


@pytest.mark.parametrize("opcode", ["binary", "ping", "pong", "close", "text"])
def test_bytes_are_searched(opcode) -> None:
    one = guard()
    payload = b"\x03\xe8\xff" + base64.b64encode(KEY.encode())
    _, kept = masked(one, 0, "server", opcode, None, payload)
    assert kept.startswith(b"\x03\xe8\xff" + MASK.encode())
    assert one.echoes == [Echo("frame", 0, "Base64", whole=True)]


def test_the_answer_to_a_ping_is_masked_and_is_no_quote_of_the_server() -> None:
    one = guard()
    assert masked(one, 0, "client", "pong", None, KEY.encode()) == (None, MASK.encode())
    assert one.echoes == []


@pytest.mark.parametrize("at", [1, 4, 7, 8, 20, len(KEY) - 7, len(KEY) - 1])
def test_a_key_over_two_deltas_is_masked_in_both(at: int) -> None:
    frames: list[Frame] = []
    one = guard(frames)
    audio = delta("AAAA", "response.audio.delta")
    heard(one, frames, delta(f"it is {KEY[:at]}"), audio, delta(f"{KEY[at:]}, is it?"))
    assert [json.loads(frame.text or "")["delta"] for frame in frames] == [
        f"it is {MASK}", "AAAA", f"{MASK}, is it?"]  # fmt: skip
    assert Echo("frame", 2, "plain, over two frames", whole=True) in one.echoes


def test_of_a_short_key_the_halves_are_too_short_to_be_told_alone_and_are_masked_together() -> None:
    frames: list[Frame] = []
    one = Guard(Secrets(["short-key-12"]), ["short-key-12"], frames)
    heard(one, frames, delta("<short-"), delta("key-12>"), delta("key-12>"))
    assert [json.loads(frame.text or "")["delta"] for frame in frames] == [f"<{MASK}", f"{MASK}>", "key-12>"]


def test_a_key_in_hex_over_two_deltas_is_masked_in_both() -> None:
    frames: list[Frame] = []
    written = KEY.encode().hex()
    heard(guard(frames), frames, delta(written[:15]), delta(written[15:]))
    assert [json.loads(frame.text or "")["delta"] for frame in frames] == [MASK, MASK]


def test_deltas_that_do_not_meet_stay_as_they_are() -> None:
    frames: list[Frame] = []
    texts = [delta(KEY[:7]), delta(f" {KEY[7:14]}"), delta(KEY[:7], "a"), delta(KEY[7:14], "b")]
    heard(guard(frames), frames, *texts)
    assert [frame.text for frame in frames] == texts


def test_a_probe_s_key_is_noted_when_it_is_whole_and_stays() -> None:
    probe = "a-wrong-key-of-a-probe"
    one = guard(sent=probe)
    assert masked(one, 0, "server", "text", probe, b"") == (probe, b"")
    assert masked(one, 1, "server", "text", probe[:-1], b"") == (probe[:-1], b"")
    assert [(echo.at, echo.whole) for echo in one.echoes] == [(0, True)]


def test_a_handshake_is_masked_everywhere() -> None:
    one = guard()
    done = one.handshake(
        Handshake(
            401, 1.0, (("X-Mine", KEY),), (("WWW-Authenticate", f"Bearer {KEY}"), ("X-A", "b")), f"no: {KEY}", KEY
        )
    )
    assert done.request_headers == (("X-Mine", MASK),)
    assert done.response_headers == (("WWW-Authenticate", f"Bearer {MASK}"), ("X-A", "b"))
    assert (done.body, done.problem) == (f"no: {MASK}", MASK)
    assert one.echoes == [
        Echo("header", "WWW-Authenticate", "plain", whole=True), Echo("body", "", "plain", whole=True)]  # fmt: skip


def test_a_flood_of_keys_is_noted_for_a_while() -> None:
    one = guard()
    masked(one, 0, "server", "text", f"{KEY} {KEY} ", b"")
    assert len(one.echoes) == 1
    for number in range(NOTED + 1):
        masked(one, number, "server", "text", KEY, b"")
    assert len(one.echoes) == NOTED


def test_without_secrets_nothing_changes() -> None:
    assert masked(Guard(), 0, "server", "text", KEY, b"") == (KEY, b"")


# -- on a socket


async def held(answer, dial: Dial | None = None, **changes) -> Transcript:
    """A conversation with a server that answers the request with `answer(request, key)`: bytes, as they are."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            request = await reader.readuntil(b"\r\n\r\n")
            writer.write(answer(request))
            await writer.drain()
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        target = resolve(
            f"ws://user:{OTHER}@127.0.0.1:{port}/x?api_key=query-{KEY[:5]}", model=MODEL, key=KEY, workspace=None
        )
        target = replace(target, deadlines=replace(target.deadlines, answer=50, quiet=50, close=50))
        return await hold(
            Conversation("x", script=lambda profile: [until("session.created"), pause(20), close(1000)],
                         dial=dial or Dial()),
            target, profile_for(MODEL),
        )  # fmt: skip


def all_of(transcript: Transcript) -> str:
    frames = [frame.data for leg in transcript.legs for frame in leg.frames]
    return json.dumps(transcript.to_json(), ensure_ascii=False) + repr(frames)


async def test_a_refusal_that_quotes_everything_keeps_nothing() -> None:
    def refuse(request: bytes) -> bytes:
        assert KEY.encode() in request
        return b"HTTP/1.1 401 Unauthorized\r\nX-Seen: %s\r\nContent-Length: %d\r\n\r\n%s" % (
            KEY.encode(), len(request), request)  # fmt: skip

    transcript = await held(refuse)
    assert not Secrets([KEY, OTHER, f"query-{KEY[:5]}"]).found(all_of(transcript))
    assert {(echo.place, echo.at) for echo in transcript.legs[0].echoes or ()} == {("header", "X-Seen"), ("body", "")}
    assert transcript.trouble is not None
    assert MASK in transcript.trouble
    again = Transcript.from_json(json.loads(json.dumps(transcript.to_json())))
    assert again.legs[0].echoes == transcript.legs[0].echoes


async def test_garbage_that_quotes_the_key_keeps_nothing() -> None:
    transcript = await held(lambda request: f"{KEY} is no HTTP\r\n\r\n".encode())
    assert transcript.legs[0].handshake.problem is not None
    assert not Secrets([KEY]).found(all_of(transcript))


def test_an_old_record_has_no_echoes_and_is_read() -> None:
    transcript = Transcript("x", "2026-01-01T00:00:00Z", legs=[])
    line = {**transcript.to_json(), "legs": [{
        "url": "", "opened_at_ms": 0, "closed_at_ms": 0, "frames": [], "ending": {},
        "handshake": {"status": 101, "ms": 0.0, "request_headers": [], "response_headers": [], "body": ""},
    }]}  # fmt: skip
    assert Transcript.from_json(line).legs[0].echoes is None


def test_a_target_shows_no_secret() -> None:
    target: Target = resolve(f"ws://user:{OTHER}@127.0.0.1:1/x?token=query-{KEY}", model=MODEL, key=KEY, workspace=None)
    assert not target.secrets.found(repr(target))
    assert "127.0.0.1" in target.name
    assert target.address().startswith(f"ws://user:{OTHER}@127.0.0.1:1/x?token=query-{KEY}&model=")
