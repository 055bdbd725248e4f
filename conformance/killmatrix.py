"""The kill matrix: every quirk of the mock against the checks that should notice it.

`python -m conformance.killmatrix` holds, for each quirk, the conversations that it names, and says which checks fail by
their own message.  A quirk that fails more than five checks is catastrophic: anything would notice it, so it proves
nothing about any of them.  The matrix is complete when every quirk is noticed and every check has a killer that is not
catastrophic.  `--write` keeps the result in `conformance/spec/kill_matrix.json`, which the report shows
(with names their rows alone); `--all` holds the whole suite against each quirk instead, which takes minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from conformance.judge.checks import load
from conformance.mock.options import MockOptions
from conformance.mock.quirks import REGISTRY, Quirk, chosen
from conformance.screen import screened
from conformance.secrets import held
from conformance.spec.proof import FILE
from conformance.trial import Result, Trial, run

CATASTROPHIC = 5  # checks that a quirk may fail and still prove something


@dataclass(frozen=True)
class Matrix:
    """Which checks each quirk fails, with what each of them said."""

    kills: dict[str, dict[str, str]]
    errors: dict[str, dict[str, str]] = field(default_factory=dict)
    """Checks that broke on a quirk: a defect of ours."""

    @property
    def catastrophic(self) -> set[str]:
        """Quirks that fail so many checks that they prove nothing about any."""
        return {name for name, killed in self.kills.items() if len(killed) > CATASTROPHIC}

    @property
    def unnoticed(self) -> list[str]:
        """Quirks that no check fails for: empty rows."""
        return sorted(name for name, killed in self.kills.items() if not killed)

    def killers(self) -> dict[str, list[str]]:
        """The quirks that kill each check, the catastrophic ones left out."""
        found: dict[str, list[str]] = {check: [] for check in mortal()}
        for name in sorted(self.kills.keys() - self.catastrophic):
            for check in self.kills[name]:
                found.setdefault(check, []).append(name)
        return found

    @property
    def immortal(self) -> list[str]:
        """Checks that no quirk kills: empty columns."""
        return sorted(check for check, names in self.killers().items() if not names)

    def to_json(self) -> dict[str, Any]:
        """The form of the committed file: which quirk kills which check, without the words."""
        rows = {
            name: {
                "chapter": REGISTRY[name].chapter,
                "lie": REGISTRY[name].lie,
                "catastrophic": name in self.catastrophic,
                "kills": sorted(killed),
            }
            for name, killed in sorted(self.kills.items())
        }
        return {"quirks": rows, "checks": len(mortal())}


def mortal() -> list[str]:
    """The checks that can fail: all but the probes of open questions, and those of conversations that take minutes."""
    chapters = load()
    return [
        check.id
        for check in chapters.checks.values()
        if check.level != "OBSERVE" and not (check.conversation and chapters.conversations[check.conversation].slow)
    ]


def trial(quirk: Quirk, *, everything: bool = False, checks: frozenset[str] | None = None) -> Trial:
    """The trial of one quirk."""
    options = MockOptions(quirks=(quirk.name,), switches=quirk.switches)
    return Trial(None if everything else quirk.touches, quirk.model, options, checks)


def matrix(
    quirks: Sequence[Quirk], *, everything: bool = False, checks: Mapping[str, frozenset[str]] = MappingProxyType({})
) -> Matrix:
    """Try these quirks; `checks` are the ids of those that judge, for a quirk that not all are to judge."""
    results = run([trial(quirk, everything=everything, checks=checks.get(quirk.name)) for quirk in quirks])
    told = dict(zip((quirk.name for quirk in quirks), results, strict=True))
    broken = {name: by(result, "error") for name, result in told.items()}
    return Matrix({name: by(result, "fail") for name, result in told.items()}, {k: v for k, v in broken.items() if v})


def by(result: Result, verdict: str) -> dict[str, str]:
    """The checks with this verdict, with what they said."""
    return {key: said.detail for key, said in result.outcomes.items() if said.verdict == verdict}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 1 when a row is empty or breaks a check, and of the whole matrix when a column is."""
    parser = argparse.ArgumentParser(prog="python -m conformance.killmatrix", description=__doc__)
    parser.add_argument("quirks", nargs="*", help="only these, with what each check said")
    parser.add_argument("--all", action="store_true", help="hold the whole suite against each quirk")
    parser.add_argument("--write", action="store_true", help=f"write {FILE.name}, or these rows of it")
    options = parser.parse_args(arguments)
    with screened(held(os.environ, strict=False)):
        return _main(options)


def _main(options: argparse.Namespace) -> int:
    quirks = chosen(options.quirks) if options.quirks else list(REGISTRY.values())
    found = matrix(quirks, everything=options.all)
    if options.quirks:
        for line in told(found):
            print(line)
        if options.write:
            _write(found, kept=json.loads(FILE.read_text(encoding="utf-8"))["quirks"])
        return 1 if found.unnoticed or found.errors else 0
    print(f"{len(quirks)} quirks, {len(found.catastrophic)} of them catastrophic; {len(mortal())} checks")
    print(f"quirks that nothing notices: {', '.join(found.unnoticed) or 'none'}")
    print(f"checks that nothing kills: {', '.join(found.immortal) or 'none'}")
    for name, errors in found.errors.items():
        print(f"checks that break on {name}: {errors}")
    if options.write:
        _write(found, kept={})
    return 1 if found.unnoticed or found.immortal or found.errors else 0


def _write(found: Matrix, kept: Mapping[str, Any]) -> None:
    """Write the file; rows of `kept` stay for quirks that there still are and that were not tried now."""
    made = found.to_json()
    rows = {name: row for name, row in kept.items() if name in REGISTRY} | made["quirks"]
    made["quirks"] = dict(sorted(rows.items()))
    FILE.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def told(found: Matrix) -> Iterable[str]:
    """What each check said, quirk by quirk."""
    for name, killed_by in found.kills.items():
        yield f"{name}: {len(killed_by)} checks{' (catastrophic)' if name in found.catastrophic else ''}"
        for check, words in killed_by.items():
            yield f"  {check}: {words.splitlines()[0][:200] if words else ''}"


if __name__ == "__main__":
    sys.exit(main())
