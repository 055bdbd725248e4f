"""The errors of the protocol, word for word where a source gives the words (§4.1 of the sources: E1-E18).

A fault that the session layer finds keeps the session; one of the model backend ends it (E7, E9, E10).  Faults whose
wording no source gives are `invalid_request_error` with a code and a param, as E1 is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

INVALID = "invalid_request_error"


@dataclass(frozen=True)
class Fault:
    """An `error` to come.  None leaves a key out, "" sends it empty; `close` is the code that ends the session."""

    message: str
    type: str | None = INVALID
    code: str | None = None
    param: str | None = None
    close: int | None = None

    def payload(self) -> Json:
        """Return the `error` object."""
        shown = {"type": self.type, "code": self.code, "message": self.message, "param": self.param}
        return {name: value for name, value in shown.items() if value is not None}


class Refused(Exception):  # noqa: N818  (reads as what it says: `raise Refused(...)`)
    """A client event can't be carried out."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def modalities(value: object, param: str = "session.modalities") -> Fault:
    """E1 (SE): Python's way of writing lists is the service's own."""
    supported = "Supported combinations are: ['text'] and ['audio', 'text']."
    return Fault(f"Invalid modalities: {value}. {supported}", code="invalid_value", param=param)


def none_active(code: str = "") -> Fault:
    """E2 (MEET): a cancel without a response; code and param are there and empty."""
    return Fault("Conversation has none active response", code=code, param="")


def already_active() -> Fault:
    """E3 (ROBOT, TUTOR)."""
    return Fault("Conversation already has an active response", code="", param="")


IMAGE_BEFORE_AUDIO = Fault("Error append image before append audio.")  # E4
EMPTY_BUFFER = Fault("Error committing input audio buffer: buffer too small, or have no audio.")  # E5 (WATCH, TUTOR)
INTERNAL = Fault("Internal service error: null", type="server_error", code="InternalError")  # E6 (ROVER)


def voice(name: str, kind: str | None = None) -> Fault:
    """E7: found by the backend, so it ends the session."""
    text = f"<400> InternalError.Algo.InvalidParameter: Voice '{name}' is not supported."
    return Fault(text, type=kind, code="COMMON_ERROR", close=1007)


# E8 (APIYI) names the code only.
VOICE_FIXED = Fault(
    "Cannot update the voice after audio was produced.", code="cannot_update_voice", param="session.voice"
)


def idle(seconds: float) -> Fault:
    """E9 (APIYI, ROBOT)."""
    text = f"Your session was closed because no response was generated for {seconds:.0f} seconds."
    return Fault(text, type=None, code="response_idle_timeout", close=1007)


def too_many_audios(limit: int) -> Fault:
    """E10: only "Too many audios" is recorded of the text."""
    text = f"<400> InternalError.Algo.InvalidParameter: Too many audios, the limit is {limit}."
    return Fault(text, type=None, code="InvalidParameter", close=1007)


def base64(message: str, param: str) -> Fault:
    """E11 (MAKER): the text is that of Java's decoder."""
    return Fault(message, code="invalid_value", param=param)


def voice_empty() -> Fault:
    """E18: "a 400-style invalid parameter" is all that is known."""
    text = "<400> InternalError.Algo.InvalidParameter: Voice '' is not supported."
    return Fault(text, code="InvalidParameter", param="session.voice")


def while_speaking() -> Fault:
    """The sibling's text (QA); Omni's is unknown."""
    return Fault("Cannot create response while user is speaking.", code="invalid_value", param="response.create")


def unknown_type(kind: str) -> Fault:
    """An event type that is not accepted; for `session.finish` the reporter of I140 paraphrases it so (E12)."""
    return Fault(f"Invalid event type: '{kind}'", code="invalid_value", param="type")


def missing(param: str) -> Fault:
    """A member that must be there."""
    return Fault(f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param)


def wrong_type(param: str, expected: str, value: object) -> Fault:
    """A member of the wrong JSON type."""
    text = f"Invalid type for '{param}': expected {expected}, but got {json_type(value)} instead."
    return Fault(text, code="invalid_type", param=param)


def wrong_value(param: str, value: object, why: str) -> Fault:
    """A member with a value that is not allowed."""
    shown = str(value)
    shown = shown if len(shown) <= 80 else shown[:79] + "…"
    return Fault(f"Invalid value for '{param}': {shown}. {why}", code="invalid_value", param=param)


def not_allowed(message: str, param: str | None = None, code: str = "invalid_value") -> Fault:
    """Something that is not allowed now, or not at all."""
    return Fault(message, code=code, param=param)


def json_type(value: object) -> str:
    """Return what a value is in JSON, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an array" if isinstance(value, list) else "an object"
