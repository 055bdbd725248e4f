"""From a record to its verdict: `summary.json`, the exit code, and the sentence that says it all.

Pure: the same record gives the same summary.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from conformance.judge import silence_cost
from conformance.judge.finding import Finding
from conformance.judge.verdicts import worst
from conformance.report import client_runs, hindered
from conformance.report.answers import InWords, in_words
from conformance.report.baseline import Baseline, Drift, compare
from conformance.report.case import Case
from conformance.report.causes import Cause, causes
from conformance.report.closing import close_paths
from conformance.report.cost import cost
from conformance.report.explored import explored
from conformance.report.headline import RunVerdict, headline, levels, transport
from conformance.report.lacking import raised, unshown
from conformance.report.naming import lies
from conformance.report.reach import reach
from conformance.report.record import Record
from conformance.report.stability import stability
from conformance.report.supported import supported
from conformance.report.unexpected import unexpected
from conformance.report.ways import TRIED
from conformance.spec.profiles import UnknownModel, profile_for, profile_of
from conformance.wire.target import is_loopback

FORMAT = 1  # of summary.json
MOCK_LEDGER = "mock"  # what the reader of its list is called
MOCK_SERVER = "qwen-realtime-conformance-mock"  # what the mock calls itself in its `Server` header

AGAINST = ("target", "conversations", "generated", "passing", "unsure", "infrastructure", "causes", "verdicts")

EXIT: dict[RunVerdict, int] = {
    "conforms": 0,
    "fails": 1,
    "interrupted": 2,
    "nothing_judged": 5,
    "infrastructure": 10,
    "incomplete": 10,
    "inconsistent": 11,
}


def cases(record: Record) -> list[Case]:
    """Every check of the catalogue exactly once, in catalogue order."""
    if record.judged is not None:
        return record.judged
    said: dict[str, list[dict[str, Any]]] = {}
    for line in record.verdicts:
        said.setdefault(line["id"], []).append(line)
    not_held = (record.recorded or {}).get("not_held", {})
    basis = {row["id"]: row.get("basis", "protocol") for row in record.catalogue["clauses"]}
    otherwise = ended(record, "the record", "the run") or "not selected"
    found = [
        _case(check_id, check, said[check_id], basis.get(check_id, "protocol"))
        if check_id in said
        else _not_run(check_id, check, not_held, otherwise, basis.get(check_id, "protocol"))
        for check_id, check in record.catalogue["checks"].items()
    ]
    told = [_unexpected(_told_attempt(case, record), record) for case in found]
    return supported([_accepted(case, record) for case in owned(told)])


def _unexpected(case: Case, record: Record) -> Case:
    """An answer that weighs like a missed SHOULD, marked as one."""
    why = unexpected(case, record)
    return replace(case, unexpected=why) if why else case


def _accepted(case: Case, record: Record) -> Case:
    """A failure that the baseline knows, and that fails in the way that it knows."""
    if record.baseline is None or case.verdict != "fail":
        return case
    known = Baseline.from_json(record.baseline)
    if not known.accepts(case.id, case.detail):
        return case
    return replace(case, verdict="accepted", since=known.accepted[case.id].get("since", ""))


def _told_attempt(case: Case, record: Record) -> Case:
    transcript = record.transcripts.get(case.conversation)
    if transcript is None or not transcript.retried:
        return case
    return replace(
        case, detail=f"{case.detail} (attempt {transcript.attempt}; the one before: {transcript.retried})".lstrip()
    )


def _not_run(check_id: str, check: dict[str, Any], not_held: dict[str, str], otherwise: str, basis: str) -> Case:
    conversation = check["conversation"] or ""
    reason = not_held.get(conversation) or otherwise
    return Case(check_id, check["level"], "not_run", reason, conversation, 0.0, where=check["where"], basis=basis)


def _case(check_id: str, check: dict[str, Any], said: list[dict[str, Any]], basis: str) -> Case:
    verdict = worst([line["verdict"] for line in said])
    decisive = next(line for line in said if line["verdict"] == verdict)
    return Case(
        check_id,
        check["level"],
        verdict,
        decisive["detail"],
        check["conversation"] or "",
        round(sum(line["seconds"] for line in said), 3),
        decisive.get("owner"),
        decisive.get("outcome"),
        check["where"],
        basis=basis,
        findings=tuple(map(Finding.from_json, decisive.get("findings", ()))),
        places=decisive.get("places", 0),
        excuses=tuple(decisive.get("excuses", ())),
        scenes=tuple(decisive.get("scenes", ())),
    )


def owned(found: list[Case]) -> list[Case]:
    """Blocked is never a second failure: the check that owns the missing evidence must have failed.

    When it was judged and did not fail, or nothing answers for it, nobody can say more than what was missing.
    """
    verdicts = {case.id: case for case in found}

    def excused(case: Case, seen: frozenset[str] = frozenset()) -> bool:
        owner = verdicts.get(case.owner or "")
        if owner is None or owner.id in seen:
            return False
        if owner.verdict == "blocked":
            return excused(owner, seen | {case.id})
        return owner.verdict in {"fail", "error", "not_run", "inconclusive"}

    out = []
    for case in found:
        if case.verdict == "blocked" and not excused(case):
            owner = verdicts.get(case.owner or "")
            because = f"{owner.id}, which answers for it, did not fail" if owner else "no check answers for it"
            out.append(replace(case, verdict="inconclusive", detail=f"{case.detail}; {because}", absent=True))
            continue
        out.append(case)
    return out


def verdict(record: Record, judged: list[Case], changed: Drift) -> RunVerdict:
    """The verdict of a run that differs from its baseline in this way."""
    counts = Counter(case.verdict for case in judged)
    footer = record.footer or {}
    if footer.get("interrupted"):
        return "interrupted"
    if counts["error"]:
        return "inconsistent"
    if any(case.counts_against for case in judged) or changed.fails:
        return "fails"
    if (record.recorded or {}).get("infrastructure"):
        return "infrastructure"
    if reach(record, judged).incomplete:
        return "incomplete"
    if not any(counts[kind] for kind in ("pass", "fail", "observed")):
        return "nothing_judged"
    return "conforms"


def differs(record: Record) -> bool:
    """Whether a second target did something else."""
    return record.against is not None and bool(record.against["causes"] or record.against["verdicts"])


def drift(record: Record, judged: list[Case]) -> Drift:
    """How the run differs from its baseline; nothing without one."""
    return compare(Baseline.from_json(record.baseline), record, judged) if record.baseline is not None else Drift()


def target(record: Record) -> dict[str, Any]:
    """The target as the run named it; a server that says it is our mock is the mock, whatever its address."""
    named: dict[str, Any] = record.run["target"]
    ours = named["kind"] == "live" and MOCK_SERVER in _servers(record)
    return {**named, "kind": "mock"} if ours else named


def of_mock(record: Record) -> bool:
    """Whether what was judged is the mock: held in this run, or in the one whose record was judged again."""
    if client_runs.of_client(record):
        return False
    replayed = record.run.get("replayed") or {}
    kinds = {record.run["target"]["kind"], (replayed.get("target") or {}).get("kind")}
    return "mock" in kinds or MOCK_SERVER in _servers(record)


ASK = "`DASHSCOPE_API_KEY=... realtime-conformance run` asks the service."


def stand_in(record: Record) -> list[str]:
    """The caveat that matters most, as one sentence or two in one text; empty where no mock was judged."""
    if not of_mock(record):
        return []
    if record.run.get("replayed") is not None:
        return ["What was recorded is the mock: it tells nothing about the live service."]
    which = "embedded mock" if record.run["target"]["kind"] == "mock" else "mock"
    told = f"This run judged the {which}{lies(record.run)}. It tells nothing about the live service."
    return [f"{told} {ASK}" if which != "mock" and not lies(record.run) else told]


def caveats(record: Record, cause: Cause | None = None) -> list[str]:
    """What a reader must know before he believes the verdict, as sentences; `cause` comes before what ended the run."""
    named, replayed = record.run["target"], record.run.get("replayed")
    said = []
    if replayed is not None:
        told = replayed.get("target") or {}
        origin = replayed.get("origin")
        what = f"a recording ({origin})" if origin else "a saved record"
        said.append(
            f"This run judged {what} of {told.get('endpoint')}, begun {replayed.get('started')}; "
            "no connection was opened."
        )
        said += unshown(record)
        said += stand_in(record)
        version = (replayed.get("suite") or {}).get("version")
        if version != record.run["suite"]["version"]:
            said.append(f"Version {version} of the suite held the conversations; this one judged them.")
        if replayed.get("ended"):
            said.append(f"The saved record is not whole: {replayed['ended']}. What it lacks is not judged.")
    elif client_runs.of_client(record):
        played = client_runs.played(record)
        said.append(
            f"This run judged a client program{played}. The mock played the server: tokens and statuses are the mock's."
        )
    elif of_mock(record):
        said += stand_in(record)
    elif named["kind"] == "live" and is_loopback(str(named["endpoint"])):
        said.append("The endpoint is on this machine: this page tells of what answers there, be it the service or not.")
        if (record.status or {}).get("reader") == MOCK_LEDGER:
            said.append("The status of its sessions is read from a list such as the mock keeps, and from no platform.")
    if _is_leaving(named["model"]):
        said.append(
            f"The vendor has announced that {named['model']} will be taken out of service: connections that time out "
            "were seen from September 2026 on, and what it does today is no measure of a newer model."
        )
    if named.get("profile"):
        said.append(
            f"{named['model']} is judged by the rules of the {named['profile']} family, which was named for it: no "
            "source says that they are its own."
        )
    ended_by = (record.recorded or {}).get("infrastructure")
    if ended_by is not None and any(line["verdict"] == "fail" and line["level"] == "MUST" for line in record.verdicts):
        stopped = f"The run was stopped early: {ended_by}."  # else the headline says it
        if cause is not None:
            stopped = f"{cause.words[:1].upper()}{cause.words[1:]}. Besides, the run was stopped early: {ended_by}."
        said.append(stopped)
    if record.truncated:
        said.append("The record is cut short: the run did not end in order, and what follows is what was written.")
        if not record.verdicts:
            said.append("No verdict is in it; `pytest conformance/ --replay` judges what was recorded.")
    if record.damage:
        more = f" and {len(record.damage) - 5} more" if len(record.damage) > 5 else ""
        said.append(f"Part of the record can't be read: {'; '.join(record.damage[:5])}{more}.")
    return said


def _is_leaving(model: str) -> bool:
    try:
        return profile_for(model).leaving
    except UnknownModel:
        return False  # a record from elsewhere


def ended(record: Record, it: str = "it", its_run: str = "its run") -> str | None:
    """Why a record does not hold a whole run, with what the sentence calls the two; None when it does."""
    if record.truncated:
        return f"{it} is cut short"
    return f"{its_run} was interrupted" if (record.footer or {}).get("interrupted") else None


def _servers(record: Record) -> set[str]:
    """What the servers of a record call themselves, without their versions."""
    return {
        value.partition("/")[0]
        for transcript in record.transcripts.values()
        for leg in transcript.legs
        for name, value in leg.handshake.response_headers
        if name.lower() == "server"
    }


def _answers(record: Record, judged: list[Case], paths: list[dict[str, Any]], found: list[Cause]) -> list[InWords]:
    if client_runs.of_client(record):
        return client_runs.answers(record)
    model = record.run["target"]["model"]
    try:
        rate = profile_of(record.run["target"]).audio_in_rate
    except UnknownModel:  # a record from elsewhere
        rate = None
    return in_words(
        judged,
        paths,
        model,
        questions=record.catalogue["questions"],
        silence=_silence(record),
        rate=rate,
        mock=of_mock(record),
        ended=hindered.remedy(record),
        causes=found,
        untried=len(TRIED - {row["path"] for row in paths}) if (record.recorded or {}).get("kept_out") else 0,
    )


def _silence(record: Record) -> list[silence_cost.Point]:
    """Seconds of silence before a spoken turn, and the audio tokens billed for it."""
    check = record.catalogue["checks"].get("Q-SILENCE-BILLED", {})
    transcript = record.transcripts.get(check.get("conversation") or "")
    return silence_cost.points(transcript) if transcript is not None else []


def summary(record: Record) -> dict[str, Any]:
    """The content of `summary.json` (its names are a contract)."""
    judged = cases(record)
    changed = drift(record, judged)
    result = verdict(record, judged, changed)
    counts = Counter(case.verdict for case in judged)
    recorded = record.recorded or {}
    usage = {"input_tokens": 0, "output_tokens": 0}
    for transcript in (*record.earlier, *record.transcripts.values()):
        for key, value in transcript.usage.items():
            usage[key] += value
    paths = close_paths(record)
    reached = reach(record, judged)
    found = causes(record.transcripts.values(), judged)
    expected = {row["id"]: row["expected"] for row in record.catalogue["questions"]}
    expected |= (record.baseline or {}).get("answers", {})
    return {
        "format": FORMAT,
        "target": target(record),
        "mock": of_mock(record),
        "caveats": [*caveats(record, hindered.first(found)), *raised(record, reached)],
        "suite": record.run["suite"],
        "sources": record.run.get("sources"),
        "started": record.run["started"],
        "seconds": (record.footer or {}).get("seconds", 0.0),
        "sessions": recorded.get("sessions", sum(len(item.legs) for item in record.transcripts.values())),
        "conversations": len(record.transcripts),
        "usage": usage,
        "cost": cost(record),
        "verdict": result,
        "exit": EXIT[result] or int(differs(record)),
        "headline": headline(record, judged, result, changed),
        "counts": {key: counts[key] for key in sorted(counts)},
        "levels": levels(judged),
        "transport": transport(judged),
        "partial": reached.partial,
        "reach": reached.to_json(),
        "stability": stability(record),
        "rested": recorded.get("rested", 0.0),
        "lag_ms": recorded.get("lag_ms", 0.0),
        "cases": [
            {
                "id": case.id,
                "level": case.level,
                "verdict": case.verdict,
                "detail": case.detail,
                "conversation": case.conversation,
                "seconds": case.seconds,
                **(
                    {"findings": [one.to_json() for one in case.findings], "places": case.places}
                    if case.findings
                    else {}
                ),
                **({"excuses": list(case.excuses)} if case.excuses else {}),
                **({"since": case.since} if case.since else {}),
            }
            for case in judged
        ],
        "observations": [
            {
                "id": case.id,
                "outcome": case.outcome,
                "expected": expected.get(case.id),
                "evidence": case.detail or case.conversation,
                **({"unexpected": case.unexpected} if case.unexpected else {}),
            }
            for case in judged
            if case.verdict == "observed"
        ],
        "causes": [one.to_json() for one in found],
        "close_paths": paths,
        **({"explored": tried} if (tried := explored(record.transcripts.values())) is not None else {}),
        **({"against": {key: record.against[key] for key in AGAINST}} if record.against is not None else {}),
        **({"drift": changed.to_json()} if record.baseline is not None else {}),
        "answers": [answer.to_json() for answer in _answers(record, judged, paths, found)],
        **({"client": client_runs.rows(record)} if client_runs.of_client(record) else {}),
    }
