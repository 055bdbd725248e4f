"""Lies about the configuration of a session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.mock.models import USUAL, model_of
from conformance.mock.quirks.base import quirk
from conformance.mock.quirks.making import adds, at, count, drops, edits, hears, put, refuses, says, without
from conformance.mock.ranges import asks_only, within
from conformance.spec.catalogue import clauses

if TYPE_CHECKING:
    from conformance.mock.errors import Json
    from conformance.mock.quirks.making import When
    from conformance.mock.requests import Request
    from conformance.mock.session import Session

FIRST = ("session/FirstUpdate",)
MODALITIES = ("session/Modalities",)
SPEECH = ("session/SpeechUnderConfiguration",)
TOOLS = ("session/Tools",)
SDKS = ("session/Sdks",)
VOICES = ("session/Voices",)
MCP = ("session/Mcp",)
TURN = ("closing/AfterResponse",)
NEWEST, OLDER, OLDEST = "qwen3.8-omni-flash-realtime", "qwen3-omni-flash-realtime", "qwen-omni-turbo-realtime"
UPDATE, UPDATED = "session.update", "session.updated"


def asks(path: str, *values: object) -> When:
    """Whether an update sets this member of the session, to one of these values where any are given."""
    parents, _, last = f"session.{path}".rpartition(".")

    def condition(event: Json, session: Session) -> bool:
        parent = at(event, parents)
        return isinstance(parent, dict) and last in parent and (not values or parent[last] in values)

    return condition


def first_echo(event: Json, session: Session) -> bool:
    """Whether this is the first confirmation of the session."""
    return count(session, "echo") == 1


# -- every field of the catalogue: its legal values refused, those past its bounds taken for nothing


def _legal(path: str) -> When:
    return lambda event, session: asks_only(event.get("session"), path, session.config.model)


def _past(path: str) -> When:
    whole = f"session.{path}"
    sets = asks(path)
    return lambda event, session: sets(event, session) and not within(path, at(event, whole), session.config.model)


def _of_every_field() -> None:
    for row in clauses().values():
        series = row.id[:5]
        if series not in {"SES-1", "SES-2"} or not row.fields or row.excluded:
            continue
        model = model_of(row.models).name
        path = row.fields[0]
        name = f"{path.replace('_', '-').replace('.', '-')}-{row.id[-3:]}"
        if series == "SES-1":
            refuses(f"refuses-{name}", "03", f"legal values of `{path}` are refused", UPDATE,
                    when=_legal(path), touches=("session/AcceptedValues",), model=model)  # fmt: skip
        else:
            hears(f"swallows-{name}", "03", f"values of `{path}` past its bounds are confirmed and left out", UPDATE,
                  without(f"session.{path}"), when=_past(path), touches=("session/PastBounds",),
                  model=model)  # fmt: skip


_of_every_field()


# -- updates and their confirmation


@quirk("silent-update", "03", "an update is applied and never confirmed", touches=FIRST)
def _silent_update(event: Json, session: Session) -> list[Json] | None:
    return [] if event["type"] == UPDATED else None


@quirk(
    "update-resets-siblings",
    "03",
    "an update resets the modalities that it does not name",
    hook="configure",
    touches=FIRST,
)
def _forgets_modalities(before: Json, patch: Json, after: Json, session: Session) -> Json:
    return after if "modalities" in patch else {**after, "modalities": ["text", "audio"]}


@quirk(
    "echoes-but-ignores-instructions", "03", "instructions are echoed and not followed", hook="request", touches=SPEECH
)
def _deaf_to_instructions(request: Request, session: Session) -> Request:
    return replace(request, instructions="")


adds("echoes-but-ignores-modalities", "03", "text alone is confirmed, and sound comes with it", "response.text.delta",
     lambda event, session: {**event, "type": "response.audio.delta", "event_id": session.ids.make("event"),
                             "delta": "AAAA"}, touches=TURN)  # fmt: skip
adds("confirms-twice", "03", "the first update is confirmed twice", UPDATED,
     lambda event, session: {"type": UPDATED, "session": event["session"]},
     when=lambda event, session: count(session, "confirmed") == 1, touches=FIRST)  # fmt: skip
drops("loses-the-third-of-a-burst", "03", "of three updates in a row one is not confirmed", UPDATED,
      when=lambda event, session: at(event, "session.instructions") == "Be very brief.", touches=FIRST)  # fmt: skip
edits(
    "echo-without-model",
    "03",
    "a confirmation does not name the model",
    UPDATED,
    without("session.model"),
    touches=TURN,
)
edits("echo-without-modalities", "03", "a confirmation does not show the modalities", UPDATED,
      without("session.modalities"), when=first_echo, touches=FIRST)  # fmt: skip
edits("echo-invents-a-field", "03", "a confirmation shows a field that nobody gave", UPDATED,
      put("session.mood", "cheerful"), when=first_echo, touches=FIRST)  # fmt: skip
edits("echo-loses-vad-keys", "03", "a confirmation shows less of `turn_detection` than the greeting", UPDATED,
      without("session.turn_detection.prefix_padding_ms"),
      when=first_echo, touches=FIRST)  # fmt: skip
edits("echo-changes-instructions", "03", "a confirmation shows the instructions in capitals", UPDATED,
      lambda event, session: event["session"].update(instructions=str(at(event, "session.instructions")).upper()),
      when=first_echo, touches=FIRST)  # fmt: skip
edits("echo-of-old-vad-numbers", "03", "a confirmation shows the VAD numbers of before", UPDATED,
      put("session.turn_detection.silence_duration_ms", 800), touches=FIRST)  # fmt: skip
refuses(
    "refuses-empty-instructions",
    "03",
    "empty instructions are refused",
    UPDATE,
    when=asks("instructions", ""),
    touches=FIRST,
)
edits("empty-update-shuffles", "03", "an update with nothing in it changes the temperature", UPDATED,
      put("session.temperature", 0.123), when=lambda event, session: (session.current or {}).get("session") == {},
      touches=FIRST)  # fmt: skip
refuses("refuses-first-update", "03", "an update can't be the first event", UPDATE,
        when=lambda event, session: count(session, "update") == 1, touches=FIRST)  # fmt: skip
edits("says-no-and-obeys", "03", "a refused update shows in the next confirmation", UPDATED,
      put("session.modalities", ["audio"]), when=lambda event, session: bool(session.memory.get("refused")),
      touches=MODALITIES)  # fmt: skip


@quirk("says-no-and-obeys", "03", "a refused update shows in the next confirmation")
def _refused(event: Json, session: Session) -> list[Json] | None:
    session.memory["refused"] = session.memory.get("refused") or event["type"] == "error"
    return None


# -- modalities

ALONE = says("Invalid modalities", "['audio']")
refuses("refuses-text", "03", "text alone is refused", UPDATE, when=asks("modalities", ["text"]), touches=MODALITIES)
refuses("refuses-text-audio", "03", '`["text", "audio"]` is refused', UPDATE,
        when=asks("modalities", ["text", "audio"]), touches=MODALITIES)  # fmt: skip
refuses("refuses-audio-text", "03", '`["audio", "text"]` is refused', UPDATE,
        when=asks("modalities", ["audio", "text"]), touches=MODALITIES)  # fmt: skip
hears("takes-audio-alone", "03", "audio alone is confirmed and left out", UPDATE, without("session.modalities"),
      when=asks("modalities", ["audio"]), touches=MODALITIES)  # fmt: skip
hears("takes-no-modality", "03", "no modality at all is confirmed and left out", UPDATE, without("session.modalities"),
      when=asks("modalities", []), touches=MODALITIES)  # fmt: skip
hears("takes-video", "03", "a modality that there is not is confirmed and left out", UPDATE,
      without("session.modalities"), when=asks("modalities", ["text", "video"]), touches=MODALITIES)  # fmt: skip
edits("modalities-error-of-another-type", "03", "wrong modalities are a fault of the server", "error",
      put("error.type", "server_error"), when=ALONE, touches=MODALITIES)  # fmt: skip
edits("modalities-error-of-another-code", "03", "wrong modalities have another code", "error",
      put("error.code", "invalid_parameter"), when=ALONE, touches=MODALITIES)  # fmt: skip
edits("modalities-error-without-param", "03", "the error for wrong modalities points nowhere", "error",
      without("error.param"), when=ALONE, touches=MODALITIES)  # fmt: skip
edits("modalities-error-without-help", "03", "the error for wrong modalities does not say which are right", "error",
      put("error.message", "Invalid modalities: ['audio']."), when=ALONE, touches=MODALITIES)  # fmt: skip


@quirk("wrong-modalities-are-fatal", "03", "wrong modalities end the session", touches=MODALITIES)
def _fatal(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == "error" and ALONE(event, session):
        session.after(0.0, lambda: session.close(1007, "Invalid modalities"))
    return None


# -- speech, transcription, turn detection

edits("echo-keeps-vad", "03", "the echo of manual mode shows voice detection", UPDATED,
      put("session.turn_detection", {"type": "server_vad", "threshold": 0.5}),
      when=lambda event, session: asks("turn_detection", None)(session.current or {}, session),
      touches=SPEECH)  # fmt: skip
edits("echo-keeps-manual-mode", "03", "the echo after manual mode shows none", UPDATED,
      put("session.turn_detection", None),
      when=lambda event, session: asks("turn_detection", {"type": "server_vad"})(session.current or {}, session),
      touches=SPEECH)  # fmt: skip
refuses("refuses-no-transcription", "03", "transcription can't be turned off", UPDATE,
        when=asks("input_audio_transcription", None), touches=SPEECH)  # fmt: skip
adds("transcribes-unasked", "03", "speech is transcribed although nobody wants it", "input_audio_buffer.committed",
     lambda event, session: {
         "type": "conversation.item.input_audio_transcription.completed", "item_id": event.get("item_id"),
         "content_index": 0, "transcript": "Hello.",
     }, touches=SPEECH)  # fmt: skip
refuses("closed-after-a-turn", "03", "no update is taken after a turn", UPDATE,
        when=lambda event, session: bool(session.billed), touches=SPEECH)  # fmt: skip
hears("compacts-late", "03", "`representation_compact` is confirmed after audio", UPDATE, without("session.video"),
      when=asks("video"), touches=SPEECH, model=NEWEST)  # fmt: skip

# -- SDKs

refuses("refuses-null-voice", "03", "`voice: null` is refused", UPDATE, when=asks("voice", None), touches=SDKS)
refuses("refuses-pcm24", "03", "the output format of the Java SDK is refused", UPDATE,
        when=asks("output_audio_format", "pcm24"), touches=SDKS)  # fmt: skip
refuses("refuses-nested-formats", "03", "the formats of the newer SDKs are refused", UPDATE,
        when=asks("audio.output"), touches=SDKS)  # fmt: skip
edits("echoes-old-rate", "03", "the nested input format is echoed as it was", UPDATED,
      put("session.audio.input.format.sample_rate", 16000), touches=SDKS)  # fmt: skip

# -- tools

edits("tools-lose-their-words", "03", "tools are echoed without their descriptions", UPDATED,
      lambda event, session: [entry.get("function", entry).pop("description", None)
                              for entry in at(event, "session.tools") or []], touches=TOOLS)  # fmt: skip
refuses("tools-need-words", "03", "a function without description is refused", UPDATE,
        when=lambda event, session: any("description" not in entry.get("function", entry)
                                        and "name" in entry.get("function", entry)
                                        for entry in _tools(event)), touches=TOOLS)  # fmt: skip
hears("takes-nameless-tools", "03", "a function without a name is confirmed and left out", UPDATE,
      without("session.tools"), when=lambda event, session: any(
          "name" not in entry.get("function", entry) for entry in _tools(event)), touches=TOOLS)  # fmt: skip
hears("tools-stay", "03", "an empty list of tools takes none away", UPDATE, without("session.tools"),
      when=asks("tools", []), touches=TOOLS)  # fmt: skip
hears("takes-odd-tools", "03", "tools that are no list are confirmed and left out", UPDATE, without("session.tools"),
      when=lambda event, session: "tools" in (event.get("session") or {})
      and not isinstance(event["session"]["tools"], list), touches=TOOLS)  # fmt: skip


def _tools(event: Json) -> list[Json]:
    tools = at(event, "session.tools")
    return [entry for entry in tools if isinstance(entry, dict)] if isinstance(tools, list) else []


# -- voices

edits("echoes-but-ignores-voice", "03", "a confirmation shows the default voice", UPDATED,
      lambda event, session: event["session"].update(voice=session.config.model.default_voice),
      touches=VOICES, model=OLDEST)  # fmt: skip
refuses("refuses-default-voice", "03", "the default voice is refused", UPDATE,
        when=lambda event, session: at(event, "session.voice") == session.config.model.default_voice,
        touches=VOICES)  # fmt: skip
refuses("refuses-listed-voices", "03", "of the listed voices only the default is taken", UPDATE,
        when=lambda event, session: at(event, "session.voice") not in {None, "", session.config.model.default_voice},
        touches=VOICES, model=OLDEST)  # fmt: skip
hears("flat-voice-wins", "03", "`session.voice` wins over `audio.output.voice`", UPDATE,
      without("session.audio.output.voice"), when=asks("voice"), touches=VOICES, model=NEWEST)  # fmt: skip

# -- fields of other families

refuses("refuses-foreign-fields", "03", "fields that the family lacks are refused", UPDATE,
        when=lambda event, session: session.current is event and any(
            name in (event.get("session") or {}) for name in ("tools", "enable_search", "audio")),
        touches=("session/OddFields",), model=OLDER)  # fmt: skip
hears("takes-null-formats", "03", "`null` in a format is confirmed and left out", UPDATE, without("session.audio"),
      when=lambda event, session: None in (at(event, "session.audio.input.format") or {"": 0}).values(),
      touches=("session/OddFields",), model=NEWEST)  # fmt: skip
hears("takes-odd-layouts", "03", "a layout that does not fit the channels is confirmed and left out", UPDATE,
      without("session.audio"), when=asks("audio.input.format.channel_layout"),
      touches=("session/OddFields",), model=NEWEST)  # fmt: skip

# -- MCP

edits("tells-mcp-secrets", "03", "a confirmation shows the authorization of an MCP server", UPDATED,
      lambda event, session: [entry.update(authorization="Bearer conformance-secret")
                              for entry in at(event, "session.tools") or []], touches=MCP, model=NEWEST)  # fmt: skip


def _mcp(event: Json) -> Json:
    found = [entry for entry in _tools(event) if entry.get("type") == "mcp"]
    return found[0] if found else {}


hears("takes-mcp-without-url", "03", "an MCP server without address is confirmed and left out", UPDATE,
      without("session.tools"), when=lambda event, session: bool(_mcp(event)) and "server_url" not in _mcp(event),
      touches=MCP, model=NEWEST)  # fmt: skip
hears("takes-long-mcp-labels", "03", "an MCP label of any length is confirmed and left out", UPDATE,
      without("session.tools"), when=lambda event, session: len(str(_mcp(event).get("server_label", ""))) > 64,
      touches=MCP, model=NEWEST)  # fmt: skip
hears("takes-plain-mcp", "03", "an MCP server without TLS is confirmed and left out", UPDATE, without("session.tools"),
      when=lambda event, session: str(_mcp(event).get("server_url", "")).startswith("http:"), touches=MCP,
      model=NEWEST)  # fmt: skip


def _broken(name: str, lie: str, when: When) -> None:
    """MCP entries that break a rule are confirmed and left out."""
    hears(f"takes-mcp-{name}", "03", lie, UPDATE, without("session.tools"), when=when, touches=MCP, model=NEWEST)


def _member(name: str, wrong: Callable[[Any], bool]) -> When:
    return lambda event, session: name in _mcp(event) and wrong(_mcp(event)[name])


_broken(
    "labels-with-blanks", "an MCP label with a blank is confirmed", _member("server_label", lambda label: " " in label)
)
_broken("users", "an MCP address with a user is confirmed", _member("server_url", lambda url: "@" in url))
_broken("long-secrets", "an MCP authorization of any length is confirmed",
        _member("authorization", lambda secret: len(secret) > 8192))  # fmt: skip
_broken("many-headers", "any number of MCP headers is confirmed", _member("headers", lambda headers: len(headers) > 16))
_broken("long-tool-names", "an MCP tool name of any length is confirmed",
        _member("allowed_tools", lambda names: any(len(name) > 64 for name in names)))  # fmt: skip
_broken("other-approvals", "any MCP approval is confirmed",
        _member("require_approval", lambda approval: approval not in {"always", "never"}))  # fmt: skip
_broken("many-servers", "nine MCP servers are confirmed", lambda event, session: len(_tools(event)) > 8)
refuses(
    "one-kind-of-tool",
    "03",
    "a function beside an MCP server is refused",
    UPDATE,
    when=lambda event, session: len({entry.get("type") for entry in _tools(event)}) > 1,
    touches=MCP,
    model=NEWEST,
)
hears("takes-odd-parameters", "03", "parameters of another type are confirmed and left out", UPDATE,
      without("session.tools"), when=lambda event, session: any(
          at(entry, "function.parameters.type") == "array" for entry in _tools(event)), touches=TOOLS)  # fmt: skip


def keeps(name: str, lie: str, field: str, first: int = 1, model: str = USUAL) -> None:
    """After `first` updates of a field every further one is echoed, and what was in force before stays so."""

    @quirk(name, "03", lie, hook="configure", touches=("session/UpdateDuringResponse",), model=model)
    def hold(before: Json, patch: Json, after: Json, session: Session) -> Json:
        if field not in patch:
            return after
        session.memory[f"asked {field}"] = patch[field]
        return {**after, field: before[field]} if count(session, name) > first else after

    @quirk(name, "03", lie)
    def show(event: Json, session: Session) -> list[Json] | None:
        asked = session.memory.get(f"asked {field}")
        if event["type"] != UPDATED or asked is None:
            return None
        return [{**event, "session": {**event["session"], field: asked}}]


keeps("keeps-its-instructions", "third instructions are echoed, and the second stay in force", "instructions", 2)
keeps("keeps-its-length", "a second `max_tokens` is echoed, and the first stays in force", "max_tokens", 2)
keeps("keeps-its-tools", "second tools are echoed, and the first stay in force", "tools")
keeps("keeps-its-modalities", "second modalities are echoed, and the first stay in force", "modalities")
keeps("keeps-its-voice", "a second voice is echoed, and the first stays in force", "voice", model=OLDEST)
