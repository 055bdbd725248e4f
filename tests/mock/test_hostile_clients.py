"""Clients that mean the mock no good: each is bounded and refused in words."""

import base64

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from conformance.mock.options import Limits, MockOptions
from conformance.mock.server import MockServer
from conformance.mock.session import SendEvent, Session
from conformance.spec.profiles import DEFAULT_MODEL, profile_for

KEY = {"Authorization": "Bearer any-key"}


def told(session):
    return [out.event for out in session.poll(0.0) if isinstance(out, SendEvent)]


@pytest.mark.parametrize(("size", "refused"), [(1000, False), (1002, True)])
def test_audio_that_is_never_committed_is_refused_past_the_bound(size, refused):
    session = Session(profile_for(DEFAULT_MODEL), MockOptions(limits=Limits(buffer_bytes=1000)))
    told(session)
    audio = base64.b64encode(bytes(size // 2 - size // 2 % 2)).decode()
    rest = base64.b64encode(bytes(size - (size // 2 - size // 2 % 2))).decode()
    for piece in (audio, rest):
        session.receive_text(f'{{"type":"input_audio_buffer.append","audio":"{piece}"}}', 0.0)
    errors = [event["error"]["message"] for event in told(session) if event["type"] == "error"]
    assert errors == (["The input audio buffer holds at most 1000 bytes."] if refused else [])


async def test_a_session_past_the_limit_is_refused_and_a_freed_place_is_given_again():
    async with MockServer(MockOptions(limits=Limits(connections=2))) as server:
        url = f"{server.url}?model={DEFAULT_MODEL}"
        async with connect(url, additional_headers=KEY) as first, connect(url, additional_headers=KEY):
            with pytest.raises(InvalidStatus) as refused:
                await connect(url, additional_headers=KEY)
            assert refused.value.response.status_code == 503
            assert b"Too many sessions are open." in refused.value.response.body
            await first.close()
            async with connect(url, additional_headers=KEY) as third:
                assert "session.created" in await third.recv()
