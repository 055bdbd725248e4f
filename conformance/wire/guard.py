"""What one connection receives, masked before anything keeps it; where the server quoted the key is noted before that.

A server that quotes the caller's credential is a defect that users must hear of, and the credential itself must be
nowhere.  So a note says in which frame, header or body it stood and in which form, and no more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from conformance import guarded
from conformance.cut import MASK
from conformance.secrets import Hit, Secrets, covered
from conformance.wire.transcript import Echo, Frame, Handshake

NOTED = 50  # quotes that are noted of one connection: a server that floods with keys has told enough
KINDS = 32  # types of events of which the last one is remembered: a server may invent types without end
SPAN = 1024  # characters on both sides of the seam between two deltas: a long key with all its letters escaped


class Guard:
    """Masks the secrets of a run, and notes which of the credentials that were `sent` come back.

    What was sent and is no secret (a probe's wrong key) is noted and left as it is.  `frames` are those of the
    connection's leg: one is masked again when only the next one shows that a key began in it.
    """

    def __init__(
        self, secrets: Secrets | None = None, sent: Iterable[str] = (), frames: list[Frame] | None = None
    ) -> None:
        self.echoes: list[Echo] = []
        self._secrets = secrets or Secrets()
        sent = tuple(sent)
        self._sent = {number for key in sent if (number := self._secrets.number(key)) is not None}
        self._probes = Secrets(key for key in sent if self._secrets.number(key) is None)
        self._frames = [] if frames is None else frames
        self._before: dict[str, tuple[int, dict[str, Any]]] = {}
        """The last event of each type and where it stands, as it came."""

    def words(self, text: str) -> str:
        """A text that may be kept; what is made of server text but is not its own place."""
        return self._secrets.mask(text)

    def quoted(self, text: str, place: str, at: str | int) -> str:
        """A text of the server that may be kept."""
        hits = self._secrets.hits(text)
        self._note(hits, place, at)
        self._note((hit for hit in self._probes.hits(text) if hit.whole), place, at, probe=True)
        return covered(text, hits) if hits else text

    def handshake(self, done: Handshake) -> Handshake:
        """The opening exchange as it may be kept."""
        sent = tuple((name, self.words(value)) for name, value in done.request_headers)
        heard = tuple((self.words(name), self.quoted(value, "header", self.words(name))) for name, value in
                      done.response_headers)  # fmt: skip
        return replace(
            done, request_headers=sent, response_headers=heard, body=self.quoted(done.body, "body", ""),
            problem=done.problem and self.words(done.problem),
        )  # fmt: skip

    def frame(self, frame: Frame) -> Frame:
        """A frame as it may be kept: itself, with what was read of it, where nothing in it has to be masked.

        What the client sends as data is made of what was kept, so only its answers to pings can hold a secret.
        """
        if frame.side == "client":
            if frame.opcode in {"text", "binary"}:
                return frame
            return self._with_data(frame, self._secrets.mask_bytes(frame.data))
        if frame.text is None:
            whole = frame.data.decode("latin-1")
            return self._with_data(frame, self.quoted(whole, "frame", frame.index).encode("latin-1"))
        text = self._secrets.still_json(frame.text, self.quoted(frame.text, "frame", frame.index))
        text = self._over_a_seam(frame, text)
        return frame if text == frame.text else replace(frame, text=text)

    @staticmethod
    def _with_data(frame: Frame, data: bytes) -> Frame:
        return frame if data == frame.data else replace(frame, data=data)

    def _over_a_seam(self, frame: Frame, kept: str) -> str:
        """A delta as it may be kept, when a secret began in the one before it and ends in this one."""
        index, event = frame.index, frame.event if self._secrets or self._probes else None
        if not isinstance(event, dict) or not isinstance(kind := event.get("type"), str):
            return kept
        at, before = self._before.pop(kind, (-1, {}))
        self._before[kind] = (index, event)
        if len(self._before) > KINDS:
            del self._before[next(iter(self._before))]  # what came longest ago
        seams: dict[str, tuple[str, str]] = {}
        for name, value in event.items():
            left = before.get(name)
            if name != "type" and isinstance(value, str) and isinstance(left, str) and left != value:
                seams[name] = left[-SPAN:], value[:SPAN]
        if not self._anywhere("\n".join(ends + begins for ends, begins in seams.values())):
            return kept  # no secret holds a line end, so none is found, or missed, where two of these meet
        for name, (ends, begins) in seams.items():
            left, value = before[name], event[name]
            for hit in self._secrets.hits(ends + begins):
                if hit.start < len(ends) < hit.end:
                    self._note([hit], "frame", index, "two frames")
                    self._end(at, name, left[: len(left) - len(ends) + hit.start])
                    kept = _with(kept, name, MASK + self.words(value[hit.end - len(ends) :]))
            for hit in self._probes.hits(ends + begins):
                if hit.whole and hit.start < len(ends) < hit.end:
                    self._note([hit], "frame", index, "two frames", probe=True)
        return kept

    def _anywhere(self, text: str) -> bool:
        return self._secrets.found(text) or self._probes.found(text)

    def _end(self, at: int, name: str, value: str) -> None:
        """Mask the end of a member of a frame that is kept already."""
        if at < len(self._frames) and (text := self._frames[at].text) is not None:
            self._frames[at] = replace(self._frames[at], text=_with(text, name, self.words(value) + MASK))

    def _note(self, hits: Iterable[Hit], place: str, at: str | int, over: str = "", *, probe: bool = False) -> None:
        for hit in hits:
            echo = Echo(place, at, f"{hit.form}, over {over}" if over else hit.form, hit.whole)
            if len(self.echoes) < NOTED and echo not in self.echoes and (probe or hit.of in self._sent):
                self.echoes.append(echo)


def _with(text: str, name: str, value: str) -> str:
    """The text of an event with another value for one member."""
    return json.dumps({**guarded.parse(text), name: value}, ensure_ascii=False)
