"""What a line of a record must hold, so that nothing that reads it trips over what somebody put there instead.

A form is a type or a tuple of types; a list of one form, for arrays; an object of forms by name (a name with `?` may be
absent); or `Each`, for an object whose names are free.  It asks for what the suite reads and for nothing else, so that
records of every version pass.  `schemas/record.json` says in full what a record holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conformance.wire.gaps import GAPS

Form = Any

NUMBER = (int, float)
NONE = type(None)
TEXT_OR_NONE = (str, NONE)
CODE = (int, NONE)


@dataclass(frozen=True)
class Each:
    """An object whose values all have one form."""

    form: Form


@dataclass(frozen=True)
class OneOf:
    """One of some words."""

    words: frozenset[str]


def fits(form: Form) -> Callable[[Any], bool]:
    """What tells whether a value has this form, and nothing else: a record has seventy thousand that do."""
    if isinstance(form, dict):
        known = {name.rstrip("?"): fits(inner) for name, inner in form.items()}
        least = frozenset(name for name in form if not name.endswith("?"))

        def is_object(value: Any) -> bool:
            if not isinstance(value, dict) or not least <= value.keys():
                return False
            for name, one in value.items():
                test = known.get(name)
                if test is not None and not test(one):
                    return False
            return True

        return is_object
    if isinstance(form, Each):
        each = fits(form.form)
        return lambda value: isinstance(value, dict) and all(map(each, value.values()))
    if isinstance(form, list):
        item = fits(form[0])
        return lambda value: isinstance(value, list) and all(map(item, value))
    if isinstance(form, OneOf):
        words = form.words
        return lambda value: isinstance(value, str) and value in words
    kinds = form if isinstance(form, tuple) else (form,)
    if bool in kinds or int not in kinds:
        return lambda value: isinstance(value, kinds)
    return lambda value: isinstance(value, kinds) and value is not True and value is not False


def fault(value: Any, form: Form, at: str = "") -> str | None:
    """Where a value does not have its form, in words; None when it has."""
    if isinstance(form, dict):
        if not isinstance(value, dict):
            return f"`{at}` is no object"
        for name, inner in form.items():
            plain = name.rstrip("?")
            if plain not in value:
                if not name.endswith("?"):
                    return f"`{at}.{plain}` is missing"
            elif (found := fault(value[plain], inner, f"{at}.{plain}")) is not None:
                return found
        return None
    if isinstance(form, Each):
        if not isinstance(value, dict):
            return f"`{at}` is no object"
        return next((said for key in value if (said := fault(value[key], form.form, f"{at}.{key[:60]}"))), None)
    if isinstance(form, list):
        if not isinstance(value, list):
            return f"`{at}` is no array"
        return next((said for n, item in enumerate(value) if (said := fault(item, form[0], f"{at}.{n}"))), None)
    if isinstance(form, OneOf):
        return None if isinstance(value, str) and value in form.words else f"`{at}` is none of its values"
    kinds = form if isinstance(form, tuple) else (form,)
    fits = isinstance(value, kinds) and not (isinstance(value, bool) and bool not in kinds)
    return None if fits else f"`{at}` has another type"


PAIRS = [[str]]
READING = {
    "status": str, "attribution?": str, "error?": str, "why?": str, "lag_s?": (int, float, NONE),
    "usage?": (dict, NONE), "rows?": [dict], "reader?": str, "other?": str,
    "started?": (int, float, NONE), "lasted?": (int, float, NONE), "models?": [str],
}  # fmt: skip
FRAME = {
    "side": OneOf(frozenset({"client", "server"})), "at": NUMBER,
    "opcode?": OneOf(frozenset({"text", "binary", "ping", "pong", "close"})),
    "text?": (str, list), "data?": str, "label?": str, "step?": int, "fragments?": int,
    "gap?": OneOf(frozenset({"audio", "cut"})),
}  # fmt: skip
LEG = {
    "url": str, "opened_at_ms": int, "closed_at_ms": int,
    "handshake": {
        "status": CODE, "ms": NUMBER, "request_headers": PAIRS, "response_headers": PAIRS, "body": str,
        "problem": TEXT_OR_NONE,
    },
    "frames": [FRAME],
    "ending": {
        "first": OneOf(frozenset({"client", "server", "nobody"})), "code_sent": CODE, "reason_sent": str,
        "code_received": CODE, "reason_received": str, "clean": bool, "seconds": NUMBER,
        "tcp": OneOf(frozenset({"fin", "rst", "client", "timeout", "open"})), "problem": TEXT_OR_NONE,
        "broken_off?": str,
    },
    "echoes?": [{
        "place": OneOf(frozenset({"frame", "header", "body"})), "at": (int, str), "form": str, "whole": bool,
    }],
}  # fmt: skip
STOP = {
    "step": int, "waiting_for": [str], "waited_ms": NUMBER, "why": str, "refused?": (int, NONE),
    "cause?": OneOf(frozenset({"", "silence", "refused", "ended", "unsent"})),
}  # fmt: skip
VERDICTS = OneOf(frozenset({"pass", "fail", "blocked", "skipped", "inconclusive", "not_run", "observed", "error"}))
ROW = {"id": str, "chapter?": str}

LINES: dict[str, Form] = {
    "run": {
        "target": {"kind": OneOf(frozenset({"mock", "live", "replay", "client"})), "endpoint": str, "model": str},
        "suite": {"version": str}, "started": str, "workspace?": TEXT_OR_NONE, "quirks?": [str],
        "replayed?": {
            "target?": (dict, NONE), "suite?": (dict, NONE), "started?": TEXT_OR_NONE,
            "ended?": TEXT_OR_NONE, "origin?": TEXT_OR_NONE,
        },
    },
    "catalogue": {
        "clauses": [{
            **ROW, "sentence": str, "level": str, "source": [str], "why": str, "date": str, "excluded?": TEXT_OR_NONE,
        }],
        "questions": [{
            **ROW, "ask": str, "reach": str, "expected": TEXT_OR_NONE, "source?": [str],
            "outcomes?": [{"id": str, "sources?": [str]}],
        }],
        "checks": Each({
            "level": OneOf(frozenset({"MUST", "SHOULD", "MAY", "OBSERVE"})), "conversation": TEXT_OR_NONE,
            "where": str, "scenario?": str, "killed_by?": [str],
        }),
    },
    "baseline": {"content": dict},
    "payloads": {"parts": [{"digest": str, "bytes": int, "at?": int}], "deflated": str, "anew?": bool},
    "conversation": {
        "conversation": str, "started": str, "legs": [LEG], "trouble": TEXT_OR_NONE, "attempt": int, "model": str,
        "seconds": NUMBER, "notes": dict, "retried?": str, "doubted?": [str], "otherwise?": Each(str),
        "path?": TEXT_OR_NONE, "stop": (dict, NONE), "status?": (dict, NONE), "trouble_kind?": str, "lost?": str,
        "origin?": str, "gaps?": [OneOf(frozenset(GAPS))],
    },
    "status": {"reader": str, "readings": Each(READING)},
    "recorded": {
        "not_held": Each(str), "infrastructure?": TEXT_OR_NONE, "sessions?": int, "conversations?": int,
        "kept_out?": Each(str), "urgent?": [str], "rested?": NUMBER, "slowed?": int, "lag_ms?": NUMBER,
        "plan?": {"connections": int, "minutes": NUMBER, "tokens": [int]},
    },
    "against": {
        "target": {"endpoint": str, "model": str}, "conversations": int, "generated": int, "passing": int,
        "unsure": bool, "infrastructure": TEXT_OR_NONE,
        "causes": [{
            "words": str, "conversation": str, "conversations": [str], "follow": [str], "checks": [str],
            "moves": [dict], "shown": [[str]],
        }],
        "verdicts": [{"id": str, "here": str, "there": str, "detail": str}],
    },
    "verdict": {
        "id": str, "verdict": VERDICTS, "detail": str, "seconds": NUMBER, "owner?": TEXT_OR_NONE,
        "outcome?": TEXT_OR_NONE, "places?": int,
        "findings?": [{
            "clause": str, "conversation": str, "connection": int, "frame": CODE, "expected": str, "seen": str,
            "excuse?": TEXT_OR_NONE, "cause?": str,
        }],
        "excuses?": [{"code": str, "words": str, "times": int}], "scenes?": [str],
    },
    "footer": {"interrupted": bool, "seconds": NUMBER},
}  # fmt: skip


FITS = {kind: fits(form) for kind, form in LINES.items()}


def odd(kind: str, line: dict[str, Any]) -> str | None:
    """What a line of this kind lacks, in words; None when it can be read, or is of a kind that nobody knows."""
    found = fault(line, LINES[kind], "") if kind in LINES and not FITS[kind](line) else None
    if found is None and kind == "conversation":
        found = (fault(line["stop"], STOP, ".stop") if line["stop"] is not None else None) or (
            fault(line["status"], READING, ".status") if line.get("status") is not None else None
        )
        if found is None and any(
            len(pair) != 2
            for leg in line["legs"]
            for name in ("request_headers", "response_headers")
            for pair in leg["handshake"][name]
        ):
            found = "a header is no pair"
    return found.replace("`.", "`") if found else None
