"""Every page of the site: its address, its template and what stands on it."""

from __future__ import annotations

import functools
import inspect
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.judge.checks import load
from conformance.report.html_text import plural
from conformance.report.naming import chapter_name
from conformance.site import links, topics
from conformance.site.asyncapi import ANSWERS
from conformance.site.members import contradicted, events
from conformance.site.seen import Run, Timeline
from conformance.spec import proof, sources
from conformance.spec.catalogue import Clause, Question, clauses, client_clauses, questions
from conformance.spec.profiles import MODELS, SOURCES, Profile, profile_for
from conformance.spec.reference import close_codes, faults, known, sizes

PARTS = (
    ("events", "Events"),
    ("clauses", "Clauses"),
    ("questions", "Open questions"),
    ("errors", "Errors"),
    ("close-codes", "Close codes"),
    ("close-paths", "Close paths"),
    ("models", "Models"),
    ("sources", "Sources"),
)
LEADS = {
    "events": "What each side may send: members, bounds, models, examples.",
    "clauses": "Sentences of the sources with a level; each has one check, or says why it has none. A client is "
    "judged by those that begin with CLI.",
    "questions": "Points on which sources contradict each other or are silent. They are observed and never failed.",
    "errors": "Every error that a source knows of, and the codes of the platform's error page.",
    "close-codes": "What RFC 6455 means by each code, and where it was seen here. The vendor has no table of them.",
    "close-paths": "The ways to end a session that the suite walks.",
    "models": "What each model can do, its limits and its rates.",
    "sources": "Where the sentences come from. A key that begins with F is a report from the field, by number.",
}


@dataclass(frozen=True)
class Page:
    """One page: where it stands, below the top, and what its template is given."""

    address: str
    template: str
    context: dict[str, Any]
    part: str = ""


@dataclass(frozen=True)
class Row:
    """A row of a list: a name that leads somewhere, and words."""

    name: str
    words: str
    address: str = ""
    level: str = ""
    anchor: str = ""
    outside: str = ""


@dataclass(frozen=True)
class Group:
    """Rows under a heading."""

    anchor: str
    title: str
    rows: list[Row] = field(default_factory=list)


@functools.cache
def close_paths() -> dict[str, str]:
    """The conversation of each close path, by the path's name."""
    held = load().conversations.values()
    return dict(sorted((str(it.path), it.name) for it in held if it.path is not None))


@functools.cache
def _scenarios() -> dict[str, str]:
    """What happens in each conversation, in the words of its class."""
    found = {}
    for check in load().checks.values():
        if check.conversation is not None:
            found[check.conversation] = " ".join((inspect.getdoc(check.owner) or "").split("\n\n")[0].split())
    return found


@functools.cache
def _lies() -> dict[str, str]:
    quirks = json.loads(proof.FILE.read_text(encoding="utf-8"))["quirks"]
    return {name: str(row["lie"]) for name, row in quirks.items()}


def pages(runs: Sequence[Run], timelines: dict[str, list[Timeline]]) -> Iterator[Page]:
    """All pages, the first of them the one that a reader opens."""
    yield Page("index.html", "index", {"counts": list(_counts()), "known": known(), "timelines": timelines})
    yield Page("search/index.html", "search", {})
    yield from (
        Page(f"{part}/index.html", "list", {"name": name, "lead": LEADS[part], "groups": groups(part)}, part)
        for part, name in PARTS
    )
    yield from _events(timelines)
    yield from _clauses()
    yield from _questions(timelines)
    for fault in faults().values():
        yield Page(links.fault(fault.id), "fault", {"row": fault, **_judged(fault.judged_by)}, "errors")
    yield from _codes()
    yield from _paths()
    yield from _models(runs)


def _counts() -> Iterator[tuple[str, str, int, str]]:
    for part, name in PARTS:
        yield part, name.lower(), sum(len(group.rows) for group in groups(part)), LEADS[part].partition(".")[0]


# -- the things themselves


def _events(timelines: dict[str, list[Timeline]]) -> Iterator[Page]:
    for event in events().values():
        asked = topics.questions_of(event)
        context = {
            "event": event,
            "answers": ANSWERS.get(event.type, ()) if event.side == "client" else (),
            "clauses": topics.clauses_of(event),
            "questions": asked,
            "faults": topics.faults_of(event),
            "rows_of": topics.rows_of,
            "answered": [row for row in asked if row.id in timelines],
            "timelines": timelines,
        }
        yield Page(links.event(event.type), "event", context, "events")


def _check(row_id: str) -> dict[str, Any]:
    check = load().checks.get(row_id)
    held = check.conversation if check is not None else None
    walked = {conversation: name for name, conversation in close_paths().items()}
    return {
        "check": check,
        "scenario": _scenarios().get(held or "", ""),
        "close_path": walked.get(held or ""),
    }


def _clauses() -> Iterator[Page]:
    for row in (*clauses().values(), *client_clauses().values()):
        killers = proof.client_killers() if row.id in client_clauses() else proof.killers()
        context = {
            "row": row,
            "chapter": chapter_name(row.chapter),
            "events": topics.events_of(row),
            "lies": [(name, _lies().get(name, "")) for name in killers.get(row.id, ())],
            "lines": (),
            **_check(row.id),
        }
        yield Page(links.row(row.id), "clause", context, "clauses")


def _questions(timelines: dict[str, list[Timeline]]) -> Iterator[Page]:
    for row in questions().values():
        context = {
            "row": row,
            "chapter": chapter_name(row.chapter),
            "events": topics.events_of(row),
            "beside": [it for it in contradicted()[row.contradiction] if it != row.id],
            "lines": timelines.get(row.id, ()),
            **_check(row.id),
        }
        yield Page(links.row(row.id), "question", context, "questions")


def _judged(ids: Sequence[str]) -> dict[str, Any]:
    return {
        "judged_clauses": [clauses()[it] for it in ids if it in clauses()],
        "judged_questions": [questions()[it] for it in ids if it in questions()],
    }


def _codes() -> Iterator[Page]:
    for row in close_codes().values():
        context = {
            "row": row,
            "faults": [fault for fault in faults().values() if fault.close == row.code],
            "paths": [name for name in close_paths() if row.code in _codes_of(name)],
            **_judged(row.judged_by),
        }
        yield Page(links.code(row.code), "code", context, "close-codes")


def _codes_of(path: str) -> list[int]:
    """The client's code, where the name of a close path has one."""
    return [int(found) for found in re.findall(r"^close-(\d{4})", path)]


def _paths() -> Iterator[Page]:
    for name, conversation in close_paths().items():
        ids = [check.id for check in load().checks.values() if check.conversation == conversation]
        context = {
            "name": name,
            "conversation": conversation,
            "scenario": _scenarios().get(conversation, ""),
            "slow": load().conversations[conversation].slow,
            "codes": _codes_of(name),
            **_judged(ids),
        }
        yield Page(links.path(name), "path", context, "close-paths")


def _models(runs: Sequence[Run]) -> Iterator[Page]:
    for name in MODELS:
        profile = profile_for(name)
        own = topics.rows_for(profile.family)
        context = {
            "profile": profile,
            "facts": list(_facts(profile)),
            "members": [
                (event, member)
                for event in events().values()
                if event.side == "client"
                for member in event.members
                if member.models is not None and profile.family in member.models
            ],
            "clauses": [clauses()[it] for it in own if it in clauses()],
            "questions": [questions()[it] for it in own if it in questions()],
            "own_runs": [run for run in runs if run.model == name or run.model.startswith(f"{name}-")],
        }
        yield Page(links.model(name), "model", context, "models")


def _facts(profile: Profile) -> Iterator[tuple[str, str, str]]:
    """What is known of a model: a name, words, and where they are from."""
    rows: list[tuple[str, str, str]] = [
        ("Can", ", ".join(sorted(profile.capabilities)).replace("_", " "), "capabilities"),
        ("Largest max_tokens", _number(profile.max_tokens_limit), "max_tokens_limit"),
        ("Default voice", profile.default_voice, "default_voice"),
        ("Voices", _voices(profile), "voices"),
        ("Audio in", f"{profile.audio_in_rate:g} tokens a second", "audio_in_rate"),
        ("Audio out", f"{profile.audio_out_rate:g} tokens a second", "audio_out_rate"),
        ("Shortest audio", f"counts as {profile.audio_min_seconds:g} s", "audio_min_seconds"),
        ("Images", f"a token for {profile.image_side} by {profile.image_side} pixels", "image_side"),
        ("Sampling", ", ".join(f"{key} {value:g}" for key, value in profile.sampling.items()), "sampling"),
    ]
    if profile.named_voice is not None:
        rows.append(("Voice", f"{profile.named_voice} has to be named, or nothing is answered", "named_voice"))
    yield from ((row.name, row.says, f"{', '.join(row.source)} ({row.date})") for row in sizes(profile.model))
    yield from ((name, words, SOURCES[key]) for name, words, key in rows)


def _number(value: float | None) -> str:
    return "no source says how many" if value is None else f"{value:,}"


def _voices(profile: Profile) -> str:
    names = ", ".join(sorted(profile.voices))
    return names if profile.voices_complete else f"{names}, and others that the sources do not name"


# -- lists


@functools.cache
def groups(part: str) -> list[Group]:
    """The rows of a part's list, under their headings."""
    return list(_LISTS[part]())


def _event_groups() -> Iterator[Group]:
    for side in ("client", "server"):
        rows = [
            Row(event.type, _first(event.schema["description"]), links.event(event.type))
            for event in events().values()
            if event.side == side
        ]
        yield Group(side, f"What the {side} sends", rows)


def _by_chapter(rows: Sequence[Clause | Question]) -> Iterator[Group]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        made = (
            Row(row.id, row.sentence, links.row(row.id), row.level)
            if isinstance(row, Clause)
            else Row(row.id, row.ask, links.row(row.id))
        )
        found.setdefault(row.chapter, []).append(made)
    for chapter, made_rows in found.items():
        yield Group(f"ch-{chapter}", chapter_name(chapter), made_rows)


def _fault_groups() -> Iterator[Group]:
    told = {True: "In a session", False: "On the platform's error page"}
    for seen, title in told.items():
        rows = [
            Row(
                row.id,
                (f"`{row.code}`: " if row.code else "") + row.happens + (f" “{row.said}”" if row.said else ""),
                links.fault(row.id),
                anchor=row.code if row.code and row.code not in names else "",
            )
            for row, names in _with_earlier_codes()
            if row.id[1:].isdecimal() == seen
        ]
        yield Group("session" if seen else "platform", title, rows)


def _with_earlier_codes() -> Iterator[tuple[Any, set[str]]]:
    """Each error with the codes of those before it: the address of a code is its first error."""
    earlier: set[str] = set()
    for row in faults().values():
        yield row, set(earlier)
        earlier.add(row.code or "")


def _code_groups() -> Iterator[Group]:
    for seen, title in ((True, "Seen on this interface, or named for it"), (False, "Not seen")):
        rows = [
            Row(str(row.code), " ".join((row.means, *(it.when for it in row.seen))), links.code(row.code))
            for row in close_codes().values()
            if bool(row.seen) == seen
        ]
        yield Group("seen" if seen else "unseen", title, rows)


def _path_groups() -> Iterator[Group]:
    rows = [Row(name, _scenarios().get(held, ""), links.path(name)) for name, held in close_paths().items()]
    yield Group("paths", "Close paths", rows)


def _model_groups() -> Iterator[Group]:
    for family in dict.fromkeys(profile_for(name).family for name in MODELS):
        rows = [
            Row(name, ", ".join(sorted(profile_for(name).capabilities)).replace("_", " "), links.model(name))
            for name in MODELS
            if profile_for(name).family == family
        ]
        yield Group(family, family, rows)


def source_keys() -> list[str]:
    """Keys of all sources."""
    return sorted({*sources.ADDRESSES, *sources.SEEN, *sources.REPORTS})


def _source_groups() -> Iterator[Group]:
    used = Counter(key for row in (*clauses().values(), *client_clauses().values()) for key in row.source)
    titles = (
        ("pages", "Pages, code and recordings that are public", sources.ADDRESSES),
        ("seen", "What third parties saw", [key for key in sources.SEEN if key not in sources.ADDRESSES]),
        ("reports", "Reports from the field", sources.REPORTS),
    )
    for anchor, title, keys in titles:
        yield Group(anchor, title, [_source(key, used[key]) for key in keys])


def _source(key: str, clauses_of_it: int) -> Row:
    what = sources.described(key) or ""
    words = " · ".join(filter(None, (what, plural(clauses_of_it, "clause") if clauses_of_it else "")))
    return Row(key, words, anchor=key, outside=sources.address(key) or "")


_LISTS = {
    "events": _event_groups,
    "clauses": lambda: _by_chapter((*clauses().values(), *client_clauses().values())),
    "questions": lambda: _by_chapter((*questions().values(),)),
    "errors": _fault_groups,
    "close-codes": _code_groups,
    "close-paths": _path_groups,
    "models": _model_groups,
    "sources": _source_groups,
}


def _first(text: str) -> str:
    return text.partition(". ")[0].removesuffix(".") + "."
