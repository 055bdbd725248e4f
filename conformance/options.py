"""What a run is asked to do: the options of `pytest conformance/`, declared and read.

Names and meanings are a contract.  Whatever can't be meant is refused here, before anything is collected.
"""

from __future__ import annotations

import contextlib
import difflib
import fnmatch
import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from conformance import arguments, fuzz, runner, secrets
from conformance.intake.record import Imported, opened
from conformance.judge.checks import Chapters
from conformance.mock.options import MockOptions, OptionError
from conformance.report import record
from conformance.report.baseline import Baseline, BaselineError, load
from conformance.spec.catalogue import clauses
from conformance.spec.profiles import DEFAULT_MODEL, FAMILIES, Profile, UnknownModel, profile_of, told_by_name
from conformance.status.base import LOG_WAIT
from conformance.status.choose import SOURCES, choose
from conformance.wire.recording import Budget
from conformance.wire.route import trusting
from conformance.wire.target import (
    EMBEDDED_CONCURRENCY,
    LIVE_CONCURRENCY,
    LIVE_RPM,
    LOOPBACK_CONCURRENCY,
    REGIONS,
    Target,
    TargetError,
    is_loopback,
    resolve,
)


def declare(parser: pytest.Parser) -> None:
    """Declare the suite's options (a contract: names and meanings stay)."""
    group = parser.getgroup("conformance", "Qwen-Omni-Realtime conformance")
    with contextlib.suppress(
        AttributeError, StopIteration
    ):  # lists of pytest's own; without them the help is as it was
        groups = parser.optparser._action_groups  # noqa: SLF001
        ours = next(one for one in groups if one.title == "Qwen-Omni-Realtime conformance")
        groups.remove(ours)
        groups.insert(1, ours)  # behind the files
    add = group.addoption
    add("--endpoint", metavar="NAME|URL", help="mock, beijing, singapore, or a ws:// or wss:// URL "
        "(default: $REALTIME_ENDPOINT, else beijing when $DASHSCOPE_API_KEY is set, else mock)")  # fmt: skip
    add("--model", default=DEFAULT_MODEL, help=f"model name (default: {DEFAULT_MODEL})")
    add("--profile", choices=FAMILIES, metavar="FAMILY", help="judge a model of any name by the rules of a family: "
        f"{', '.join(FAMILIES)} (default: the family of the name)")  # fmt: skip
    add("--workspace", metavar="ID", help="workspace id: its own host and the X-DashScope-WorkSpace header")
    add("--header", type=arguments.header, action="append", metavar="NAME:VALUE", default=[], help="a header that the "
        "endpoint wants, such as a gateway's; its value is a secret (repeatable)")  # fmt: skip
    add("--case", action="append", metavar="GLOB", default=[], help="only these check ids (repeatable)")
    add("--concurrency", type=arguments.count, metavar="N", help="conversations held at once (default: "
        f"{EMBEDDED_CONCURRENCY} embedded mock, {LOOPBACK_CONCURRENCY} loopback, {LIVE_CONCURRENCY} live)")  # fmt: skip
    add("--budget-tokens", type=arguments.count, metavar="N", help="stop holding conversations past it (60000 live)")
    add("--budget-sessions", type=arguments.count, metavar="N", help="open at most this many (130 live, and two more "
        "for each generated conversation)")  # fmt: skip
    add("--rpm", type=arguments.count, metavar="N", help=f"connections opened a minute at most (default: {LIVE_RPM} "
        "live, no limit on this machine)")  # fmt: skip
    add("--ca-file", metavar="PATH", help="authorities (PEM) to trust beside this machine's, for an endpoint with a "
        "certificate of its own")  # fmt: skip
    add("--replay", metavar="FILE", help="judge a saved record.jsonl, or a recording of any origin (HAR, JSON lines, "
        "logs); opens no connection")  # fmt: skip
    add("--keep-audio", action="store_true", help="keep the audio of a recording that is no record of the suite's")
    add("--quirk", action="append", metavar="NAME", default=[], help="a deviation of the mock (repeatable)")
    add("--fuzz-examples", type=arguments.natural, metavar="N", help="generated conversations (25 mock, 0 live)")
    add("--fuzz-seed", type=arguments.natural, metavar="N", default=1, help="what they are made from: the same seed "
        "sends the same events (default: 1)")  # fmt: skip
    add("--fuzz-moves", type=arguments.natural, metavar="N", help="the most moves of one, "
        f"{fuzz.LONGEST} to {fuzz.DEEPEST}: longer ones reconnect, and go where the others have not been (default: "
        f"{fuzz.LONGEST}; with --fuzz-budget-tokens {fuzz.DEEPEST})")  # fmt: skip
    add("--fuzz-budget-tokens", type=arguments.count, metavar="N", help="hold generated conversations until they have "
        "spent so many tokens, beside --budget-tokens")  # fmt: skip
    add("--status-source", metavar="SOURCE", default="auto", help=f"what the platform says of sessions: "
        f"{', '.join(SOURCES)} (default: auto)")  # fmt: skip
    add("--status-wait", type=arguments.seconds, metavar="SECONDS", help="how long to wait for its rows (default: "
        f"{LOG_WAIT:.0f} for sls and bl, else {runner.STATUS_WAIT:.0f}; embedded mock: "
        f"{runner.EMBEDDED_WAIT:.0f}; replay: one look)")  # fmt: skip
    add("--baseline", metavar="FILE", help="accepted failures, answers and shapes; what differs from it fails the run")
    add("--update-baseline", action="store_true", help="write the file of --baseline from this run")
    add("--against", metavar="NAME|URL", help="hold the same on a second target, and tell what differs: a release and "
        "the one before, a gateway and what is behind it; what differs fails the run")  # fmt: skip
    add("--against-model", metavar="NAME", help="what the model is called there (default: the same)")
    add("--against-key-env", metavar="NAME", help="the environment variable that holds the key of the second target")
    add("--against-header", type=arguments.header, action="append", metavar="NAME:VALUE", default=[], help="a header "
        "that the second target wants; its value is a secret (repeatable)")  # fmt: skip
    add("--plan", action="store_true", help="say what the selection would take, and open nothing")
    add("--list", nargs="+", dest="listed", metavar=("KIND", "WORD"), default=None, help="name what there is, and end: "
        "checks, questions, quirks, switches, paths, scenarios or models; with a word those that hold it")  # fmt: skip
    add("--slow", action="store_true", help="also conversations that take minutes (idle time-outs)")
    add("--report-dir", metavar="DIR", help="where the output goes (default: reports/<utc>-<target>/)")


@dataclass(frozen=True)
class Asked:
    """What one pytest run was asked to do, checked.

    `directory` is where the output goes; `named` says that it was named and may have been used before.
    """

    run: runner.Run
    replayed: record.Record | Imported | None
    baseline_path: Path | None
    baseline: Baseline | None
    directory: Path
    named: bool
    against: runner.Run | None = None


def asked(config: pytest.Config, held: secrets.Secrets, chapters: Chapters) -> Asked:
    """Read the options and the environment.  Raises UsageError, in a sentence that names the option."""
    _check_globs(config.getoption("--case"), chapters.checks)
    replayed = _replayed(config, held)
    _check_source(config.getoption("--status-source"), replayed=replayed is not None)
    run = _live(config, held, chapters) if replayed is None else _again(config, replayed, chapters)
    path, baseline = _known(config, run.profile.model)
    named = "replay" if replayed is not None else run.target.name
    folder, against = _directory(config, named), _against(config, run, held)
    return Asked(run, replayed, path, baseline, folder, bool(config.getoption("--report-dir")), against)


def worker_input(config: pytest.Config) -> dict[str, Any]:
    """What the controller of pytest-xdist told this worker (empty in any other process)."""
    return getattr(config, "workerinput", {})


def _check_globs(globs: list[str], known: Collection[str]) -> None:
    for glob in globs:
        if any(fnmatch.fnmatchcase(check_id, glob) for check_id in known):
            continue
        row = clauses().get(glob)
        if row is not None and row.excluded:
            raise pytest.UsageError(f"--case {glob} has no check: {row.excluded}")
        # The contract wants the nearest id whatever was typed; ids of the same chapter are nearer than any other.
        chapter = [check_id for check_id in known if check_id.startswith(glob.upper().partition("-")[0] + "-")]
        # What begins as it was typed is meant before what merely has the same letters.
        begun = sorted(check_id for check_id in known if check_id.startswith(glob.upper()))
        near = begun or difflib.get_close_matches(glob.upper(), chapter or known, 1, cutoff=0.0)
        raise pytest.UsageError(f"--case {glob} matches no check; the nearest is {near[0]}")


def _replayed(config: pytest.Config, held: secrets.Secrets) -> record.Record | Imported | None:
    path = config.getoption("--replay")
    if path is None:
        return None
    try:
        kept = config.getoption("--keep-audio")
        named = config.getoption("--model")
        model = named if named != DEFAULT_MODEL else None
        found = opened(Path(path), keep_audio=kept, mask=held.mask_json, model=model)
    except record.RecordError as problem:
        raise pytest.UsageError(f"--replay: {problem}") from None
    if isinstance(found, record.Record) and found.run["target"]["kind"] == "client":
        raise pytest.UsageError(f"--replay: {path} is of a client: `realtime-conformance client --replay` judges it")
    return found


def _known(config: pytest.Config, model: str) -> tuple[Path | None, Baseline | None]:
    name, update = config.getoption("--baseline"), config.getoption("--update-baseline")
    if name is None:
        if update:
            raise pytest.UsageError("--update-baseline needs --baseline FILE, the file to write")
        return None, None
    path = config.invocation_params.dir / name
    if update and not path.exists():
        return path, None
    try:
        known = load(path)
    except BaselineError as problem:
        raise pytest.UsageError(f"--baseline: {problem}") from None
    if known.model not in {"", model}:
        raise pytest.UsageError(f"--baseline: {path} is of the model {known.model}, and this run is of {model}")
    return path, known


def _profile(target: Mapping[str, Any]) -> Profile:
    try:
        return profile_of(target)
    except UnknownModel as problem:
        more = "--profile FAMILY judges a model of any name"
        raise pytest.UsageError(f"--model: {problem} ({more})") from None


def _again(config: pytest.Config, replayed: record.Record | Imported, chapters: Chapters) -> runner.Run:
    """A replay opens no connection, and judges a record as what it is: what says otherwise was a mistake."""
    option = config.getoption
    profile = _profile(replayed.run["target"])
    for name in (
        "quirk",
        "workspace",
        "header",
        "fuzz_examples",
        "fuzz_moves",
        "fuzz_budget_tokens",
        "slow",
        "plan",
        "rpm",
        "ca_file",
    ):
        if option(name):
            named = "--" + name.replace("_", "-")
            raise pytest.UsageError(f"{named} has no effect with --replay: no connection is opened")
    if option("--model") not in {DEFAULT_MODEL, profile.model}:
        raise pytest.UsageError(f"--model {option('--model')}: the record is of {profile.model}, and is judged as such")
    if option("--profile") not in {None, profile.family}:
        raise pytest.UsageError(
            f"--profile {option('--profile')}: the record is of the {profile.family} family, and is judged as such"
        )
    return runner.Run(
        Target("replay", str(option("--replay")), "", profile.model), profile, chapters,
        status_source=option("--status-source"), status_wait=option("--status-wait") or 0.0,
    )  # fmt: skip


def _live(config: pytest.Config, held: secrets.Secrets, chapters: Chapters) -> runner.Run:
    option = config.getoption
    profile = _profile({"model": option("--model"), "profile": option("--profile")})
    endpoint = option("--endpoint") or os.environ.get("REALTIME_ENDPOINT") or None
    key = (os.environ.get("DASHSCOPE_API_KEY") or "").strip() or None
    if key is None and endpoint not in {None, "mock"} and option("--plan"):
        key = "a plan opens nothing"  # who asks what a run would cost may have no key yet
    try:
        target = resolve(
            endpoint, model=option("--model"), key=key, workspace=option("--workspace"),
            concurrency=option("--concurrency"), rpm=option("--rpm"),
            headers=tuple(option("--header")), others=held,
        )  # fmt: skip
        target = trusting(target, option("--ca-file"))
        mock = MockOptions(quirks=tuple(option("--quirk"))) if target.kind == "mock" else None
    except (TargetError, OptionError) as problem:
        raise pytest.UsageError(str(problem)) from None
    if option("--quirk") and mock is None:
        raise pytest.UsageError(f"--quirk works on the mock only, and the endpoint is {target.name}")
    if mock is not None and not told_by_name(profile):
        raise pytest.UsageError(
            f"--profile is for the models of other endpoints; the embedded mock has none that is called "
            f"{profile.model} and is of the {profile.family} family"
        )
    examples = option("--fuzz-examples")
    if examples is None:
        examples = runner.FUZZ_EXAMPLES if target.kind == "mock" else 0
    spends = target.kind == "live" and not is_loopback(target.url)  # what is on this machine costs nobody anything
    tokens = option("--fuzz-budget-tokens") or 0
    moves = option("--fuzz-moves") or (fuzz.DEEPEST if tokens else fuzz.LONGEST)
    if not fuzz.LONGEST <= moves <= fuzz.DEEPEST:
        raise pytest.UsageError(f"--fuzz-moves {moves}: a generated conversation has {fuzz.LONGEST} to {fuzz.DEEPEST}")
    default = runner.live_budget(examples, tokens) if spends else Budget()
    given = option("--budget-tokens")
    budget = Budget(given + tokens if given else default.tokens, option("--budget-sessions") or default.sessions)
    return runner.Run(
        target, profile, chapters, budget, mock, slow=option("--slow"),
        fuzz_examples=examples, fuzz_seed=option("--fuzz-seed"), fuzz_moves=moves, fuzz_tokens=tokens,
        status_source=option("--status-source"), status_wait=option("--status-wait"),
        command=("pytest", *(str(argument) for argument in config.invocation_params.args)),
    )  # fmt: skip


def second_secrets(config: pytest.Config) -> list[tuple[str, str]]:
    """What is secret of the second target, each with a name for it."""
    name = config.getoption("--against-key-env") or ""
    key = os.environ.get(name, "").strip()
    url = secrets.of_url(config.getoption("--against") or "", "--against")
    return [(f"${name}", key), *url] if key else url


def _against(config: pytest.Config, run: runner.Run, held: secrets.Secrets) -> runner.Run | None:
    """The second target.  Its key is one that was named for it: a key goes nowhere but where it was meant to go."""
    option = config.getoption
    name, named = option("--against"), option("--against-key-env")
    if name is None:
        for other in ("against_model", "against_key_env", "against_header"):
            if option(other):
                raise pytest.UsageError(f"--{other.replace('_', '-')} needs --against, the second target")
        return None
    if option("--replay"):
        raise pytest.UsageError("--against holds conversations, and --replay opens no connection: `compare` does it")
    if getattr(config.option, "dist", "no") != "no" or worker_input(config):
        raise pytest.UsageError("--against holds both targets side by side in one process: leave -n out")
    both_vendors = run.target.name in REGIONS and name in REGIONS
    key = (os.environ.get(named or "") or "").strip() or None
    if named and key is None:
        raise pytest.UsageError(f"--against-key-env {named}: there is no such variable, or nothing in it")
    try:
        target = resolve(
            name, model=option("--against-model") or run.target.model,
            key=key or (run.target.key if both_vendors else None),
            workspace=run.target.workspace if both_vendors else None, concurrency=option("--concurrency"),
            rpm=option("--rpm"), headers=tuple(option("--against-header")), others=held,
        )  # fmt: skip
        target = trusting(target, option("--ca-file"))
    except TargetError as problem:
        words = str(problem).replace("--endpoint", "--against").replace("$DASHSCOPE_API_KEY", "--against-key-env NAME")
        raise pytest.UsageError(words.replace("--header", "--against-header")) from None
    mock = MockOptions() if target.kind == "mock" else None
    spends = target.kind == "live" and not is_loopback(target.url)
    budget = run.budget if run.target.kind == "live" or not spends else runner.live_budget(run.fuzz_examples)
    return replace(run, target=target, mock=mock, budget=budget)


def _check_source(source: str, *, replayed: bool) -> None:
    if source.startswith("file:") and not replayed:
        raise pytest.UsageError(f"--status-source {source}: a form is read with --replay, when it is filled in")
    if source.startswith("file:") and not Path(source.removeprefix("file:")).is_file():
        raise pytest.UsageError(f"--status-source {source}: there is no such file")
    if source == "mock" and replayed:
        raise pytest.UsageError("--status-source mock: a mock's ledger is gone when its record is judged again")
    try:
        choose(source if source != "auto" else "none", target_url="", model="")
    except ValueError as problem:
        raise pytest.UsageError(f"--status-source: {problem}") from None


def _directory(config: pytest.Config, target: str) -> Path:
    shared = worker_input(config).get("conformance_dir")
    if shared:
        return Path(shared)
    name = config.getoption("--report-dir")
    started = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    told = "".join(letter if letter.isalnum() else "-" for letter in target).strip("-")[-40:]
    return (config.invocation_params.dir / (name or f"reports/{started}-{told}")).resolve()
