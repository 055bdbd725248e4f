from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance import fixtures
from conformance.mock.models import MODELS, model_for
from conformance.mock.tokens import (
    NotJpeg,
    Usage,
    audio_input_tokens,
    audio_output_tokens,
    image_tokens,
    jpeg_size,
    text_tokens,
)

QWEN38 = model_for("qwen3.8-omni-flash-realtime")
QWEN35 = model_for("qwen3.5-omni-flash-realtime")
QWEN3 = model_for("qwen3-omni-flash-realtime")
TURBO = model_for("qwen-omni-turbo-realtime")


@pytest.mark.parametrize(
    ("profile", "seconds", "heard", "spoken"),
    [(QWEN35, 2, 14, 25), (QWEN38, 2, 14, 25), (QWEN3, 2, 25, 25), (TURBO, 2, 50, 50), (QWEN35, 0.2, 7, 13)],
)
def test_audio_costs_by_the_second(profile: Any, seconds: Any, heard: Any, spoken: Any) -> None:
    assert audio_input_tokens(profile, seconds) == heard
    assert audio_output_tokens(profile, seconds) == spoken


def test_the_documented_example() -> None:
    assert audio_input_tokens(QWEN3, 8.64) == 108
    assert audio_output_tokens(QWEN3, 2.56) == 32


def test_less_than_a_second_counts_as_one_and_nothing_as_nothing() -> None:
    assert audio_input_tokens(TURBO, 0.01) == 25
    assert audio_input_tokens(TURBO, 0) == 0


def test_more_channels_double_the_input() -> None:
    assert audio_input_tokens(QWEN38, 3, channels=2) == audio_input_tokens(QWEN38, 3, channels=4) == 42


@pytest.mark.parametrize(
    ("profile", "size", "expected"),
    [
        (QWEN35, (320, 240), 10 * 8),
        (QWEN35, (1280, 720), 40 * 22),
        (QWEN35, (16, 16), 4),
        (QWEN35, (1920, 1080), 47 * 26),
        (TURBO, (280, 280), 100),
    ],
)
def test_an_image_costs_by_its_squares(profile: Any, size: Any, expected: Any) -> None:
    assert image_tokens(profile, *size) == expected


def test_compact_images_cost_a_quarter() -> None:
    assert image_tokens(QWEN38, 320, 240, compact=True) == 20
    assert image_tokens(QWEN38, 16, 16, compact=True) == 1


@given(st.sampled_from(MODELS), st.integers(1, 60_000), st.integers(1, 60_000))
def test_an_image_never_costs_more_than_the_bound(model: Any, width: Any, height: Any) -> None:
    assert 1 <= image_tokens(model_for(model), width, height) <= 1280


@given(st.sampled_from(MODELS), st.integers(16, 4096), st.integers(16, 4096))
def test_a_usual_image_costs_at_least_four(model: Any, width: Any, height: Any) -> None:
    assert image_tokens(model_for(model), width, height) >= 4


def test_the_size_of_a_jpeg() -> None:
    assert jpeg_size(fixtures.image("hd_1280x720.jpg")) == (1280, 720)
    assert jpeg_size(fixtures.image("tiny_16x16.jpg")) == (16, 16)


@pytest.mark.parametrize(
    "junk", [b"", b"\xff\xd8", fixtures.image("square.png"), b"\xff\xd8\xff\xda\x00\x02", b"\xff\xd8xxxx"]
)
def test_what_is_not_a_jpeg(junk: Any) -> None:
    with pytest.raises(NotJpeg):
        jpeg_size(junk)


@given(st.integers(0, 700), st.binary(max_size=4), st.integers(0, 700))
def test_a_damaged_jpeg_has_a_size_or_is_none(cut: Any, junk: Any, keep: Any) -> None:
    whole = fixtures.image("tiny_16x16.jpg")
    try:
        width, height = jpeg_size(whole[:cut] + junk + whole[keep:])
    except NotJpeg:
        return
    assert width > 0
    assert height > 0


def test_text_tokens_are_an_estimate() -> None:
    assert [text_tokens(text) for text in ("", "a", "four", "fives", "你好", "你好 ok")] == [0, 1, 1, 2, 2, 3]


def test_usage_has_the_wire_shape() -> None:
    assert Usage(input_text=228, input_audio=108, output_text=9, output_audio=32).to_dict() == {
        "total_tokens": 377,
        "input_tokens": 336,
        "output_tokens": 41,
        "input_tokens_details": {"text_tokens": 228, "audio_tokens": 108},
        "output_tokens_details": {"text_tokens": 9, "audio_tokens": 32},
    }


def test_a_modality_that_is_zero_is_left_out() -> None:
    usage = Usage(input_text=341, output_text=9, searches=1).to_dict()
    assert usage["input_tokens_details"] == {"text_tokens": 341}
    assert usage["output_tokens_details"] == {"text_tokens": 9}
    assert usage["plugins"] == {"search": {"count": 1, "strategy": "agent"}}


@given(st.builds(Usage, *[st.integers(0, 10**6)] * 5))
def test_the_sums_add_up(usage: Any) -> None:
    told = usage.to_dict()
    assert told["total_tokens"] == told["input_tokens"] + told["output_tokens"]
    for side in ("input", "output"):
        assert told[f"{side}_tokens"] == sum(told[f"{side}_tokens_details"].values())
