"""The third answer: does streamed silence cost tokens."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.judge import silence_cost
from conformance.report.answer import KNOWN_IN_PART, Evidence, InWords, Known, Mark

ASK = "In VAD mode, does streaming silence cost tokens?"
QUESTION = "Q-SILENCE-BILLED"
ALONE = "Q-SILENCE-ALONE-BILLED"
IDLE = "Q-IDLE-SILENCE-BILLED"
COSTS = ("billed", "in-part")

ASIDES = {
    ("Q-NOISE-BILLED", "billed"): "Noise at -60 dBFS is billed like speech.",
    ("Q-NOISE-BILLED", "in-part"): "Noise at -60 dBFS is billed in part.",
    ("Q-NOISE-BILLED", "heard-as-speech"): "Noise at -60 dBFS is taken for speech.",
    ("Q-NOISE-BILLED", "not-billed"): "Noise at -60 dBFS before the speech is not billed.",
    ("Q-LOUD-NOISE-BILLED", "billed"): "Noise at -40 dBFS is billed like speech.",
    ("Q-LOUD-NOISE-BILLED", "in-part"): "Noise at -40 dBFS is billed in part.",
    ("Q-LOUD-NOISE-BILLED", "not-billed"): "Noise at -40 dBFS before the speech is not billed.",
    ("Q-LOUD-NOISE-BILLED", "heard-as-speech"): "Noise at -40 dBFS is taken for speech.",
    (ALONE, "in-part"): "Silence that leads to no turn shows in part in the next reply's usage.",
    (ALONE, "billed"): "Silence that leads to no turn shows in the next reply's usage.",
    (ALONE, "not-billed"): "Silence that leads to no turn shows in no usage.",
    ("Q-CLEARED-BILLED", "billed"): "Audio that was cleared is billed.",
    ("Q-CLEARED-BILLED", "not-billed"): "Audio that was cleared is not billed.",
    ("Q-UNCOMMITTED-BILLED", "billed"): "Audio that was never committed is billed.",
    ("Q-UNCOMMITTED-BILLED", "not-billed"): "Audio that was never committed is not billed.",
    (IDLE, "billed"): "A session that streams silence and gets no reply is billed for it, by the platform's usage.",
    (IDLE, "in-part"): "A session that streams silence and gets no reply is billed for it in part.",
    (IDLE, "not-billed"): "A session that streams silence and gets no reply is not billed.",
}
DOUBT = {
    "USE-001": "`usage` lacks some of its keys",
    "USE-002": "`usage` has numbers that are negative or no integers",
    "USE-006": "a spoken turn does not show its audio tokens",
    "USE-007": "a committed turn is not billed at the documented rate",
    "GEN-057": "the figures of `usage` do not add up",
    "GEN-058": "the figures of `usage` do not add up",
}
"""What speaks against an answer that rests on `usage`, by the clause that says so."""
FAULTY = ("USE-002", "USE-006", "GEN-057", "GEN-058")
"""After which no figure of `usage` can be trusted: the answer itself is then known in part."""
HIDES = {"USE-007": "whether the silence around it is in its price can't be told"}
"""What can't be told then, where the doubt does not say it."""
COST = {"yes": "that silence costs tokens", "no": "no cost of silence", "partly": "that some silence costs tokens"}
ASK_VENDOR = "Ask the vendor where the tokens of audio are told; until then compare with the invoice."
STREAM = "Let the microphone stream: in this run silence before speech cost no tokens."
STREAM_NOISE = "Let the microphone stream: in this run neither silence nor background noise cost tokens."
GATE = "Send audio only while somebody speaks: gate the microphone by a voice detection of your own."


def answer(known: Known, points: Sequence[tuple[float, int]], rate: float | None) -> InWords:
    """The third answer; `points` are (seconds of silence before the speech, audio tokens billed)."""
    outcome = known.outcome(QUESTION)
    line = _line(points)
    mark, text, todo = _said(known, outcome, points, line, rate)
    if mark != "unknown" and (doubts := dict.fromkeys(DOUBT[case.id] for case in known.failed(*DOUBT))):
        more = f", and {len(doubts) - 1} more" if len(doubts) > 1 else ""
        doubt = f"In this run {next(iter(doubts))}{more}"
        if faults := known.failed(*FAULTY):
            text = f"{KNOWN_IN_PART}: this run shows {COST[mark]}, but {DOUBT[faults[0].id]}."
            mark, todo = "partly", f"{doubt}: compare with an invoice first."
        else:
            todo = f"{doubt}: compare with an invoice, too. {todo}"
    asides = [(question, words) for (question, seen), words in ASIDES.items() if known.outcome(question) == seen]
    questions = [QUESTION, *dict.fromkeys(question for question, _ in ASIDES)]
    missing = [question for question in questions if known.outcome(question) in {None, "other"} and question != IDLE]
    unknown = [_open(question) for question in missing]
    if (case := known.cases.get(QUESTION)) is not None and case.hides:
        unknown.append("whether the silence around the speech is in its price")
    if known.outcome(IDLE) is None:
        unknown.append("what a session costs that idles for minutes and gets no reply: not knowable from replies")
    unknown.append("what an invoice says: usage is what `response.done` reports")
    how = known.said(QUESTION)
    if known.outcome(QUESTION) is None:
        how.append(Evidence("seen here", f"Nothing: {known.why(QUESTION)}.", (), known.conversation(QUESTION)))
    else:
        how.append(Evidence("seen here", f"{_first(known.detail(QUESTION))}.", (), known.conversation(QUESTION)))
    how += [Evidence("seen here", words, (), known.conversation(question)) for question, words in asides]
    how += [Evidence("but", _against(case.id), (), known.conversation(case.id)) for case in known.failed(*DOUBT)]
    shown = dict.fromkeys(name for key in questions if known.outcome(key) for name in known.conversation(key))
    return InWords(ASK, text, "; ".join(unknown), tuple(shown), mark=mark, todo=todo, how=tuple(how))


def _said(
    known: Known,
    outcome: str | None,
    points: Sequence[tuple[float, int]],
    line: silence_cost.Line | None,
    rate: float | None,
) -> tuple[Mark, str, str]:
    cost = _cost(line, rate)
    if outcome in COSTS or (outcome == "other" and line is not None and _grows(line)):
        if outcome == "in-part":
            return (
                "partly",
                f"Partly: a second of streamed silence costs {cost or 'less than a second of speech'}.",
                GATE,
            )
        return "yes", f"Yes: a second of streamed silence costs {cost or 'as much as a second of speech'}.", GATE
    if outcome not in {"not-billed", "padding"}:
        case = known.cases.get(QUESTION)
        why = "its figures follow no line" if outcome == "other" else "this run did not measure it"
        if case is not None and case.verdict in {"inconclusive", "blocked"}:
            why = "too few sessions of this run had a reply that reported its usage"
        return "unknown", f"Not known: {why}.", f"Run `pytest conformance/ --case {QUESTION}` against this endpoint."
    if points and not any(tokens for _, tokens in points):
        return "unknown", "Not known: the usage shows no audio tokens, not even for speech.", ASK_VENDOR
    against = next((key for key in (ALONE, IDLE) if known.outcome(key) in COSTS), None)
    if against is not None:
        what = "silence without a turn" if against == ALONE else "a session of silence without a reply"
        return "partly", f"Partly: silence before speech costs nothing, but {what} is billed.", GATE
    noise = [key for key in ("Q-NOISE-BILLED", "Q-LOUD-NOISE-BILLED") if known.outcome(key) in COSTS]
    if noise:
        level = -60 if noise[0] == "Q-NOISE-BILLED" else -40
        return "partly", f"Partly: digital silence costs nothing, but background noise at {level} dBFS is billed.", GATE
    if outcome == "padding":
        return (
            "partly",
            "Partly: silence that belongs to a detected turn is billed, silence between turns is not.",
            "Let the microphone stream; keep `silence_duration_ms` and `prefix_padding_ms` as short as speech allows.",
        )
    noises = {known.outcome(key) for key in (ALONE, "Q-NOISE-BILLED", "Q-LOUD-NOISE-BILLED")}
    return "no", _free(points), STREAM_NOISE if noises == {"not-billed"} else STREAM


def _free(points: Sequence[tuple[float, int]]) -> str:
    if points:
        longest, tokens = max(points)
        first = min(points)[1]
        if longest > 0:
            cost = f"a spoken turn costs {tokens} audio tokens"
            if first == tokens:
                return f"No: {cost}, whether or not {longest:g} s of silence came before it."
            return f"No: {cost} after {longest:g} s of silence, and {first} after none."
    return "No: streamed silence costs nothing."


def _line(points: Sequence[tuple[float, int]]) -> silence_cost.Line | None:
    fits = len(points) > 2 and len({seconds for seconds, _ in points}) > 1
    return silence_cost.fit(points) if fits else None


def _grows(line: silence_cost.Line) -> bool:
    return line.slope > max(silence_cost.FREE, silence_cost.SURE * line.error)


def _cost(line: silence_cost.Line | None, rate: float | None) -> str:
    """`7.0 tokens, as much as speech`."""
    if line is None:
        return ""
    told = f"{line.slope:.1f} input tokens"
    if not rate:
        return told
    share = line.slope / rate
    if abs(share - 1) <= silence_cost.NEAR:
        return f"{told}, as much as speech"
    much = f"{share:.0%} of" if share < 2 else f"{share:.0f} times"
    return f"{told}, {much} the documented price of speech"


def _first(detail: str) -> str:
    return f"{detail[:1].upper()}{detail[1:]}".rstrip(".")


def _against(clause: str) -> str:
    return f"{_first(DOUBT[clause])}{f': {hidden}' if (hidden := HIDES.get(clause)) else ''}."


def _open(question: str) -> str:
    return {
        QUESTION: "whether streamed silence is billed",
        "Q-NOISE-BILLED": "whether noise at -60 dBFS is billed",
        "Q-LOUD-NOISE-BILLED": "whether noise at -40 dBFS is billed",
        ALONE: "whether silence that leads to no turn is billed",
        "Q-CLEARED-BILLED": "whether audio that was cleared is billed",
        "Q-UNCOMMITTED-BILLED": "whether audio that was never committed is billed",
    }[question]
