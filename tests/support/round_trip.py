"""Conversations out into the forms of others and in again: what changes that should not.

`PYTHONPATH=tests python -m support.round_trip RECORD` looks at a run's record, with `--quirks N` and `--profiles` at
conversations that it holds with that many quirks of the mock, and with every model.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance import killmatrix, trial
from conformance.intake import Unread, connections, entries, export
from conformance.intake.forms import quietened
from conformance.judge.checks import Outcome, judge, load
from conformance.judge.tally import Tally, asked
from conformance.mock.quirks import REGISTRY
from conformance.report.record import read
from conformance.spec.profiles import MODELS, Profile, profile_for
from conformance.wire.transcript import Transcript

SPECIMENS = 50


def forms(transcript: Transcript, folder: Path, only: str | None) -> Iterator[tuple[str, list[Transcript]]]:
    """The conversation as each form (or this one only) brings it back."""
    for name, content in (
        ("JSON lines", "".join(export.json_lines([transcript]))),
        ("HAR", export.har([transcript])),
    ):
        path = folder / "recording"
        path.write_text(content, "utf-8", "surrogatepass")
        for keep_audio in (True, False):
            said = name if keep_audio else f"{name} without audio"
            if only not in {None, said}:
                continue
            try:
                yield said, list(connections(path, keep_audio=keep_audio))
            except Unread:
                continue  # a connection without a message is none that HAR shows
    if only is None:
        yield "a record without audio", [quietened(Transcript.from_json(transcript.to_json()))]


def verdicts(transcripts: Iterable[Transcript], profile: Profile) -> dict[str, Outcome]:
    """What the checks say of these conversations, by rules and places alone."""
    # What only a script shows is skipped whatever there is.
    checks = (check for check in load().checks.values() if check.conversation is None or asked(check))
    tally = Tally(checks, profile)
    for transcript in transcripts:
        tally.add(transcript)
    return tally.outcomes()


def differences(
    transcript: Transcript,
    run: dict[str, Outcome],
    profile: Profile,
    folder: Path,
    counted: Counter[str],
    only: str | None = None,
) -> Iterator[str]:
    """Each verdict that is neither that of the conversation as it was held nor skipped.

    `run`: what the run said; the chapter's own conversation is held to that, too.
    """
    if only is None:
        yield from quieter(transcript, profile)
    # What a script waited for in vain only the script knows: no form can carry it.
    held = verdicts([replace(transcript, stop=None)], profile)
    for check in load().checks.values():
        if check.conversation == transcript.conversation and asked(check) and held[check.id].verdict != "skipped":
            said = run.get(check.id)
            if said is not None and said.verdict != held[check.id].verdict:
                told = f"{held[check.id].verdict} by place, {said.verdict} in the run"
                yield f"{transcript.conversation}: {check.id} is {told}"
    for form, back in forms(transcript, folder, only):
        for name, outcome in verdicts(back, profile).items():
            counted[outcome.verdict] += 1
            if outcome.verdict not in {held[name].verdict, "skipped"}:
                yield (
                    f"{transcript.conversation}, {form}: {name} is {outcome.verdict} ({outcome.detail[:200]}), "
                    f"was {held[name].verdict} ({held[name].detail[:200]})"
                )


Row = dict[str, Any]

# What recordings of others lack, each a way to take it away from the lines of a call; `cut` is where it breaks off.
LESS: dict[str, Callable[[list[Row], int], list[Row]]] = {
    "times": lambda rows, _: [{name: row[name] for name in row if not name.startswith("time")} for row in rows],
    "client": lambda rows, _: [row for row in rows if row.get("direction") != "send"],
    "audio appends": lambda rows, _: [row for row in rows if "input_audio_buffer.append" not in str(row.get("data"))],
    "close": lambda rows, _: [row for row in rows if row.get("event") != "end" and row.get("opcode") != "close"],
    "handshake": lambda rows, _: [row for row in rows if row.get("event") != "open"],
    "beginning": lambda rows, cut: rows[cut:],
    "end": lambda rows, cut: rows[:cut],
}


def invented(transcript: Transcript, less: str, cut: int, profile: Profile) -> Iterator[str]:
    """Each check that fails on a part of a connection's recording and not on the whole: a false alarm."""
    whole = replace(transcript, legs=transcript.legs[:1], stop=None)
    rows = [json.loads(line) for line in export.json_lines([whole])]
    part = LESS[less](rows, cut % len(rows))
    held = verdicts([whole], profile)
    back = [one.finish("part") for one in entries.read(enumerate(part, 1), origin="a part", keep_audio=False)]
    for name, outcome in verdicts(back, profile).items():
        if outcome.verdict in {"fail", "error"} and held[name].verdict != outcome.verdict:
            yield f"{transcript.conversation} without {less}: {name} is {outcome.verdict}: {outcome.detail[:200]}"


def quieter(transcript: Transcript, profile: Profile) -> Iterator[str]:
    """Each verdict of the chapter itself that changes when the audio goes."""
    checks = [one for one in load().checks.values() if one.conversation == transcript.conversation]
    silent = quietened(Transcript.from_json(transcript.to_json()))
    before = judge(checks, {transcript.conversation: transcript}, profile)
    for name, outcome in judge(checks, {transcript.conversation: silent}, profile).items():
        if outcome.verdict not in {before[name].verdict, "skipped"}:
            yield f"{transcript.conversation} without audio: {name} is {outcome.verdict}: {outcome.detail[:200]}"


def judgeable(transcripts: Iterable[Transcript]) -> list[Transcript]:
    """Those that a run judges, but for generated ones, which a recording can't be."""
    return [one for one in transcripts if not one.generated and one.trouble is None and not one.interrupted]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m support.round_trip", description=__doc__)
    parser.add_argument("records", type=Path, nargs="*", metavar="RECORD")
    parser.add_argument("--quirks", type=int, default=0, metavar="N")
    parser.add_argument("--profiles", action="store_true")
    options = parser.parse_args()
    counted: Counter[str] = Counter()
    found: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in options.records:
            record = read(path)
            said = {line["id"]: Outcome(line["verdict"], line["detail"]) for line in record.verdicts}
            for transcript in judgeable(record.transcripts.values()):
                found += differences(transcript, said, profile_for(record.run["target"]["model"]), folder, counted)
        names = sorted(REGISTRY)
        chosen = names[:: max(1, len(names) // options.quirks)][: options.quirks] if options.quirks else []
        trials = [killmatrix.trial(REGISTRY[quirk]) for quirk in chosen]
        trials += [trial.Trial(None, model) for model in MODELS] if options.profiles else []
        for made in trials:
            (result,) = trial.run([made])
            before = len(found)
            for transcript in judgeable(result.transcripts.values()):
                found += differences(transcript, result.outcomes, profile_for(made.model), folder, counted)
            print(f"{', '.join(made.mock.quirks) or made.model}: {len(found) - before} differences", flush=True)
    print("\n".join(found))
    print(f"{len(found)} differences in {counted.total()} verdicts: {dict(counted)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
