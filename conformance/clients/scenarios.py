"""Scenarios: what a client meets while it is judged, as data (`scenarios.toml`, or a file of one's own)."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from conformance.mock import answers, stage
from conformance.mock.options import Line, MockOptions, Moment, OptionError, nearest

PLAIN = "plain"
ALL = "all"
_KNOWN = ("says", "switches", "quirks", "latency", "key", "seconds", "moments", "answers")


@dataclass(frozen=True)
class Scenario:
    """How the mock behaves while the program runs once; `seconds` bound that run, where the scenario has a bound."""

    name: str
    says: str
    switches: Mapping[str, str] = field(default_factory=dict)
    quirks: tuple[str, ...] = ()
    latency: str | None = None
    key: str | None = None
    seconds: float | None = None
    moments: tuple[Moment, ...] = ()
    answers: tuple[Line, ...] = ()

    def options(self, given: MockOptions) -> MockOptions:
        """The mock's options, on top of those given for all scenarios.  Raises OptionError."""
        return dataclasses.replace(
            given,
            switches={**given.switches, **self.switches},
            quirks=(*given.quirks, *self.quirks),
            latency=self.latency or given.latency,  # type: ignore[arg-type]  # MockOptions looks at it
            key=self.key or given.key,
            moments=(*given.moments, *self.moments),
            answers=(*self.answers, *given.answers),
        )


@cache
def known() -> Mapping[str, Scenario]:
    """The suite's own scenarios, `plain` first."""
    text = resources.files("conformance.clients").joinpath("scenarios.toml").read_text(encoding="utf-8")
    return _scenarios(tomllib.loads(text))


def chosen(names: Iterable[str]) -> list[Scenario]:
    """The scenarios of these names, files and `all`, each once.  Raises OptionError.

    A name also stands for those that go on with a number (`server-closes-first`).  `plain` is always held, and first:
    what a program does there is what it is compared with.
    """
    found: dict[str, Scenario] = {PLAIN: known()[PLAIN]}
    for name in names:
        if name.endswith(".toml"):
            found |= load(Path(name))
        elif name == ALL:
            found |= known()
        else:
            matching = {one: row for one, row in known().items() if re.fullmatch(rf"{re.escape(name)}(-\d+)?", one)}
            if not matching:
                raise OptionError(f"no scenario {name!r}; {nearest(name, [*known(), ALL])}")
            found |= matching
    return list(found.values())


def load(path: Path) -> dict[str, Scenario]:
    """The scenarios of a file.  Raises OptionError that names the file."""
    try:
        return _scenarios(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as problem:
        raise OptionError(f"{path}: {problem.strerror}") from None
    except ValueError as problem:  # no TOML, no UTF-8, or (an OptionError) no scenario
        raise OptionError(f"{path}: {problem}") from None


def _scenarios(tables: Mapping[str, Any]) -> dict[str, Scenario]:
    if not tables:
        raise OptionError("there is no scenario")
    return {name: _scenario(name, row) for name, row in tables.items()}


def _scenario(name: str, row: Any) -> Scenario:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise OptionError(f"{name!r} is no name for a scenario: small letters, digits and hyphens")
    if not isinstance(row, dict) or not isinstance(row.get("says"), str):
        raise OptionError(f"{name} is no scenario: a table with `says`, a sentence")
    for key in row:
        if key not in _KNOWN:
            raise OptionError(f"{name} has {key!r}; {nearest(key, _KNOWN)}")
    made = Scenario(
        name, row["says"], dict(row.get("switches", {})), tuple(row.get("quirks", ())), row.get("latency"),
        row.get("key"), row.get("seconds"),
        tuple(stage.moment(one) for one in row.get("moments", ())),
        tuple(answers.line(one) for one in row.get("answers", ())),
    )  # fmt: skip
    made.options(MockOptions())  # says what it does not know
    return made
