"""What a client program did in each scenario: how it ended, how it left its sessions, and what it cost.

Everything is read from a record that anybody may have written: what has another shape than expected shows as nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from conformance.judge.leaving import RULES, leaving, statuses
from conformance.report.answer import SHOWN, Evidence, InWords, Mark
from conformance.report.html_trace import audio_of
from conformance.report.record import Record
from conformance.wire.transcript import Leg, Transcript

KIND = "client"


def called(target: Mapping[str, Any]) -> str:
    """What a run's target is called in a heading: a program without the folder of whatever interprets it."""
    name = str(target["endpoint"])
    if target["kind"] != KIND or not name.startswith("/"):
        return name
    first, space, rest = name.partition(" ")
    return first.rpartition("/")[2] + space + rest


GUESSES = "{} rules the platform might follow"
VENDOR = "Ask the vendor what counts as a success."
COMPARE = "Check that it sent as much audio as it was meant to; only the service tells what is billed."
POLICIES = ("finish_required", "clean_close_ok", "pending_until_finish", "absent_unless_success", "cancelled")


def of_client(record: Record) -> bool:
    """Whether what was judged is a client program."""
    return bool(record.run["target"]["kind"] == KIND)


def _at(value: Any, name: str, kind: type) -> Any:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, kind) and not (kind is int and isinstance(found, bool)) else kind()


def rows(record: Record) -> list[dict[str, Any]]:
    """A row for each scenario, in the order in which they were held."""
    return [_row(transcript) for transcript in record.transcripts.values()]


def played(record: Record) -> str:
    """In which scenarios the program was run, as the end of a phrase: in one alone, most rules can't show."""
    names = _names(record)
    more = len(unheld(record))
    told = f" in {len(names)} scenarios" if len(names) > 1 else ""
    told = told or "".join(f" in one scenario alone, `{name}`" for name in names)
    return f"{told}; `--scenario all` runs it in {more} more" if told and more else told


def _names(record: Record) -> set[str]:
    return {_at(transcript.notes, "scenario", str) for transcript in record.transcripts.values()} - {""}


def unheld(record: Record) -> list[str]:
    """The scenarios that the program was not run in, as far as the record tells: what they would show is not judged."""
    return sorted(_at(record.recorded, "not_held", dict)) if of_client(record) else []


def reached(record: Record) -> str:
    """`in 1 of 24 scenarios`; of what somebody else recorded, that it is no scenario of the suite's."""
    ran = len(_names(record))
    return f"in {ran} of {ran + len(unheld(record))} scenarios" if ran else "in what was recorded"


def _row(transcript: Transcript) -> dict[str, Any]:
    ran = _at(transcript.notes, "program", dict)
    listed = _at(transcript.notes, "listed", list)
    sessions = []
    for number, leg in enumerate(transcript.legs):
        if leg.handshake.status == 101:
            found = listed[number] if number < len(listed) and isinstance(listed[number], dict) else {}
            found = {str(policy): str(status) for policy, status in found.items()}
            sessions.append(_session(leg, found))
    refused = [str(leg.handshake.status) for leg in transcript.legs if leg.handshake.status != 101]
    return {
        "scenario": _at(transcript.notes, "scenario", str) or transcript.conversation,
        "conversation": transcript.conversation,
        "says": _at(transcript.notes, "says", str),
        "ended": _at(ran, "ended", str),
        "code": ran.get("code") if isinstance(ran.get("code"), int) else None,
        "timed_out": _at(ran, "timed_out", bool),
        "seconds": transcript.seconds,
        "output": [str(line) for line in _at(ran, "output", list)][-10:],
        "sessions": sessions,
        "refused": [f"HTTP {status}" for status in refused],
    }


def _session(leg: Leg, listed: dict[str, str]) -> dict[str, Any]:
    left = leaving(leg)
    sent = [sound.seconds or 0.0 for frame in leg.frames if frame.side == "client" and (sound := audio_of(frame))]
    usage = Transcript("", "", [leg]).usage
    return {
        "session_id": leg.session_id,
        "left": left.label,
        "way": left.words,
        "torn": left.torn,
        "code": leg.ending.code_sent,
        "finish": left.finish,
        "state": left.state,
        "by_client": left.by_client,
        "clean": leg.ending.clean,
        "listed": {policy: listed.get(policy, "") for policy in POLICIES},
        "statuses": statuses(listed),
        "errors": sum(frame.side == "server" and frame.type == "error" for frame in leg.frames),
        "audio_seconds": round(sum(sent), 2),
        "tokens": usage["input_tokens"] + usage["output_tokens"],
    }


def answers(record: Record) -> list[InWords]:
    """The three answers that a client is asked for."""
    found = rows(record)
    return [_leaves(found, reached(record) if unheld(record) else ""), _leaves_behind(found), _costs(found)]


def _sessions(found: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [(row, session) for row in found for session in row["sessions"] if session["by_client"]]


def _leaves(found: list[dict[str, Any]], part: str) -> InWords:
    """How it ends its sessions; `part` says in how many scenarios it was seen, where that is not all of them."""
    ask = "Does the program end its sessions with a close frame?"
    ways: dict[str, list[str]] = {}
    for row, session in _sessions(found):
        ways.setdefault(session["way"], []).append(row["scenario"])
    torn = sorted({row["scenario"] for row, one in _sessions(found) if one["torn"]})
    told = ((f"{way[:1].upper()}{way[1:]}", _listed(names)) for way, names in ways.items())
    how = tuple(Evidence("seen here", f"{way} in {where}.") for way, where in told)
    shown = tuple(dict.fromkeys(row["conversation"] for row, _ in _sessions(found)))
    if not ways:
        said: tuple[Mark, str] = ("unknown", "Not known: it never had to end a session in this run.")
        todo = "Run it in a scenario in which it has to end the session, such as `plain`."
    elif torn:
        where = torn[0] if len(torn) == 1 else f"{len(torn)} scenarios"
        said = ("no" if len(torn) == len({name for names in ways.values() for name in names}) else "partly",
                f"It drops the connection without a close frame in {where}.")  # fmt: skip
        todo = "Close with 1000 on every path out of the program, its error handling too."
    else:
        where = f"; it was run {part}" if part else " wherever it is the one to end the session"
        said = ("yes", f"Yes: with a close frame{where}.")
        todo = "Nothing: it ends its sessions as it should."
        if part:
            todo = "Run it in the others too, with `--scenario all`: this run does not show how it leaves there."
    return InWords(ask, said[1], "", shown, mark=said[0], todo=todo, how=how)


def _leaves_behind(found: list[dict[str, Any]]) -> InWords:
    ask = "Does the platform list its sessions as successes?"
    how = []
    succeeded = total = rules = 0
    good = []
    for policy in POLICIES:
        counted = Counter(one["listed"][policy] for _, one in _sessions(found) if one["listed"][policy])
        succeeded, total = succeeded + counted["succeeded"], total + counted.total()
        if counted:
            told = ", ".join(f"{count} {SHOWN.get(status, status)}" for status, count in counted.most_common())
            how.append(Evidence("seen here", f"{RULES[policy].capitalize()}: {told}."))
            good += [RULES[policy]] if counted["succeeded"] == counted.total() else []
            rules += 1
    mark: Mark = "unknown"
    if not total:
        text = "Not known: nothing that this run could see."
    elif succeeded == total:
        mark, text = "yes", f"Yes: by each of {GUESSES.format(rules)}."
    elif not good and succeeded:
        mark, text = "partly", f"Partly: some are and some are not, by whichever of {GUESSES.format(rules)}."
    elif len(good) == 1:
        text = f"Not known: only 1 of {GUESSES.format(rules)} would: {good[0]}."
    elif succeeded:
        text = f"Not known: {len(good)} of {GUESSES.format(rules)} would."
    else:
        mark, text = "no", f"No: by none of {GUESSES.format(rules)}."
    unknown = "which of these rules the platform follows; the mock lists each session under every one of them"
    todo = "End with `session.finish` where the endpoint accepts it, and with a close frame 1000 everywhere."
    ended = [one for _, one in _sessions(found)]
    if ended and all(one["finish"] != "not sent" and one["code"] == 1000 for one in ended):
        todo = f"{VENDOR} The program sent `session.finish` and closed with 1000: no source asks a client for more."
    return InWords(ask, text, unknown, (), mark=mark, todo="" if mark == "yes" else todo, how=tuple(how))


def _costs(found: list[dict[str, Any]]) -> InWords:
    ask = "Did it hold sessions, and what did they use?"
    every = [session for row in found for session in row["sessions"]]
    plain = [session for row in found if row["scenario"] == "plain" for session in row["sessions"]]
    parts = [f"{what}: {_amount(those)}." for what, those in (("In `plain`", plain), ("In all", every)) if those]
    if not parts:
        return InWords(ask, "Not known: it held no session.", "", (), todo="Look at what it printed.")
    how = tuple(Evidence("seen here", part) for part in parts)
    return InWords(
        ask,
        f"Yes: it held {_amount(every)}.",
        "",
        (),
        mark="yes",
        todo=COMPARE,
        how=how,
    )


def _amount(those: list[dict[str, Any]]) -> str:
    audio, tokens = sum(one["audio_seconds"] for one in those), sum(one["tokens"] for one in those)
    many = "1 session" if len(those) == 1 else f"{len(those)} sessions"
    return f"{many}, {audio:.1f} s of audio sent, {tokens} tokens as the mock counts them"


def _listed(names: list[str]) -> str:
    unique = list(dict.fromkeys(names))
    return ", ".join(unique[:6]) + (f" and {len(unique) - 6} more" if len(unique) > 6 else "")
