"""What most of a run hangs on: one sentence for each thing that is the same everywhere, with the checks that follow.

Told by what crossed the wire: a request that is never acknowledged in the whole run, in several conversations, and what
it gets instead; and names of events that no source of this family has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.cut import cut
from conformance.judge.rules.envelope import LATER_DIALECT
from conformance.report.case import Case
from conformance.report.html_text import plural
from conformance.report.ineffective import without_effect
from conformance.wire.transcript import Frame, Leg, Transcript

ACKNOWLEDGED = {
    "session.update": "session.updated",
    "conversation.item.create": "conversation.item.created",
    "input_audio_buffer.commit": "input_audio_buffer.committed",
    "response.create": "response.created",
}
"""What answers a request that was carried out, in the order in which sessions need them."""
UPDATE = "session.update"
OTHERS = tuple(kind for kind in ACKNOWLEDGED if kind != UPDATE)
SEVERAL = 3  # conversations
LONGEST = 200  # characters of an event
Place = tuple[str, int, int | None]
Found = tuple[str, set[str], str]
"""What is the same, in which conversations, and what to do about it."""
ALIKE = 0.8  # of the answers have the same words
HANGS = frozenset({"fail", "blocked", "inconclusive"})


@dataclass(frozen=True)
class Cause:
    """One thing that is the same in the whole run, the conversations that show it, and the checks that hang on it.

    `remedy` says what to do about one that keeps everything else from being asked; it is no part of `summary.json`.
    """

    words: str
    conversations: tuple[str, ...]
    checks: tuple[str, ...]
    remedy: str = ""

    def to_json(self) -> dict[str, Any]:
        """The form of `summary.json`."""
        return {"words": self.words, "conversations": list(self.conversations), "checks": list(self.checks)}

    @property
    def sentence(self) -> str:
        """The cause and how much of the run it takes."""
        count = len(self.checks)
        return f"{self.words}; {plural(count, 'check')} {'hangs' if count == 1 else 'hang'} on it."


def causes(held: Iterable[Transcript], judged: Iterable[Case]) -> list[Cause]:
    """The causes that hold some check up, each check under the first that explains it."""
    held, left = list(held), [case for case in judged if case.verdict in HANGS]
    found = []
    refused = filter(
        None,
        (
            _binary(held),
            _refused(UPDATE, held),
            _part(held),
            *(_refused(kind, held) for kind in OTHERS),
        ),
    )
    lost = without_effect(held)
    kept = [] if lost is None else [(*lost, "")]  # beside it everything can be asked
    for words, names, remedy in [*refused, *kept, *_foreign(held)]:
        mine = [case for case in left if _within(case, names)]
        left = [case for case in left if case not in mine]
        if mine:
            found.append(Cause(words, tuple(sorted(names)), tuple(case.id for case in mine), remedy))
    return found + _of_one_event(held, left)


def _of_one_event(held: list[Transcript], left: list[Case]) -> list[Cause]:
    """Events of which several checks say that something is wrong: one of all of them, the others of no other ones."""
    by_name = {transcript.conversation: transcript for transcript in held}
    places = {
        case.id: frozenset((one.conversation, one.connection, one.frame) for one in case.findings)
        for case in left
        if case.verdict == "fail" and case.findings and case.places == len(case.findings)
    }
    waiting = sorted((case for case in left if case.id in places), key=lambda case: -len(places[case.id]))
    found = []
    while waiting:
        widest = places[waiting[0].id]
        mine = [case for case in waiting if places[case.id] <= widest]
        waiting = [case for case in waiting if case not in mine]
        words = sorted(filter(None, (_shown(by_name, place) for place in widest)))
        if len(mine) >= SEVERAL and words:
            names = tuple(sorted({place[0] for place in widest}))
            more = f" and {len(words) - 1} more" if len(words) > 1 else ""
            told = f"one event is wrong in several ways: {words[0]}{more}"
            found.append(Cause(told, names, tuple(case.id for case in mine)))
    return found


def _shown(held: dict[str, Transcript], place: Place) -> str:
    """The frame at a place, cut; empty where there is none."""
    name, connection, number = place
    transcript = held.get(name)
    if transcript is None or number is None or not 0 <= connection < len(transcript.legs):
        return ""
    frames = transcript.legs[connection].frames
    return cut(frames[number].text or "", LONGEST) if 0 <= number < len(frames) else ""


def _within(case: Case, names: set[str]) -> bool:
    """Whether a check was judged on these conversations alone."""
    where = {case.conversation} if case.conversation else {one.conversation for one in case.findings}
    return bool(where) and where <= names


def _binary(held: list[Transcript]) -> Found | None:
    """A server whose events are all in binary frames says nothing that this protocol has."""
    said = {
        transcript.conversation: {
            frame.opcode for leg in transcript.legs for frame in leg.frames if frame.side == "server"
        }
        & {"text", "binary"}
        for transcript in held
    }
    spoke = {name for name, opcodes in said.items() if opcodes}
    if len(spoke) < SEVERAL or any("text" in opcodes for opcodes in said.values()):
        return None
    remedy = "Ask the vendor to send every event in a text frame, then run all of it again."
    return "every event of the server comes in a binary frame, and none of them can be read", spoke, remedy


def _refused(kind: str, held: list[Transcript]) -> Found | None:
    """What becomes of every request of a kind that is never acknowledged, and in which conversations."""
    sent: list[tuple[str, str]] = []
    for transcript in held:
        for leg in transcript.legs:
            asked = [frame for frame in leg.frames if frame.side == "client" and frame.type == kind]
            later = leg.frames[asked[0].index :] if asked else ()  # an item may come of speech, too
            if any(frame.side == "server" and frame.type == ACKNOWLEDGED[kind] for frame in later):
                return None
            sent += [(transcript.conversation, _fate(leg, frame)) for frame in asked]
    names = {name for name, _ in sent}
    said = Counter(fate for _, fate in sent if fate)
    if len(names) < SEVERAL or not said:
        return None
    fate, times = said.most_common(1)[0]
    if times < ALIKE * sum(said.values()):
        fate = f"in {len(said)} ways, most often {fate}"
    return f"none of {len(sent)} `{kind}` was carried out: {fate}", names, _ask(f"`{kind}`")


def _part(held: list[Transcript]) -> Found | None:
    """A member that no update may have: each one with it is refused, others are confirmed; the one that costs most."""
    fates: dict[str, list[tuple[str, str]]] = {}
    taken: set[str] = set()
    for transcript in held:
        for leg in transcript.legs:
            for frame in leg.frames:
                asked = frame.event.get("session") if frame.side == "client" and frame.type == UPDATE else None
                if not isinstance(asked, dict):
                    continue
                members = {f"{name}: null" if value is None else name for name, value in asked.items()}
                fate = _fate(leg, frame)
                if any(one.type == ACKNOWLEDGED[UPDATE] for one in _until_next(leg, frame)) or not fate:
                    taken |= members
                for name in members:
                    fates.setdefault(name, []).append((transcript.conversation, fate))
    worst: Found | None = None
    for name in sorted(set(fates) - taken):
        names = {conversation for conversation, _ in fates[name]}
        fate, times = Counter(fate for _, fate in fates[name]).most_common(1)[0]
        if len(names) < SEVERAL or times < ALIKE * len(fates[name]) or not taken:
            continue
        if worst is None or len(names) > len(worst[1]):
            words = f"none of {len(fates[name])} `{UPDATE}` with `{name}` was carried out: {fate}"
            worst = words, names, _ask(f"`{UPDATE}` with `{name}`")
    return worst


def _ask(what: str) -> str:
    """What to do where a request is never carried out."""
    return f"Ask the vendor why no {what} is carried out, then run all of it again."


def _until_next(leg: Leg, request: Frame) -> Iterator[Frame]:
    """What comes between a request and the client's next one."""
    for frame in leg.frames[request.index + 1 :]:
        if frame.side == "client" and frame.opcode == "text":
            return
        yield frame


def _fate(leg: Leg, request: Frame) -> str:
    """What a request got: the words of an error, the end of the connection; empty when nothing tells."""
    errors = [frame for frame in _until_next(leg, request) if frame.side == "server" and frame.type == "error"]
    if errors:  # of several the first ones may be about what was sent before
        error = errors[-1].event.get("error")
        message = error.get("message") if isinstance(error, dict) else error
        return f"refused with {cut(str(message), 200)!r}"
    ending = leg.ending
    if ending.first == "server":
        how = f"{ending.code_received or ending.tcp_words} {ending.reason_received or ''}".rstrip()
        return f"the connection ended ({how})"
    return "no answer"


def _foreign(held: list[Transcript]) -> Iterator[Found]:
    """The names of the later dialect that a server uses in place of this family's."""
    seen = [
        (transcript.conversation, frame.type)
        for transcript in held
        for leg in transcript.legs
        for frame in leg.frames
        if frame.side == "server" and frame.type is not None and frame.type.startswith(LATER_DIALECT)
    ]
    names, kinds = {name for name, _ in seen}, {kind for _, kind in seen}
    if len(names) >= SEVERAL:
        words = f"the server speaks another dialect, with names such as {', '.join(sorted(kinds)[:4])}"
        yield words, names, "Ask the vendor which endpoint and model speak this protocol, then run all of it there."
