"""The ledger as counters, in Prometheus's text format: the names and labels of the service's own metrics.

`model_call_count` counts calls by `status_code` and `error_code`, `model_usage` sums tokens by `usage_type`; neither
names a call.  A row in progress is not counted: a counter can't take back what it has counted.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping

from conformance.mock import encoding
from conformance.mock.errors import Json

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
CALLS = "model_call_count"
USAGE = "model_usage"
Labels = tuple[tuple[str, str], ...]


def exposition(rows: Iterable[Json]) -> str:
    """Return the counters of some rows of the ledger, label sets in order."""
    calls: dict[Labels, int] = {}
    usage: dict[Labels, int] = {}
    for row in rows:
        code = str(row.get("status_code", ""))
        if not code:
            continue
        labels = {
            "user_id": str(row.get("uid", "")),
            "apikey_id": str(row.get("apikey_id", "")),
            "workspace_id": str(row.get("workspace_id", "")),
            "model": str(row.get("model", "")),
            "protocol": "WS",
            "sub_protocol": "DEFAULT",
        }
        key = tuple((labels | {"status_code": code, "error_code": str(row.get("error_code", ""))}).items())
        calls[key] = calls.get(key, 0) + 1
        for kind, count in _kinds(row.get("usage")):
            key = tuple((labels | {"usage_type": kind}).items())
            usage[key] = usage.get(key, 0) + count
    return _family(CALLS, "Calls by the way they ended.", calls) + _family(USAGE, "Tokens used.", usage)


def _kinds(usage: object) -> Iterator[tuple[str, int]]:
    """Yield (usage_type, tokens) of a row's usage, which may be JSON in a string and, by a quirk, anything."""
    if isinstance(usage, str):
        with contextlib.suppress(encoding.NotJson):
            usage = encoding.loads(usage)
    if not isinstance(usage, Mapping):
        return
    for kind in ("total_tokens", "input_tokens", "output_tokens"):
        if isinstance(usage.get(kind), int):
            yield kind, usage[kind]
    details = [usage.get(name) for name in ("input_tokens_details", "output_tokens_details")]
    for kind, name in (("cache", "cached"), ("image", "image"), ("audio", "audio"), ("video", "video")):
        counts = [one.get(f"{name}_tokens") for one in details if isinstance(one, Mapping)]
        count = sum(one for one in counts if isinstance(one, int))
        if count:
            yield f"{kind}_tokens", count


def _family(name: str, words: str, samples: Mapping[Labels, int]) -> str:
    lines = [f"# HELP {name} {words}", f"# TYPE {name} counter"]
    for labels, count in sorted(samples.items()):
        told = ",".join(f'{label}="{_escaped(value)}"' for label, value in labels)
        lines.append(f"{name}{{{told}}} {count}")
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
