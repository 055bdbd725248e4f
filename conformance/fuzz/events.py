"""The moves of generated conversations: what a client might do next, valid or broken.

A move is a small JSON object, so that a script can be written to a file, read by a person and held again:

    {"do": "send", "event": {…}, "wait": "answer"}   a client event as it stands
    {"do": "text", "text": "{bad"}                   a text frame as it stands
    {"do": "audio", "sound": "tone", "ms": 100}      a named sound; `ms` for those that can be of any length; in
                                                     packets of `packet` ms, 100 where it is not said
    {"do": "image", "name": "tiny_16x16.jpg"}        a named picture
    {"do": "result", "output": "42"}                 the result of the newest call of a tool
    {"do": "wait"}                                   let a response come to its end
    {"do": "reconnect"}                              close, and go on with a new connection

`wait` says how patient the client is after a move: "answer" (the default) waits for what acknowledges the event, "none"
goes on at once, "end" waits for the end of the response.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable

from conformance.fuzz import values
from conformance.fuzz.choice import Chooser, chance, pick
from conformance.fuzz.states import Pair, pair
from conformance.fuzz.values import Json
from conformance.fuzz.view import CALL, ODD_SOUNDS, Move, View
from conformance.judge import schema
from conformance.spec.profiles import Profile

LONGEST = 12  # moves of a script; what breaks a session takes a few moves, and a run holds many scripts
DEEPEST = 60  # moves of a script that is asked for by name: several turns, modes and connections
RECONNECTS = 4  # of a hundred moves of a long script
TRIES = 4  # moves of which a long script takes the one that leads where the run was least often
SPEECH = ("hello", "nihao")
SOUNDS = ("silence", "noise", "tone")
IMAGES = ("tiny_16x16.jpg", "tiny_16x16.jpg", "small_320x240.jpg", "square.png", "cut.jpg", "foreign")
# "Count to 40." takes a while, so that there is something to cancel; the session's max_tokens keep it cheap.
ASKED = ("Say hello.", "Count to 40.")
TOKENS = 64
CLOCK = {
    "type": "function",
    "function": {
        "name": "get_time",
        "description": "Tells the time.",
        "parameters": {"type": "object", "properties": {}},
    },
}
FRAGMENTS = (
    "{bad",
    "",
    "null",
    "42",
    '"session.update"',
    "[]",
    "{}",
    '{"type":7}',
    '{"type":null}',
    '{"type":""}',
    '{"type":"session.update","session":',
    '{"type":"session.update","session":{"temperature":NaN}}',
    '{"type":"session.update","type":"session.update","session":{}}',
    '[{"type":"session.update","session":{}}]',
    '{"type":"session.update","session":{"instructions":"\\ud800"}}',
    "[" * 64,
)
STRANGERS = (
    "no.such.event",
    "conversation.item.delete",
    "conversation.item.truncate",
    "conversation.item.retrieve",
    "output_audio_buffer.clear",
    "session.updated",
    "Session.Update",
    "response.création",
)


Maker = Callable[[Chooser, View, Profile], Move]


def opening(chooser: Chooser, profile: Profile) -> Move:
    """The first move of every script: text replies and short ones, since a generated conversation is not to be dear."""
    session: Json = {"modalities": ["text"], "max_tokens": TOKENS}
    if not profile.can("sampling"):
        del session["max_tokens"]
    if chance(chooser, 50):
        session["turn_detection"] = None
    if profile.can("tools") and chance(chooser, 30):
        session["tools"] = [CLOCK]
    return _send({"type": "session.update", "session": session})


def _send(event: Json, wait: str = "answer") -> Move:
    return {"do": "send", "event": event, "wait": wait}


def _patience(chooser: Chooser) -> str:
    return "none" if chance(chooser, 25) else "answer"


def _update(chooser: Chooser, _view: View, profile: Profile) -> Move:
    session = values.session(chooser, profile)
    if "modalities" in session and not chance(chooser, 25):
        session["modalities"] = ["text"]
    return _send({"type": "session.update", "session": session}, _patience(chooser))


def _turns(chooser: Chooser, view: View, _profile: Profile) -> Move:
    turned = None if not view.manual else {"type": "server_vad"}
    return _send({"type": "session.update", "session": {"turn_detection": turned}}, _patience(chooser))


def _voice(chooser: Chooser, _view: View, profile: Profile) -> Move:
    """A voice of the model, or one of nobody's, which may end the session (C39)."""
    voice = pick(chooser, (profile.default_voice, "", "Nobody"))
    return _send({"type": "session.update", "session": {"voice": voice}})


def _only_audio(_chooser: Chooser, _view: View, _profile: Profile) -> Move:
    """The mistake whose error is documented word for word (E1)."""
    return _send({"type": "session.update", "session": {"modalities": ["audio"]}})


def _write(chooser: Chooser, view: View, _profile: Profile) -> Move:
    said = CALL if view.tools and chance(chooser, 60) else pick(chooser, ASKED)
    text = pick(chooser, values.TEXTS) if chance(chooser, 20) else said
    item: Json = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    if chance(chooser, 20):
        item["id"] = pick(chooser, view.ids) if view.ids and chance(chooser, 50) else f"item_mine_{len(view.ids)}"
    return _send({"type": "conversation.item.create", "item": item}, _patience(chooser))


def _odd_item(chooser: Chooser, _view: View, _profile: Profile) -> Move:
    items: tuple[Json, ...] = (
        {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "Hello."}]},
        {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be brief."}]},
        {"type": "message", "role": "user", "content": []},
        {"type": "function_call_output", "call_id": "call_nobody_made", "output": "42"},
        {"type": "function_call", "name": "get_time", "call_id": "call_mine", "arguments": "{}"},
        {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True},
        {},
    )
    return _send({"type": "conversation.item.create", "item": pick(chooser, items)})


def _create(chooser: Chooser, _view: View, profile: Profile) -> Move:
    event: Json = {"type": "response.create"}
    if chance(chooser, 25):
        event = values.made("response.create", chooser, profile)
        if isinstance(event.get("response"), dict) and not chance(chooser, 25):
            event["response"].pop("modalities", None)
    return _send(event, pick(chooser, ("end", "answer", "none")))


def _bare(kind: str) -> Maker:
    def make(chooser: Chooser, _view: View, _profile: Profile) -> Move:
        return _send({"type": kind}, _patience(chooser))

    return make


def _speech(chooser: Chooser, _view: View, _profile: Profile) -> Move:
    return {"do": "audio", "sound": pick(chooser, SPEECH)}


def _sound(chooser: Chooser, _view: View, _profile: Profile) -> Move:
    return {"do": "audio", "sound": pick(chooser, SOUNDS), "ms": pick(chooser, (1200, 100, 20))}


def _odd_sound(chooser: Chooser, _view: View, _profile: Profile) -> Move:
    return {"do": "audio", "sound": pick(chooser, ODD_SOUNDS)}


def _image(chooser: Chooser, _view: View, _profile: Profile) -> Move:
    return {"do": "image", "name": pick(chooser, IMAGES)}


def _result(chooser: Chooser, _view: View, _profile: Profile) -> Move:
    return {"do": "result", "output": pick(chooser, ("42", "", "你好"))}


def _wait(_chooser: Chooser, _view: View, _profile: Profile) -> Move:
    return {"do": "wait"}


def _broken(chooser: Chooser, view: View, profile: Profile) -> Move:
    kinds = [kind for kind in schema.client_types() if "append" not in kind]
    kind = pick(chooser, kinds)
    event = values.made(kind, chooser, profile)
    if kind == "session.update":
        event["session"] = values.session(chooser, profile)
    elif kind == "conversation.item.create":
        event = copy.deepcopy(_write(chooser, view, profile)["event"])
    return _send(values.spoiled(event, chooser))


def _broken_append(chooser: Chooser, _view: View, _profile: Profile) -> Move:
    name = pick(chooser, ("audio", "image"))
    event: Json = {"type": f"input_{name}_buffer.append"}
    if not chance(chooser, 30):
        event[name] = pick(chooser, values.WRONG)
    return _send(event)


def _same_id(chooser: Chooser, view: View, _profile: Profile) -> Move:
    name = pick(chooser, view.ids) if view.ids else f"event_mine_{len(view.ids)}"
    return _send({"event_id": name, "type": "session.update", "session": {"instructions": "Be brief."}})


def _stranger(chooser: Chooser, _view: View, _profile: Profile) -> Move:
    return _send({"type": pick(chooser, STRANGERS), "item_id": "item_nobody_made"})


def _fragment(chooser: Chooser, _view: View, _profile: Profile) -> Move:
    return {"do": "text", "text": pick(chooser, FRAGMENTS)}


# How often each is made, out of the sum; the simplest first, so that a shrunk script is made of those.
MENU: tuple[tuple[int, Maker], ...] = (
    (14, _write),
    (16, _create),
    (8, _update),
    (5, _turns),
    (8, _speech),
    (6, _sound),
    (7, _bare("input_audio_buffer.commit")),
    (4, _bare("input_audio_buffer.clear")),
    (7, _bare("response.cancel")),
    (4, _wait),
    (4, _image),
    (2, _only_audio),
    (1, _voice),
    (3, _bare("session.finish")),
    (2, _odd_item),
    (3, _odd_sound),
    (6, _broken),
    (2, _broken_append),
    (2, _same_id),
    (2, _stranger),
    (3, _fragment),
)
_TOTAL = sum(weight for weight, _ in MENU)


def next_move(chooser: Chooser, view: View, profile: Profile) -> Move:
    """A further move; where the view makes one likely to matter, that one more often."""
    if view.called and chance(chooser, 40):
        return _result(chooser, view, profile)
    if view.asked and chance(chooser, 40):
        return _create(chooser, view, profile)
    if view.active and chance(chooser, 20):
        return _bare("response.cancel")(chooser, view, profile)
    if view.waiting and chance(chooser, 30):
        # A turn ends by a commit, or by enough silence for voice detection.
        ends: Move = {"do": "audio", "sound": "silence", "ms": 1500}
        return _send({"type": "input_audio_buffer.commit"}, _patience(chooser)) if view.manual else ends
    at = chooser.below(_TOTAL)
    for weight, maker in MENU:
        at -= weight
        if at < 0:
            return maker(chooser, view, profile)
    raise AssertionError("the weights add up")


def script(chooser: Chooser, profile: Profile, longest: int = LONGEST) -> list[Move]:
    """A script of two to `longest` moves."""
    view = View()
    moves = [opening(chooser, profile)]
    view.take(moves[0])
    for _ in range(1 + chooser.below(longest - 1)):
        move = next_move(chooser, view, profile)
        view.take(move)
        moves.append(move)
    return moves


def long_script(chooser: Chooser, profile: Profile, longest: int, seen: Counter[Pair | None]) -> list[Move]:
    """A script of half of `longest` moves or more, over several connections, that goes where the run was least often.

    `seen` counts the pairs of event and state that the run's scripts have had, and is counted on.
    """
    view = View()
    moves: list[Move] = []

    def add(move: Move) -> None:
        seen[pair(move, view)] += 1
        view.take(move)
        moves.append(move)

    add(opening(chooser, profile))
    count = longest - chooser.below(longest // 2 + 1)
    while len(moves) < count:
        if chance(chooser, RECONNECTS):
            add({"do": "reconnect"})
            add(opening(chooser, profile))
        else:
            proposed = [next_move(chooser, view, profile) for _ in range(TRIES)]
            add(min(proposed, key=lambda move: seen[pair(move, view)]))  # the first of those that are equal
    return moves[:longest]
