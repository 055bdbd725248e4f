"""Which updates every family takes, by all sources: what one of them leaves open is on the other side."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.judge.rules.survival import _plain
from support.talks import talk

VAD = {"type": "server_vad"}


@pytest.mark.parametrize(
    ("session", "plain"),
    [
        ({}, True),
        ({"instructions": "Be brief."}, True),
        ({"voice": "Tina"}, False),  # which voices there are is the business of another excuse
        ({"instructions": None}, False),
        ({"unknown": 1}, False),
        ({"turn_detection": None}, True),
        ({"turn_detection": {**VAD, "threshold": 0.5, "silence_duration_ms": 800, "prefix_padding_ms": 300}}, True),
        ({"turn_detection": {**VAD, "create_response": True}}, False),
        ({"turn_detection": {"type": "semantic_vad"}}, False),
        ({"turn_detection": {"threshold": 0.5}}, False),
        ({"input_audio_transcription": {"model": None}}, True),
        ({"input_audio_transcription": {"model": "qwen3-asr-flash-realtime"}}, True),
        ({"input_audio_transcription": {"model": "other"}}, False),
        *(({f"{side}_audio_format": "pcm"}, True) for side in ("input", "output")),
        *(({f"{side}_audio_format": "pcm16"}, True) for side in ("input", "output")),
        *(({f"{side}_audio_format": "wav"}, False) for side in ("input", "output")),
        ({"modalities": ["text"]}, True),
        ({"modalities": ["text", "audio"]}, True),
        ({"modalities": ["audio"]}, False),
        ({"max_tokens": 1}, True),
        ({"max_tokens": 10**9}, False),
        ({"temperature": 0.5}, True),
    ],
)
def test_what_every_family_takes(session: dict[str, Any], plain: bool) -> None:
    assert _plain(talk(), session) is plain


@pytest.mark.parametrize(("session", "plain"), [({"temperature": 0.5}, False), ({"instructions": "Be brief."}, True)])
def test_one_family_takes_no_temperature(session: dict[str, Any], plain: bool) -> None:
    assert _plain(talk(model="qwen-omni-turbo-realtime"), session) is plain


def test_the_bound_of_tokens_is_that_of_the_model() -> None:
    wire = talk()
    limit = wire.profile.max_tokens_limit or 2048
    assert _plain(wire, {"max_tokens": limit})
    assert not _plain(wire, {"max_tokens": limit + 1})
