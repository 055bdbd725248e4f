"""The mock as a developer's tool: what can be listed and watched from the command line."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response

from conformance import guarded, secrets
from conformance.clients import scenarios
from conformance.mock import switches
from conformance.mock.ledger import Call
from conformance.mock.link import Link
from conformance.mock.quirks import REGISTRY
from conformance.mock.witness import Side, Witness
from conformance.spec.catalogue import questions

Kind = Literal["quirks", "switches", "scenarios"]
KINDS: tuple[Kind, ...] = ("quirks", "switches", "scenarios")
WIDTH = 200  # characters of a line of the log


def listed(kind: Kind) -> Iterator[str]:
    """Every name of a kind with what it means, a line each."""
    if kind == "quirks":
        yield from _columns({name: quirk.lie for name, quirk in sorted(REGISTRY.items())})
    elif kind == "scenarios":
        yield from _columns({name: row.says for name, row in scenarios.known().items()})
    else:
        asked = {row.id.lower().removeprefix("q-"): row.ask for row in questions().values()}
        for name, values in sorted(switches.known().items()):
            yield f"{name}={'|'.join(values)}  {asked.get(name, '')}".rstrip()


def _columns(rows: dict[str, str]) -> Iterator[str]:
    width = max(map(len, rows))
    return (f"{name:{width}}  {words}" for name, words in rows.items())


class Log(Witness):
    """Writes a readable line for each frame: when, which connection, who, what."""

    def __init__(self, say: Callable[[str], None] | None = None) -> None:
        self._say = say or (lambda line: print(line, file=sys.stderr, flush=True))
        self._secrets = secrets.held(os.environ)
        self._numbers: dict[int, int] = {}
        self._links: list[Link] = []  # keeps their ids from being used again

    def answered(self, link: Link, request: Request, response: Response) -> None:
        """Tell of an upgrade."""
        self._links.append(link)
        self._numbers[id(link)] = len(self._numbers) + 1
        body = (response.body or b"").decode("utf-8", "replace") if response.status_code != 101 else ""
        self._tell(link, "-", f"{request.path} HTTP {response.status_code} {body}")

    def crossed(self, link: Link, side: Side, frame: Frame) -> None:
        """Tell of a frame."""
        data = bytes(frame.data)
        if frame.opcode is Opcode.TEXT:
            words = event(data.decode("utf-8", "replace"))
        elif frame.opcode is Opcode.CLOSE:
            code = str(int.from_bytes(data[:2])) if len(data) >= 2 else "without a code"
            words = f"close {code} {data[2:].decode('utf-8', 'replace')}"
        else:
            words = f"{frame.opcode.name.lower()} of {len(data)} bytes"
        self._tell(link, ">" if side == "client" else "<", words)

    def ended(self, link: Link) -> None:
        """Tell of the end of TCP."""
        if id(link) in self._numbers:
            how = " by a reset" if link.reset else ""
            self._tell(link, "-", f"TCP ended by the {link.left}{how}")

    def listed(self, link: Link, call: Call) -> None:
        """Say nothing: the ledger shows it."""

    def _tell(self, link: Link, mark: str, words: str) -> None:
        now = time.time()
        at = time.strftime("%H:%M:%S", time.localtime(now)) + f".{int(now * 1000) % 1000:03}"
        line = f"{at} #{self._numbers.get(id(link), 0)} {mark} {words}".rstrip()
        line = "".join(letter if letter.isprintable() else " " for letter in self._secrets.mask(line))
        self._say(line if len(line) <= WIDTH else line[: WIDTH - 1] + "…")


def event(text: str) -> str:
    """An event in a line: its type and what is in it, audio and pictures by their size."""
    try:
        found = guarded.parse(text)
    except guarded.Refused:
        return f"no JSON: {text}"
    if not isinstance(found, dict):
        return f"no event: {text}"
    rest = {name: _short(name, value) for name, value in found.items() if name not in {"type", "event_id"}}
    return f"{found.get('type')} {json.dumps(rest, ensure_ascii=False) if rest else ''}".rstrip()


def _short(name: str, value: Any) -> Any:
    long = isinstance(value, str) and len(value) > 100 and name in {"audio", "image", "delta"}
    return f"{len(value)} characters of Base64" if long else value
