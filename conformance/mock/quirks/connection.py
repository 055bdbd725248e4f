"""Lies about the handshake, the greeting and frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.mock.quirks.base import quirk
from conformance.mock.quirks.making import adds, doubles, drops, edits, put

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from conformance.mock.session import Session

SANITY = ("connection/Sanity",)
TWO = ("connection/TwoAtOnce",)
CONTROL = ("connection/ControlFrames",)
PONG = 10


BAD_REQUEST = (400, "BadRequest", "Bad request.")
FORBIDDEN = (403, "AccessDenied", "Access denied.")  # as one refuses who has not found a key


def refuses_upgrade(  # noqa: PLR0917  # a row of a table
    name: str, lie: str, header: str, says: str, touches: tuple[str, ...], answer: tuple[int, str, str] = BAD_REQUEST
) -> None:
    """Upgrades with (a part of) this header value are refused."""

    @quirk(name, "01", lie, hook="admit", touches=touches)
    def refuse(path: str, headers: Mapping[str, str]) -> tuple[int, str, str] | None:
        return answer if says in headers.get(header, "") else None


refuses_upgrade(
    "refuses-lower-case-bearer", "`bearer` in lower case is no scheme", "Authorization", "bearer ", TWO, FORBIDDEN
)
refuses_upgrade("refuses-sdk-user-agent", "the official SDKs are turned away", "User-Agent", "dashscope/", TWO)


@quirk("upgrade-required", "01", "a good key is met by 426", hook="admit", touches=SANITY)
def _not_upgraded(path: str, headers: Mapping[str, str]) -> tuple[int, str, str]:
    return (426, "UpgradeRequired", "Upgrade required.")


@quirk("no-key-is-500", "01", "a missing key is a fault of the server", hook="admit", touches=("connection/NoKey",))
def _no_key(path: str, headers: Mapping[str, str]) -> tuple[int, str, str] | None:
    return None if "Authorization" in headers else (500, "InternalError", "null")


@quirk("bad-key-is-404", "01", "an invented key is a missing page", hook="admit", touches=("connection/BadKey",))
def _bad_key(path: str, headers: Mapping[str, str]) -> tuple[int, str, str] | None:
    return (404, "NotFound", "Not found.") if "invalid" in headers.get("Authorization", "") else None


@quirk("picks-a-subprotocol", "01", "a sub-protocol is chosen that nobody offered", hook="upgraded", touches=SANITY)
def _subprotocol(headers: MutableMapping[str, str]) -> None:
    headers["Sec-WebSocket-Protocol"] = "realtime"


@quirk("picks-an-extension", "01", "an extension is chosen that nobody offered", hook="upgraded", touches=SANITY)
def _extension(headers: MutableMapping[str, str]) -> None:
    headers["Sec-WebSocket-Extensions"] = "permessage-deflate"


drops("greets-nobody", "01", "`session.created` never comes", "session.created", touches=SANITY)
doubles("greets-twice", "01", "`session.created` comes twice", "session.created", touches=SANITY)
edits("greeting-of-another-object", "01", "the greeting's object is `session`", "session.created",
      put("session.object", "session"), touches=SANITY)  # fmt: skip
edits("greeting-of-another-model", "01", "the greeting names another model than was asked for", "session.created",
      put("session.model", "qwen-omni-turbo-realtime"), touches=SANITY)  # fmt: skip
edits("greeting-without-id", "01", "the greeting's session has an empty id", "session.created",
      put("session.id", ""), touches=SANITY)  # fmt: skip
edits("greeting-of-text-alone", "01", "a new session shows text as its only modality", "session.created",
      put("session.modalities", ["text"]), touches=SANITY)  # fmt: skip
edits("greeting-with-semantic-vad", "01", "a new session shows `semantic_vad`", "session.created",
      put("session.turn_detection.type", "semantic_vad"), touches=SANITY)  # fmt: skip
edits("greeting-with-short-silence", "01", "a new session waits for 500 ms of silence", "session.created",
      put("session.turn_detection.silence_duration_ms", 500), touches=SANITY)  # fmt: skip
edits("greeting-without-padding", "01", "a new session pads speech with nothing", "session.created",
      put("session.turn_detection.prefix_padding_ms", 0), touches=SANITY)  # fmt: skip
edits("greeting-with-another-voice", "01", "a new session speaks with a voice that is not the default",
      "session.created", put("session.voice", "Serena"), touches=SANITY)  # fmt: skip
edits("greeting-with-opus", "01", "a new session shows an audio format that the protocol lacks", "session.created",
      put("session.input_audio_format", "opus"), touches=SANITY)  # fmt: skip
edits("same-session-id", "01", "every session has the same id", ("session.created", "session.updated"),
      put("session.id", "sess_00000000000000000000"), touches=TWO)  # fmt: skip
adds("talks-first", "01", "an update is confirmed that nobody sent", "session.created",
     lambda event, session: {"type": "session.updated", "session": event["session"]}, touches=SANITY)  # fmt: skip
edits(
    "needs-an-update",
    "01",
    "a session that was never configured fails its responses",
    "response.done",
    put("response.status", "failed"),
    when=lambda event, session: (session.current or {}).get("type") != "session.update",
    touches=TWO,
)


@quirk("pong-differs", "01", "a pong carries another payload than its ping", hook="frame", touches=CONTROL)
def _other_pong(opcode: int, data: bytes) -> list[tuple[int, bytes]] | None:
    return [(opcode, data[::-1])] if opcode == PONG else None


@quirk("loses-fragments", "01", "a message in several frames is lost", hook="pieces", touches=CONTROL)
def _loses(frames: int, pinged: bool) -> bool:
    return frames > 1 and not pinged


@quirk("ping-breaks-fragments", "01", "a ping between fragments loses their message", hook="pieces", touches=CONTROL)
def _loses_pinged(frames: int, pinged: bool) -> bool:
    return frames > 1 and pinged


@quirk("hates-pongs", "01", "a pong that nobody asked for ends the connection", hook="control", touches=CONTROL)
def _hates_pongs(opcode: int, session: Session) -> None:
    if opcode == PONG:
        session.after(0.0, lambda: session.close(1002, "unexpected pong"))


@quirk("binary-frames", "00", "every event comes in a binary frame", hook="frame", touches=("closing/AfterResponse",))
def _binary(opcode: int, data: bytes) -> list[tuple[int, bytes]] | None:
    return [(2, data)] if opcode == 1 else None


quirk("unknown-model-is-welcome", "01", "an invented model is greeted like any other",
      touches=("connection/UnknownModel",), switches={"unknown-model": "accepted"},
)(lambda event, session: None)  # fmt: skip
