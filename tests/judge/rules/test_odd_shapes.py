"""Whatever an endpoint or a client puts into a field, a rule gives a verdict: never an error of the suite."""

import json
from dataclasses import replace

import pytest

from support.rules import CHECKS, verdict
from support.talks import (
    audio,
    audio_reply,
    c,
    greeting_update,
    heard,
    message,
    preview,
    speech,
    talk,
    text_reply,
    tool_reply,
)

LINES = [
    *greeting_update(modalities=["text"], turn_detection={"type": "server_vad", "threshold": 0.5}),
    *audio(200),
    *speech(),
    preview(),
    *audio_reply(),
    heard(),
    *message(),
    c("response.create"),
    *text_reply("resp_2", "item_2"),
    c("response.create"),
    *tool_reply("resp_3"),
]


def fields(lines):
    """Every (type, path) of the events, two levels deep."""
    for line in lines:
        event = json.loads(line.payload)
        for name, value in event.items():
            if name != "type":
                yield event["type"], (name,)
                for inner in value if isinstance(value, dict) else ():
                    yield event["type"], (name, inner)


def spoilt(line, kind, path, value):
    event = json.loads(line.payload)
    if event["type"] != kind:
        return line
    place = event
    for name in path[:-1]:
        place = place.get(name, {})
    if path[-1] in place:
        place[path[-1]] = value
    return replace(line, payload=json.dumps(event))


@pytest.mark.parametrize(
    ("kind", "path"), sorted(set(fields(LINES))), ids=lambda part: ".".join([part] if isinstance(part, str) else part)
)
def test_no_shape_is_an_error_of_the_suite(kind, path):
    for value in ([{}], 7):
        wire = talk([spoilt(line, kind, path, value) for line in LINES], stop="response.done")
        for clause in CHECKS:
            found = verdict(clause, wire)
            assert found.verdict != "error", (clause, value, found.detail)
