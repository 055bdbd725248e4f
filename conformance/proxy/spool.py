"""One connection as it is written down while it is open: the JSON lines that `conformance.intake` reads.

Every line is complete when it is written, so whatever happens to the proxy, what was written until then can be judged.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from conformance.intake import scrub
from conformance.intake.export import WORDS
from conformance.proxy.parser import Message
from conformance.secrets import Secrets
from conformance.wire.transcript import Ending, Side

CREDENTIALS = frozenset({"authorization", "api-key"})
BEHIND = 1 << 16  # characters that wait to be written


class Spool:
    """Writes a connection to a file.  The first write that fails is kept in `problem`, and nothing more is tried."""

    def __init__(self, path: Path, secrets: Secrets) -> None:
        self.path = path
        self.problem: str | None = None
        self._secrets = secrets
        self._waiting: list[str] = []
        self._size = 0

    def opened(self, url: str, at: float, **fields: Any) -> None:
        """The handshake; `at` in ms since 1970.  The client's own credential is a secret from now on."""
        sent = (value for name, value in fields.get("request_headers", ()) if name.lower() in CREDENTIALS)
        self._secrets |= [value.split()[-1] for value in sent if value.strip()]
        headers = {name: scrub.headers(fields.pop(name, ())) for name in ("request_headers", "response_headers")}
        told = {"url": scrub.url(url), **headers, **fields}
        self._line(
            event="open", time_ms=at, **json.loads(self._secrets.mask_json(json.dumps(told, ensure_ascii=False)))
        )
        self.flush()

    def crossed(self, side: Side, at: float, message: Message) -> None:
        """A message or a control frame."""
        told: dict[str, Any] = {"direction": WORDS[side], "time_ms": at}
        if message.fragments > 1:
            told["fragments"] = message.fragments
        if message.cut:
            told["cut"] = True
        data = message.data if message.opcode == "text" else self._secrets.mask_bytes(message.data)
        if message.opcode == "close":
            told |= {"opcode": "close", "code": int.from_bytes(data[:2]) if len(data) > 1 else None}
            told["reason"] = self._secrets.mask(data[2:].decode("utf-8", "replace"))
        elif message.opcode == "text":
            try:
                # Masked as it is: in a line of JSON every quote of it would be an escape to be looked at.
                told["data"] = self._secrets.mask_json(data.decode("utf-8", "ignore" if message.cut else "strict"))
            except UnicodeDecodeError:
                told |= {"encoding": "base64", "data": self._base64(data)}
        else:
            told |= {"opcode": message.opcode, "encoding": "base64", "data": self._base64(data)}
        self._line(**told)

    def ended(self, ending: Ending) -> None:
        """How it ended: the last line."""
        told = asdict(ending)
        self._line(
            event="end",
            **told
            | {
                "problem": self._secrets.mask(ending.problem) if ending.problem else None,
                "reason_sent": self._secrets.mask(ending.reason_sent),
                "reason_received": self._secrets.mask(ending.reason_received),
            },
        )
        self.flush()

    def _base64(self, data: bytes) -> str:
        return base64.b64encode(self._secrets.mask_bytes(data)).decode()

    def _line(self, **fields: Any) -> None:
        line = json.dumps({"connection": 1, **fields}, ensure_ascii=False) + "\n"
        self._waiting.append(line)
        self._size += len(line)
        if self._size > BEHIND:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        lines, self._waiting, self._size = "".join(self._waiting), [], 0
        if not lines or self.problem is not None:
            return
        try:
            with self.path.open("ab", buffering=0) as file:
                file.write(lines.encode("utf-8", "backslashreplace"))
        except OSError as problem:
            self.problem = f"{self.path.name} could not be written: {problem.strerror or problem}"
