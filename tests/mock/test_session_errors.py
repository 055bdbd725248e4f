"""What is malformed, unknown or not possible now."""

import pytest

from conformance.mock.options import Limits
from conformance.mock.session import CloseWith
from support.told import Told, error, types


@pytest.mark.parametrize(
    "text",
    ["{bad", "", "NaN", '{"type":NaN}', "[]", '"x"', "42", "null", "{}", '{"type":7}', '{"type":null}',
     '{"type":"x","event_id":7}', "[" * 100_000],
)  # fmt: skip
def test_malformed_text_gets_one_error_and_the_session_lives(text):
    told = Told()
    assert types(told.text(text)) == ["error"]
    assert types(told.tell("session.update", session={})) == ["session.updated"]


def test_an_unknown_type():
    assert error(Told().tell("no.such")) == {
        "type": "invalid_request_error",
        "code": "invalid_value",
        "message": "Invalid event type: 'no.such'",
        "param": "type",
    }


def test_finish_is_refused_like_an_unknown_type():
    told = Told()
    assert error(told.tell("session.finish"))["message"] == "Invalid event type: 'session.finish'"
    assert told.end is None


def test_idle_cancel():
    assert error(Told().tell("response.cancel")) == {
        "type": "invalid_request_error",
        "code": "",
        "message": "Conversation has none active response",
        "param": "",
    }


def test_two_creates():
    told = Told(latency="fast")
    told.write("Count to 40.")
    told.tell("response.create")
    assert error(told.tell("response.create"))["message"] == "Conversation already has an active response"
    assert types(told.wait(10))[-1] == "response.done"


def test_image_before_audio():
    told = Told()
    assert error(told.image("tiny_16x16.jpg")) == {
        "type": "invalid_request_error",
        "message": "Error append image before append audio.",
    }


def test_empty_commit():
    told = Told()
    told.update(turn_detection=None)
    assert error(told.tell("input_audio_buffer.commit")) == {
        "type": "invalid_request_error",
        "message": "Error committing input audio buffer: buffer too small, or have no audio.",
    }


def test_commit_while_voice_decides():
    told = Told()
    told.append(bytes(32000))
    assert error(told.tell("input_audio_buffer.commit")) == {
        "type": "server_error",
        "code": "InternalError",
        "message": "Internal service error: null",
    }
    assert told.end is None


@pytest.mark.parametrize(
    ("audio", "says"),
    [
        ("AAAA\r\nAAAA", "Illegal base64 character d"),
        ("AAAA\nAAAA", "Illegal base64 character a"),
        ("!!!!", "Illegal base64 character 21"),
        ("AA-_", "Illegal base64 character 2d"),
        ("abc", "wrong 4-byte ending unit"),
        ("ab=c", "wrong 4-byte ending unit"),
    ],
)
def test_bad_base64(audio, says):
    told = Told()
    assert says in error(told.tell("input_audio_buffer.append", audio=audio))["message"]
    assert told.end is None


@pytest.mark.parametrize("audio", [None, 5, [], {}])
def test_bad_audio(audio):
    assert error(Told().tell("input_audio_buffer.append", audio=audio))["param"] == "audio"


def test_an_append_past_the_limit():
    told = Told(limits=Limits(append_bytes=1000))
    told.tell("input_audio_buffer.append", audio="A" * 1004)
    assert told.end == CloseWith(1009, "message too big")


def test_a_binary_message():
    told = Told()
    told.session.receive_binary(b"\x00", told.now)
    assert types(told.take()) == ["error"]


def test_idleness_ends_the_session_after_300_s():
    told = Told()
    assert told.wait(299.9) == []
    text = "Your session was closed because no response was generated for 300 seconds."
    assert error(told.wait(0.2)) == {"code": "response_idle_timeout", "message": text}
    assert told.end == CloseWith(1007, text)


def test_a_client_event_resets_the_idle_clock_and_a_ping_does_not():
    told = Told()
    told.wait(200)
    told.update()
    told.wait(200)
    assert told.end is None
    told.session.pinged(told.now)
    told.wait(101)
    assert told.end is not None


def test_the_longest_session():
    told = Told(limits=Limits(session_seconds=60, session_close_code=1001))
    told.wait(61)
    assert told.end.code == 1001


def test_too_many_audios():
    told = Told(limits=Limits(audio_items=1))
    told.update(turn_detection=None)
    for _ in range(2):
        told.append(bytes(6400))
        told.tell("input_audio_buffer.commit")
    assert told.says[-1]["error"]["code"] == "InvalidParameter"
    assert "Too many audios" in told.says[-1]["error"]["message"]
    assert told.end.code == 1007


@pytest.mark.parametrize(
    "item",
    [
        None, {}, 5, {"type": "nonsense"}, {"type": "message"}, {"type": "message", "role": "user"},
        {"type": "message", "role": "nobody", "content": []},
        {"type": "message", "role": "user", "content": [{"type": "input_text"}]},
        {"type": "message", "role": "user", "content": ["x"]},
        {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": ""}]},
        {"type": "message", "role": [], "content": []},
        {"type": "function_call_output", "output": "x"},
        {"type": "function_call_output", "call_id": "call_1"},
        {"type": "function_call_output", "call_id": "call_1", "output": "x"},
        {"type": "function_call_output", "call_id": 1, "output": "x"},
        {"type": "mcp_approval_response", "approval_request_id": "x", "approve": True},
        {"type": ["message"]},
    ],
)  # fmt: skip
def test_bad_items(item):
    assert types(Told().tell("conversation.item.create", item=item)) == ["error"]


@pytest.mark.parametrize("response", [5, [], {"modalities": ["audio"]}, {"modalities": "text"}, {"instructions": 5}])
def test_bad_overrides(response):
    assert types(Told().tell("response.create", response=response)) == ["error"]


def test_nothing_comes_after_the_end():
    told = Told()
    told.update(voice="Nobody")
    assert told.tell("session.update", session={}) == []
    told.session.closed_by_client(1007, "", told.now)
    assert told.take() == []
