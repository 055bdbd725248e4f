"""Generated conversations over a socket: held by the recorder, judged like any other."""

import dataclasses

from conformance.fuzz import breaches, conversation, generate, name
from conformance.fuzz.oracle import ALL
from conformance.mock.options import MockOptions
from conformance.mock.server import MockServer
from conformance.spec.profiles import DEFAULT_MODEL, profile_for
from conformance.wire.recorder import Recorder
from conformance.wire.target import resolve
from conformance.wire.transcript import Transcript
from support.driven import held

PROFILE = profile_for(DEFAULT_MODEL)


async def recorded(scripts, **options):
    target = resolve("mock", model=DEFAULT_MODEL, key=None, workspace=None)
    async with MockServer(MockOptions(**options)) as server:
        recorder = Recorder(target.at(server.url), PROFILE)
        talks = [conversation(moves, name(4, number)) for number, moves in enumerate(scripts, 1)]
        return (await recorder.record(talks)).transcripts


async def test_the_mock_breaks_nothing_over_the_wire():
    scripts = generate(4, 24, PROFILE)
    transcripts = await recorded(scripts)
    assert sorted(transcripts) == sorted(f"fuzz/4-{number}" for number in range(1, 25))
    for transcript in transcripts.values():
        found = [str(breach) for breach in breaches(transcript, PROFILE, ALL)]
        assert found == [], (transcript.conversation, transcript.notes["moves"])
        assert len(transcript.legs) == 2
        assert transcript.trouble is None


async def test_the_wire_and_the_memory_hold_the_same_conversation():
    moves = [
        {"do": "send", "event": {"type": "session.update", "session": {"modalities": ["text"]}}},
        {"do": "send", "event": {"type": "session.update", "session": {"modalities": ["audio"]}}},
        {"do": "text", "text": "{bad"},
        {"do": "send", "event": {"item": "no type"}},
        {"do": "image", "name": "tiny_16x16.jpg"},
        {"do": "audio", "sound": "silence", "ms": 100},
        {"do": "send", "event": {"type": "response.create"}, "wait": "end"},
    ]
    transcript = (await recorded([moves]))["fuzz/4-1"]
    again = held(moves, PROFILE, MockOptions())

    def said(transcript):
        return [[(frame.side, frame.type, frame.label) for frame in events(leg)] for leg in transcript.legs]

    def events(leg):
        return [frame for frame in leg.frames if frame.opcode == "text"]

    assert said(transcript) == said(again)


async def test_a_quirk_is_found_over_the_wire():
    transcripts = await recorded(generate(4, 12, PROFILE), quirks=("usage-does-not-add-up",))
    found = {breach.id for transcript in transcripts.values() for breach in breaches(transcript, PROFILE)}
    assert "GEN-057" in found


async def test_a_transcript_is_judged_the_same_when_it_is_read_back():
    (transcript,) = (await recorded(generate(4, 1, PROFILE))).values()
    again = Transcript.from_json(transcript.to_json())
    assert dataclasses.replace(again, legs=[]) == dataclasses.replace(transcript, legs=[])
    assert breaches(again, PROFILE, ALL) == breaches(transcript, PROFILE, ALL)
