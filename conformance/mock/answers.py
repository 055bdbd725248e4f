"""Answers of one's own: what the model says to a developer's prompts, and which tools it calls.

A file has `[[answers]]`, tried in order before the scripted model: `hears` is a regular expression that the user's last
words must hold (absent: any), `after_tools` whether tools have just answered, `say` the words (`{outputs}` stands for
what the tools answered), `calls` either a list of `{name, arguments}` or how many of the client's own tools are called.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conformance import fixtures
from conformance.mock import calling
from conformance.mock.brain import Brain
from conformance.mock.options import Line, OptionError, nearest
from conformance.mock.requests import Answer, Call, Request, cut, last_user_text, outputs_after_last_turn

KNOWN = ("hears", "after_tools", "say", "calls")


def line(row: Mapping[str, Any]) -> Line:
    """An answer from a table of a file.  Raises OptionError, in a sentence, for what it does not know."""
    for name in row:
        if name not in KNOWN:
            raise OptionError(f"an answer has no {name!r}; {nearest(name, KNOWN)}")
    calls = row.get("calls", ())
    try:
        hears = None if row.get("hears") is None else re.compile(str(row["hears"]), re.IGNORECASE)
    except re.error as problem:
        raise OptionError(f"hears = {row['hears']!r} is no regular expression: {problem}") from None
    if not isinstance(calls, int):
        if not all(isinstance(call, dict) and isinstance(call.get("name"), str) for call in calls):
            raise OptionError("calls is a number, or a list of tables with `name` and `arguments`")
        calls = tuple((call["name"], json.dumps(call.get("arguments", {}), ensure_ascii=False)) for call in calls)
    if not calls and "say" not in row:
        raise OptionError("an answer needs `say` or `calls`")
    return Line(hears and hears.pattern, row.get("after_tools"), str(row.get("say", "")), calls)


def read(path: Path) -> tuple[Line, ...]:
    """The answers of a file.  Raises OptionError."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("answers")
    except (OSError, ValueError) as problem:
        raise OptionError(f"{path}: {getattr(problem, 'strerror', None) or problem}") from None
    if not isinstance(rows, list) or not rows:
        raise OptionError(f"{path}: there are no [[answers]]")
    return tuple(line(row) for row in rows)


class Prompter(Brain):
    """A model that is told what to say; what it is not told, another one says."""

    def __init__(self, lines: Iterable[Line], other: Brain) -> None:
        self._lines = tuple(lines)
        self._other = other

    def answer(self, request: Request) -> Answer:
        """The first answer that fits, or the other model's."""
        if not request.proactive:
            said = last_user_text(request.history)
            outputs = outputs_after_last_turn(request.history)
            for one in self._lines:
                if one.after_tools is not None and one.after_tools != bool(outputs):
                    continue
                if one.after_tools is None and outputs and one.calls:
                    continue  # a model that has its answers does not ask again
                if one.hears is not None and not re.search(one.hears, said, re.IGNORECASE):
                    continue
                calls = self._calls(one, request, said)
                if calls:
                    return Answer("", calls)
                if one.say:
                    return cut(one.say.replace("{outputs}", ", ".join(outputs)), request.max_tokens)
        return self._other.answer(request)

    def _calls(self, one: Line, request: Request, said: str) -> tuple[Call, ...]:
        if not isinstance(one.calls, int):
            return tuple(Call(name, arguments) for name, arguments in one.calls)
        own = calling.own_calls(request, said)
        return tuple(own[number % len(own)] for number in range(one.calls)) if own else ()

    def hear(self, pcm: bytes, rate: int = fixtures.INPUT_RATE) -> str:
        """What the other model hears."""
        return self._other.hear(pcm, rate)


def brain(lines: Iterable[Line], other: Brain) -> Brain:
    """The other model, told what to say where there is anything to be told."""
    lines = tuple(lines)
    return Prompter(lines, other) if lines else other
