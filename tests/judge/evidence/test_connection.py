"""One connection, indexed: where events stand, which frames a response has, what is the last of a kind."""

from __future__ import annotations

import pytest

from conformance.judge.evidence import Evidence
from conformance.judge.verdicts import Blocked
from conformance.wire.gaps import Unshown
from support.talks import Line, audio, c, greeting_update, heard, message, s, talk, text_reply, waited

KINDS = [greeting_update(modalities=["text"]), message(), "C response.create", text_reply()]


def evidence(*lines: object, gaps: tuple[str, ...] = (), **options: object) -> Evidence:
    wire = talk(*lines, **options)  # type: ignore[arg-type]
    wire.transcript.gaps = gaps  # type: ignore[assignment]
    return Evidence(wire.transcript, wire.profile)


def test_where_events_stand() -> None:
    held = evidence(*KINDS, s("response.text.delta", response_id="resp_1", delta="!"))
    deltas = held.places["server", "response.text.delta"]
    assert [held.frames[index].event["delta"] for index in deltas] == ["Hel", "lo", ".", "!"]
    first, second = deltas[:2]
    assert held.next_place("server", "response.text.delta", first) == second
    assert held.next_place("server", "response.text.delta", first - 1) == first
    assert held.next_place("server", "response.text.delta", deltas[-1]) is None
    assert held.next_place("client", "response.text.delta", 0) is None
    assert held.last_place("server", "response.text.delta", second) == first
    assert held.last_place("server", "response.text.delta", second + 1) == second
    assert held.last_place("server", "response.text.delta", first) is None
    assert [event["delta"] for event in held.all("response.text.delta")] == ["Hel", "lo", ".", "!"]
    kinds = [frame.type for frame in held.of("response.text.done", "session.created", "session.created")]
    assert kinds == ["session.created", "response.text.done"]
    assert held.has("nothing", "session.updated")
    assert not held.has("nothing")
    assert not held.has("session.update")  # the client's


def test_the_last_of_a_kind() -> None:
    held = evidence(*KINDS, "C close 1000", "S close 1001")
    last = held.last()
    assert last is not None
    assert (last.side, last.opcode) == ("server", "close")
    ours = held.last("close", "client")
    assert ours is not None
    assert ours.data == b"\x03\xe8"
    text = held.last("text", "client")
    assert text is not None
    assert text.type == "response.create"
    assert held.last("binary") is None
    server = held.last(side="server")
    assert server is last


def test_what_belongs_to_a_response() -> None:
    held = evidence(*KINDS, message("m2"), "C response.create", text_reply("resp_2", "item_2", ("A", "B")))
    one, two = held.responses
    assert (one.id, two.id) == ("resp_1", "resp_2")
    assert one.types[0] == "response.created"
    assert one.types[-1] == "response.done"
    assert two.joined("response.text.delta") == "AB"
    assert two.done["status"] == "completed"
    assert [frame.event["delta"] for frame in two.shown("response.text.delta")] == ["A", "B"]
    assert two.last("response.text.delta").event["delta"] == "B"
    assert two.last("response.audio.delta").type == "response.done"
    assert two.the("response.text.delta")["delta"] == "A"
    with pytest.raises(Blocked) as problem:
        two.the("response.audio.done")
    assert problem.value.owner is not None


def test_what_a_response_is_called_by() -> None:
    odd = [s("response.done", response={"id": 7}), s("response.x", response_id="resp_1"), s("error")]
    held = evidence(*odd, s("response.y", response={}, response_id="resp_2"))
    assert [response.id for response in held.responses] == ["resp_1"]


def test_silence_is_after_what_it_follows() -> None:
    held = evidence(audio(100), waited("C input_audio_buffer.clear"), "S input_audio_buffer.cleared")
    (at,) = held.silences
    assert held.waited_after(at - 1)
    assert not held.waited_after(at)
    assert not evidence().waited_after(-1)


def test_a_connection_that_was_refused_is_not_open() -> None:
    assert evidence().opened
    assert not evidence(status=401).opened
    assert evidence(status=401, gaps=("handshake",)).opened
    assert not evidence("C close", greeting=False, status=401).opened


@pytest.mark.parametrize(("gap", "member"), [("handshake", "handshake"), ("close", "ending")])
def test_what_is_not_shown_is_not_told(gap: str, member: str) -> None:
    assert getattr(evidence(), member) is not None
    held = evidence(gaps=(gap,))
    assert held.lacks(gap)  # type: ignore[arg-type]
    with pytest.raises(Unshown):
        getattr(held, member)


def test_a_list_of_the_servers_events_keeps_their_places() -> None:
    whole = evidence(c("session.update", session={}), s("session.updated"), heard())
    part = evidence(c("session.update", session={}), s("session.updated"), heard(), gaps=("client",))
    assert [frame.type for frame in part.frames if frame.type] == [
        frame.type for frame in whole.frames if frame.side == "server" and frame.type
    ]
    for frame in part.frames:
        connection, place = part.place_of(frame)
        assert connection == 0
        assert place is not None
        assert part.connection.frames[place].type == frame.type
    assert part.place_of(None) == (0, None)
    assert whole.place_of(whole.frames[2]) == (0, 2)


def test_frames_of_neither_event_nor_server_are_not_received() -> None:
    held = evidence(c("x"), "S binary abc", "S text [1]", Line("server", "ping", b""), s("y"))
    assert [frame.type for frame in held.received] == ["session.created", "y"]
    assert held.types == ["session.created", "y"]
