"""A person as the reader: a form of JSON lines, to be completed from what the console shows.

A line is a session.  `shown` is the console's word for it, verbatim ("Failed", "成功"; "not listed" where the session
is missing); a line without it has not been filled in.  `seen_at` is when it was seen, ISO 8601 with a zone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conformance import guarded
from conformance.status.model import Json, NotObservable, Session
from conformance.status.rows import moment, number, status_of, text

BLANK: Json = {
    "shown": "",
    "code": "",
    "error": "",
    "request_id": "",
    "tokens": None,
    "console": "",
    "seen_at": "",
    "by": "",
}


def write_form(path: Path | str, sessions: Sequence[Session]) -> None:
    """Write the form for some sessions, in their order.  What is in the way is left alone: somebody may have read it.

    A line says what a console shows of a call, to find it by: begin and end to the second, tokens, the id that the
    handshake's answer gave.  Raises FileExistsError.
    """
    with Path(path).open("x", encoding="utf-8", errors="backslashreplace") as form:  # half a surrogate pair: escaped
        for one in sessions:
            asked = {
                "path": one.path,
                "began": _second(one.t_open),
                "ended": _second(one.t_close),
                "tokens_of_replies": one.tokens,
                "session_id": one.session_id,
                "id_of_handshake": one.request_id,
                "t_open": one.t_open,
                "t_close": one.t_close,
            }
            form.write(json.dumps({**asked, **BLANK}, ensure_ascii=False) + "\n")


def _second(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


class FileReader:
    """Reads a completed form.

    `expect` tells it which sessions there were; then a line about any other is refused.
    """

    name = "file"
    poll_s = 1.0
    missing = "not_visible_yet"  # a line that nobody filled in says nothing

    def __init__(self, path: Path | str, sessions: Sequence[Session] | None = None) -> None:
        self.path = Path(path)
        self._known: dict[tuple[str | None, str], Session] | None = None
        if sessions is not None:
            self.expect(sessions)

    def expect(self, sessions: Sequence[Session]) -> None:
        """Take only lines about these sessions."""
        self._known = {(one.session_id, one.path): one for one in sessions}

    def rows(self, since_ms: int, until_ms: int) -> list[Json]:
        """Return a row for each line that is filled in, whatever the window: a person chose the lines."""
        del since_ms, until_ms
        try:
            lines = self.path.read_text(encoding="utf-8-sig").splitlines()
        except OSError as problem:
            raise NotObservable("no_reader_configured", f"{self.path}: {problem.strerror}") from None
        except UnicodeDecodeError:
            raise NotObservable("malformed", f"{self.path} is not UTF-8") from None
        found = [self._row(position, line) for position, line in enumerate(lines, 1) if line.strip()]
        rows = [row for row in found if row is not None]
        self._check_single(rows)
        return rows

    def _row(self, position: int, line: str) -> Json | None:
        given = self._object(position, line)
        session = self._session(position, given)
        shown = text(given.get("shown"))
        if not shown:
            return None
        self._check_time(position, given, session)
        code = text(given.get("code"))
        row: Json = {
            "path": session.path,
            "t_open": session.t_open,
            "shown": shown,
            "task_uuid": session.session_id,
            "request_id": text(given.get("request_id")),
            "error_message": text(given.get("error")),
            "console": text(given.get("console")),
            "seen_at": text(given.get("seen_at")),
            "by": text(given.get("by")),
        }
        # "Failed" says the least, and a code next to it says which; every other word stands for itself.
        row |= {self._code_name(position, shown, code): code} if code else {}
        tokens = number(given.get("tokens"))
        return row if tokens is None else {**row, "usage": {"total_tokens": tokens}}

    def _code_name(self, position: int, shown: str, code: str) -> str:
        word, coded = status_of(None, shown), status_of(code)
        good = "succeeded" in {word, coded}
        if good and word != coded and "unknown" not in {word, coded}:
            raise self._wrong(position, f"shown {shown!r} and code {code!r} contradict each other")
        return "status_code" if word == "failed_unspecified" and coded != "unknown" else "code"

    def _object(self, position: int, line: str) -> Json:
        try:
            given = guarded.parse(line)
        except guarded.Refused:
            raise self._wrong(position, "it is not JSON") from None
        if not isinstance(given, dict):
            raise self._wrong(position, "it is not a JSON object")
        return given

    def _session(self, position: int, given: Json) -> Session:
        identity, path = given.get("session_id"), given.get("path")
        opened, closed = number(given.get("t_open")), number(given.get("t_close"))
        if not (identity is None or isinstance(identity, str)) or not isinstance(path, str):
            raise self._wrong(position, "session_id or path is missing")
        if opened is None or closed is None:
            raise self._wrong(position, "t_open or t_close is missing")
        if self._known is None:
            return Session(identity, path, int(opened), int(closed))
        if (identity, path) not in self._known:
            raise self._wrong(position, f"there was no session {identity} with the path {path}")
        return self._known[identity, path]

    def _check_time(self, position: int, given: Json, session: Session) -> None:
        seen = _when(given.get("seen_at"))
        if seen is None:
            raise self._wrong(position, "seen_at is no time such as 2026-10-04T12:30:00+08:00")
        # Written to the second, so a look within the second of the close is no look before it.
        if seen < session.t_close // 1000 * 1000:
            raise self._wrong(position, "seen_at is before the session was closed")

    def _check_single(self, rows: Sequence[Json]) -> None:
        seen: set[tuple[Any, Any, Any]] = set()
        for row in rows:
            identity = (row["task_uuid"], row["path"], row["t_open"])
            if identity in seen:
                raise NotObservable("malformed", f"{self.path}: two lines are about {row['task_uuid'] or row['path']}")
            seen.add(identity)

    def _wrong(self, position: int, words: str) -> NotObservable:
        return NotObservable("malformed", f"{self.path}, line {position}: {words}")


def _when(value: Any) -> float | None:
    """Return a time in ms; 3.11 and later take the "Z" that people write."""
    try:
        datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return moment(value)
