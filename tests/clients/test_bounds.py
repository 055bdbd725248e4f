"""Every figure of a client's clause, just inside and just outside."""

from __future__ import annotations

import base64
import json
import math
from array import array
from typing import Any

import pytest

from conformance import fixtures
from conformance.clients import hearing
from conformance.clients.judging import judge
from conformance.clients.rules import audio, images
from conformance.wire.transcript import Ending, Frame, Handshake, Leg, Transcript

URL = "ws://x/api-ws/v1/realtime?model=qwen3.5-omni-flash-realtime"
UP = Handshake(101, 0.0)
DONE = Ending("client", 1000, "", 1000, clean=True)
Said = tuple[str, float, Any]
MANUAL = {"session": {"turn_detection": None}}


def leg(*said: Said, ending: Ending = DONE, opened: int = 0, closed: int = 0, status: int = 101) -> Leg:
    """`(">" or "<", ms, event)`; a str is a type, bytes are a ping (`<`) or a pong (`>`)."""
    frames = []
    for index, (mark, at, what) in enumerate(said):
        side: Any = "client" if mark == ">" else "server"
        if isinstance(what, bytes):
            frames.append(Frame(index, side, at, "pong" if mark == ">" else "ping", None, what))
        else:
            event = {"type": what} if isinstance(what, str) else what
            frames.append(Frame(index, side, at, "text", json.dumps(event)))
    return Leg(URL, opened, closed, Handshake(status, 0.0), frames, ending)


def verdict(clause: str, *legs: Leg) -> str:
    return judge([Transcript("client/x", "", list(legs))])[clause].verdict


def append(pcm: bytes) -> dict[str, Any]:
    return {"type": "input_audio_buffer.append", "audio": base64.b64encode(pcm).decode()}


def image(data: bytes) -> dict[str, Any]:
    return {"type": "input_image_buffer.append", "image": base64.b64encode(data).decode()}


@pytest.mark.parametrize(("times", "says"), [(2, "pass"), (3, "fail")])
def test_a_refused_key_is_tried_once_more(times: int, says: str) -> None:
    assert verdict("CLI-004", *(leg(status=401, opened=n * 9000) for n in range(times))) == says


@pytest.mark.parametrize(("waited", "says"), [(1000, "pass"), (999, "fail")])
def test_throttling_asks_for_a_second(waited: int, says: str) -> None:
    assert verdict("CLI-005", leg(status=429), leg(opened=waited)) == says
    told = Ending("server", 1011, "", 1011, "To many requests. Your requests are being throttled...", clean=True)
    assert verdict("CLI-005", leg(ending=told), leg(opened=waited)) == says


@pytest.mark.parametrize(("times", "says"), [(2, "pass"), (3, "fail")])
def test_a_denial_is_met_twice(times: int, says: str) -> None:
    denied = leg(("<", 0, {"code": "AccessDenied", "message": "Access denied"}), ending=Ending("server"))
    assert verdict("CLI-006", *[denied] * times) == says


@pytest.mark.parametrize(("back", "gap", "says"), [(2, 499, "pass"), (3, 499, "fail"), (3, 500, "pass")])
def test_losses_are_followed_by_pauses(back: int, gap: int, says: str) -> None:
    lost = [leg(ending=Ending("server"), opened=n * gap, closed=n * gap) for n in range(back)]
    assert verdict("CLI-007", *lost, leg(opened=back * gap)) == says


def test_sessions_side_by_side_are_no_reconnects() -> None:
    lost = [leg(ending=Ending("server"), opened=n, closed=5000) for n in range(6)]
    assert verdict("CLI-007", *lost) == "pass"


@pytest.mark.parametrize(("later", "says"), [(1000, "skipped"), (1001, "fail")])
def test_who_leaves_at_once_need_not_have_read_a_ping(later: float, says: str) -> None:
    assert verdict("CLI-008", leg(("<", 0, b"x"), (">", later, "response.cancel"))) == says


@pytest.mark.parametrize(("late", "messages", "says"), [(2000, 10, "pass"), (2001, 10, "fail"), (2001, 9, "pass")])
def test_a_late_pong_while_it_sends(late: float, messages: int, says: str) -> None:
    between = [(">", 100.0, "input_audio_buffer.clear")] * messages
    assert verdict("CLI-009", leg(("<", 0, b"x"), *between, (">", late, b"x"))) == says


def test_frames_of_audio() -> None:
    whole = {"type": "input_audio_buffer.append", "audio": ""}
    room = audio.FRAME_BYTES - len(json.dumps(whole))
    for size, says in ((room, "pass"), (room + 1, "fail")):
        assert verdict("CLI-037", leg((">", 0, {**whole, "audio": "A" * size}))) == says


@pytest.mark.parametrize(("more", "says"), [(0, "pass"), (2, "fail")])
def test_a_flood(more: int, says: str) -> None:
    half = bytes(audio.BYTES_PER_SECOND // 2)
    said = ((">", 0.0, append(half)), (">", 999.0, append(half + bytes(more))), (">", 1999.0, append(half)))
    assert verdict("CLI-038", leg(*said)) == says


@pytest.mark.parametrize(("waited", "says"), [(3000, "pass"), (3001, "fail")])
def test_silence_after_speech(waited: float, says: str) -> None:
    said = ((">", 0.0, append(b"ab")), ("<", 10.0, "input_audio_buffer.speech_started"), (">", 20.0, append(b"ab")))
    assert verdict("CLI-039", leg(*said, ("<", 20.0 + waited, "error"))) == says


@pytest.mark.parametrize(("size", "count", "says"), [(320, 20, "pass"), (318, 20, "fail"), (318, 19, "skipped")])
def test_tiny_packets(size: int, count: int, says: str) -> None:
    assert verdict("CLI-042", leg(*[(">", 0.0, append(bytes(size)))] * count)) == says


@pytest.mark.parametrize(
    ("width", "height", "says"), [(1920, 1080, "pass"), (1080, 1920, "pass"), (1928, 1080, "fail")]
)
def test_pixels(width: int, height: int, says: str) -> None:
    data = fixtures.grey_jpeg(width, height)
    assert images.pixels(base64.b64encode(data).decode()) == (width, height)
    assert verdict("CLI-046", leg((">", 0, image(data)))) == says


def test_the_size_of_images() -> None:
    for size, says in ((images.LONGEST, "pass"), (images.LONGEST + 4, "fail")):
        assert (
            verdict("CLI-045", leg((">", 0, {"type": "input_image_buffer.append", "image": "/9j/" + "A" * (size - 4)})))
            == says
        )


@pytest.mark.parametrize(
    ("count", "ms", "says"), [(3, 0, "pass"), (4, 0, "fail"), (4, 1200, "pass"), (4, 1190, "fail"), (2, 0, "skipped")]
)
def test_the_rate_of_images(count: int, ms: float, says: str) -> None:
    shown = image(fixtures.image("tiny_16x16"))
    assert verdict("CLI-047", leg(*((">", ms * n / max(1, count - 1), shown) for n in range(count)))) == says


@pytest.mark.parametrize(("later", "says"), [(1000, "pass"), (1001, "fail")])
def test_a_cancel_may_cross_the_end(later: float, says: str) -> None:
    response = {"response": {"id": "resp_1"}}
    said = (("<", 0.0, {"type": "response.created", **response}), ("<", 10.0, {"type": "response.done", **response}))
    assert verdict("CLI-052", leg(*said, (">", 10.0 + later, "response.cancel"))) == says


def test_a_cancel_of_a_reply_that_is_coming() -> None:
    assert (
        verdict("CLI-052", leg(("<", 0.0, "input_audio_buffer.committed"), (">", 5000.0, "response.cancel"))) == "pass"
    )
    assert verdict("CLI-052", leg((">", 0.0, "response.create"), (">", 5000.0, "response.cancel"))) == "pass"


@pytest.mark.parametrize(("times", "says"), [(2, "pass"), (3, "fail")])
def test_a_loop(times: int, says: str) -> None:
    assert verdict("CLI-060", leg(*[(">", 0.0, "input_audio_buffer.commit"), ("<", 1.0, "error")] * times)) == says


@pytest.mark.parametrize(("waited", "says"), [(1000, "pass"), (999, "fail")])
def test_the_answer_to_finish_is_awaited(waited: float, says: str) -> None:
    close = Frame(1, "client", waited, "close", None, b"\x03\xe8")
    made = leg((">", 0.0, "session.finish"))
    made.frames.append(close)
    assert verdict("CLI-083", made) == says


@pytest.mark.parametrize(("waited", "says"), [(30_000, "pass"), (30_001, "fail")])
def test_the_answer_to_finish_is_not_awaited_for_ever(waited: float, says: str) -> None:
    made = leg((">", 0.0, "session.finish"))
    made.frames.append(Frame(1, "client", waited, "close", None, b"\x03\xe8"))
    assert verdict("CLI-084", made) == says


# -- what can be heard


def streamed(size: int, each_ms: float, count: int) -> Leg:
    noise = fixtures.noise(size * count * 1000 // 32_000 + 1, -30.0)
    return leg(*((">", n * each_ms, append(noise[n * size : (n + 1) * size])) for n in range(count)))


@pytest.mark.parametrize(
    ("size", "each", "says"),
    [
        (640, 20.0, "pass"),  # 16 kHz, as declared
        (960, 20.0, "fail"),  # 24 kHz
        (1920, 20.0, "fail"),  # 48 kHz
        (960, 20.0 * 1.029, "fail"),
        (960, 20.0 * 1.04, "pass"),
        (3200, 100 / 3, "pass"),  # 100 ms at 16 kHz, three times as fast
        (640, 10.0, "pass"),  # twice as fast is no usual rate
    ],
)
def test_the_pace_of_another_rate(size: int, each: float, says: str) -> None:
    assert verdict("CLI-033", streamed(size, each, 80)) == says


def test_a_pace_needs_packets_and_a_second() -> None:
    assert verdict("CLI-033", streamed(9600, 100.0, 19)) == "pass"
    assert verdict("CLI-033", streamed(9600, 100.0, 20)) == "fail"
    assert verdict("CLI-033", streamed(1920, 20.0, 30)) == "pass"


def voice(hz: float, ms: int = 1500) -> array[int]:
    """A buzz with its harmonics up to 1 kHz, as a throat makes."""
    count = ms * 16
    tones = [n * hz for n in range(1, int(1000 / hz) + 1)]
    waves = (
        sum(math.sin(2 * math.pi * tone * at / 16_000) / n for n, tone in enumerate(tones, 1)) for at in range(count)
    )
    return array("h", (int(4000 * value) for value in waves))


@pytest.mark.parametrize(("hz", "deep"), [(36, True), (45, True), (52, False), (85, False), (220, False)])
def test_a_voice_too_deep_for_anybody(hz: float, deep: bool) -> None:
    found = hearing.pitch(voice(hz), 16_000)
    assert found is not None
    assert abs(found / hz - 1) < 0.06
    assert (found < hearing.DEEP) is deep


@pytest.mark.parametrize("name", ["hello", "weather", "goodbye", "nihao"])
def test_real_speech_is_not_deep_and_in_order(name: str) -> None:
    given = hearing.samples(fixtures.wav(name))
    found = hearing.pitch(given, 16_000)
    assert found is None or found > hearing.DEEP
    assert not hearing.swapped(given)
    other = array("h", given)
    other.byteswap()
    assert hearing.swapped(other)


def test_noise_hum_and_tones_are_nobody() -> None:
    assert hearing.pitch(hearing.samples(fixtures.noise(2000, -20.0)), 16_000) is None
    assert not hearing.swapped(hearing.samples(fixtures.noise(2000, -20.0)))
    hum = hearing.pitch(voice(50), 16_000)
    assert hum is not None
    assert hum >= hearing.DEEP
    assert not hearing.swapped(hearing.samples(fixtures.tone(1000)))


@pytest.mark.parametrize(("loudest", "silent"), [(hearing.QUIET, True), (hearing.QUIET + 1, False)])
def test_silence(loudest: int, silent: bool) -> None:
    assert hearing.silent(array("h", [0, loudest, -loudest])) is silent
    assert not hearing.silent(array("h"))


def test_clipping() -> None:
    assert hearing.clipped(array("h", [32_767] * 2 + [32_766] * 98)) == hearing.CLIPPED
    for clipped, says in ((20, "pass"), (21, "fail")):
        pcm = array("h", ([32_767] * clipped + [1000] * (1000 - clipped)) * 16).tobytes()
        assert verdict("CLI-036", leg((">", 0.0, append(pcm)))) == says
