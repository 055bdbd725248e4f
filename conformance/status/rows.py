"""The one parser of audit rows: the log service's, the `bl` command's, the mock's, a person's.

The same call is written in several ways: numbers as strings, `usage`, `extras` and `originLog` as objects or as JSON in
a string, the whole row in a `message` string, snake_case or camelCase, any key missing.  Nothing here fails on a row
that it does not understand; such a row is `unknown`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conformance import guarded
from conformance.status.model import Json

# Identify the account, or the person at the client.  Names are compared without case and punctuation, by their end:
# `client_ip`, `clientIp`, `__tag__:__client_ip__`, `apikey_id`, `apiKeyId`.
PRIVATE_ENDS = ("clientip", "apikeyid", "userid", "accountid")
PRIVATE = frozenset({"uid", "aliuid", "aliyunuid", "calleruid", "parentuid", "owneruid"})

# Worst first.  `in_progress` stands before what is final and harmless: something worse may still come.
WORST = (
    "failed_server",
    "failed_client",
    "failed_throttled",
    "failed_unspecified",
    "in_progress",
    "cancelled",
    "unknown",
    "absent",
    "succeeded",
)

# Words for a status, lower case: the filter classes of the audit log and what consoles show.
WORDS = {
    "success": "succeeded",
    "succeeded": "succeeded",
    "成功": "succeeded",
    "client_error": "failed_client",
    "server_error": "failed_server",
    "cancel": "cancelled",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "取消": "cancelled",
    "已取消": "cancelled",
    "failed": "failed_unspecified",
    "失败": "failed_unspecified",
    "in progress": "in_progress",
    "in_progress": "in_progress",
    "running": "in_progress",
    "进行中": "in_progress",
    "运行中": "in_progress",
    "absent": "absent",
    "not listed": "absent",
}

_CODES = ("status_code", "statusCode", "httpStatusCode", "http_status_code")
_WORDS = ("statusCodeType", "statusCodeTypes", "status_code_type", "status", "shown")
_TASKS = ("task_uuid", "taskUuid")
_REQUESTS = ("request_id", "requestId", "modelRequestId", "model_request_id")
_STARTS = ("start_unix_timestamp", "startTime", "start_time")
_ENDS = ("end_unix_timestamp", "endTime", "end_time")
_DURATIONS = ("duration", "callDuration", "call_duration")
_MODELS = ("model", "modelName", "model_name")
_ERRORS = ("error_code", "errorCode")
_MESSAGES = ("error_message", "errorMessage", "message")


@dataclass(frozen=True)
class Row:
    """A row understood: ids "" and times None where the source gives none, `started` and `duration` in ms."""

    raw: Json
    task: str
    request: str
    status: str
    error: str
    started: float | None
    duration: float | None
    usage: Json | None
    model: str = ""


def parse(given: Mapping[str, Any]) -> Row:
    """Return what a row says."""
    raw = unwrap(given)
    begun, duration = _first(raw, _STARTS), number(_first(raw, _DURATIONS))
    code, message = text(_first(raw, _ERRORS)), text(_first(raw, _MESSAGES))
    usage = as_object(raw.get("usage"))
    return Row(
        raw=raw,
        task=text(_first(raw, _TASKS)),
        request=text(_first(raw, _REQUESTS)),
        status=_status(raw, running=begun is not None and duration is None and not code),
        error=": ".join(part for part in (code, message) if part),
        started=moment(begun),
        duration=duration,
        usage=_numbers(usage) if usage else None,
        model=text(_first(raw, _MODELS)),
    )


def unwrap(given: Mapping[str, Any]) -> Json:
    """Return the row itself: out of `message`, and with what only `originLog` has."""
    row = dict(given)
    inner = as_object(row.get("message"))
    if inner is not None:
        row = {**row, **inner}
        if "message" not in inner:
            del row["message"]
    origin = as_object(_first(row, ("originLog", "origin_log")))
    if origin is not None:
        told = {key: value for key, value in row.items() if not _missing(value)}
        row = {**unwrap(origin), **told}
    return row


def status_of(code: Any, word: Any = None) -> str | None:
    """Return the status of a code or, without one, of a word; None when neither is there.

    A code that is there and means nothing is `unknown`, whatever the word says: then the row contradicts itself.
    """
    if not _missing(code):
        value = number(code)
        if value is None:
            return WORDS.get(text(code).lower(), "unknown")
        return _by_number(value)
    if isinstance(word, list):
        word = word[0] if len(word) == 1 else None
    if _missing(word):
        return None
    value = number(word)
    if value is not None:
        return _by_number(value)
    return WORDS.get(text(word).lower(), "unknown")


def worst(statuses: Iterable[str]) -> str:
    """Return the worst of some statuses; `unknown` of none."""
    return min(statuses, key=WORST.index, default="unknown")


def understood(rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Return what rows say, without repetitions."""
    return distinct(map(parse, rows))


def distinct(rows: Iterable[Row]) -> list[Row]:
    """Return the rows without repetitions: delivery may write a row twice, and pages may overlap.

    Rows are the same when all they say is; keys that start with `__` are the delivery's, not the row's.
    """
    found: dict[str, Row] = {}
    for row in rows:
        kept = {key: value for key, value in row.raw.items() if not key.startswith("__")}
        found.setdefault(json.dumps(kept, sort_keys=True, default=str), row)
    return list(found.values())


def total(usages: Iterable[Mapping[str, Any]]) -> Json | None:
    """Return the sum of usages key by key; None of none."""
    found: Json | None = None
    for usage in usages:
        found = _sum(found or {}, usage)
    return found


def tokens_of(usage: Mapping[str, Any] | None) -> float | None:
    """Tokens in all: `total_tokens`, or both sides; None where it is not told."""
    if usage is None:
        return None
    whole = number(usage.get("total_tokens"))
    sides = [number(usage.get(name)) for name in ("input_tokens", "output_tokens")]
    return whole if whole is not None else sum(side for side in sides if side is not None) if any(sides) else None


def redact(row: Mapping[str, Any]) -> Json:
    """Return the row without what identifies the account, however deep it stands and even in JSON strings."""
    cleaned: Json = _without(dict(row))
    return cleaned


def number(value: Any) -> float | None:
    """Return a finite number or one in a string; None of anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def moment(value: Any) -> float | None:
    """Return a time in ms of the Unix epoch, given in ms, in seconds or as ISO 8601 with a zone; None of others.

    A time without a zone is none: which zone a console means is not written anywhere.
    """
    found = number(value)
    if found is not None:
        return found * 1000 if found < 1e11 else found  # 1e11 s is the year 5138, 1e11 ms is 1973
    try:
        when = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return when.timestamp() * 1000 if when.tzinfo is not None else None


def text(value: Any) -> str:
    """Return a string or a number as text; "" of anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return ""
    return str(value).strip()


def as_object(value: Any) -> Json | None:
    """Return an object or one in a JSON string; None of anything else."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = guarded.parse(value)
        except guarded.Refused:
            return None
    return value if isinstance(value, dict) else None


def _status(row: Json, *, running: bool) -> str:
    found = status_of(_first(row, _CODES), _first(row, _WORDS))
    if found is not None:
        return found
    # Only a row that has begun and shows no end at all is still running: a lost code must not look like patience.
    ended = _first(row, _ENDS) is not None
    return "in_progress" if running and not ended else "unknown"


def _by_number(value: float) -> str:
    if value == 0:
        return "cancelled"
    if value == 429:
        return "failed_throttled"
    classes = {2: "succeeded", 4: "failed_client", 5: "failed_server"}
    return classes.get(int(value // 100), "unknown")


def _first(row: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((row[name] for name in names if not _missing(row.get(name))), None)


def _missing(value: Any) -> bool:
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def _numbers(value: Any) -> Any:
    """Return the value with numbers in strings made numbers; whole ones are int."""
    if isinstance(value, dict):
        return {key: _numbers(one) for key, one in value.items()}
    if isinstance(value, str) and value.lstrip().startswith("{"):
        inner = as_object(value)
        return value if inner is None else _numbers(inner)
    found = number(value)
    if found is None:
        return value
    return int(found) if found == int(found) else found


def _sum(left: Mapping[str, Any], right: Mapping[str, Any]) -> Json:
    found = dict(left)
    for key, value in right.items():
        before = found.get(key)
        if isinstance(value, Mapping):
            found[key] = _sum(before if isinstance(before, Mapping) else {}, value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[key] = (before if isinstance(before, int | float) else 0) + value
        else:
            found[key] = value
    return found


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without(one) for key, one in value.items() if not _private(key)}
    if isinstance(value, list):
        return [_without(one) for one in value]
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
        try:
            inner = guarded.parse(value)
        except guarded.Refused:
            # It may be a row that was cut off, and who is named in it can't be told.
            return ""
        return json.dumps(_without(inner), ensure_ascii=False)
    return value


def _private(key: str) -> bool:
    # `__source__` is the log service's name for the address that a row came from; `source` is a channel.
    plain = "".join(letter for letter in key.lower() if letter.isalnum())
    return key == "__source__" or plain in PRIVATE or plain.endswith(PRIVATE_ENDS)
