"""The second half of the first answer: is there a compliant way to end a session, as far as a close frame 1000 goes.

What the paths show and what the rules found are told together: advice that a finding of the same run speaks against is
none.
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.report.answer import MOST_WORDS, Evidence, Known, Mark, Rows, conversations

MOMENTS = {
    "close-1000-after-response": "after a reply",
    "close-1000-idle": "on an idle session",
    "close-1000-with-audio": "with audio waiting",
    "cancel-then-close": "after a cancel",
    "close-1000-mid-response": "during a reply",
    "close-1000-before-created": "before the greeting",
    "close-1000-bye": "with a reason",
}
"""When a close frame 1000 is sent, by the close path."""

AVOIDED = frozenset({"during a reply", "before the greeting", "with a reason"})
"""Moments that nobody meets who does as he is advised: wait for `response.done`, then close with 1000 and no words."""

PROPER = frozenset({1000, 1001, 1005})
"""Codes that say nothing but that a session is over: an end complies where both sides say the same one of them."""

GOING = 1001
"""What a client may close with as well, where 1000 is not answered as it has to be: it is going away."""

AGAINST = {
    "GEN-060": "A close frame of the client's was not answered in at least one conversation.",
    "GEN-061": "The server went on talking after its close frame.",
    "CLO-003": "An event came between the client's close frame and its answer.",
    "CLO-004": "The answer to a close frame took more than two seconds.",
    "CLO-012": "After the close handshake the server did not end TCP within five seconds.",
}
"""What this run found broken and a close rests on, by the clause that says so."""


@dataclass(frozen=True)
class End:
    """What a close frame 1000 is worth: `mark` answers "is it a compliant end", `forms` say it, the longest first.

    `close` is the advice, from the word "close" on and without a full stop, and `code` what it closes with;
    `workaround`: it makes up for what the server owes, and is no compliant end.
    """

    mark: Mark
    forms: tuple[str, ...]
    close: str
    workaround: bool = False
    code: int = 1000

    def advised(self, first: str, rest: str = "") -> str:
        """What to do up to the close, and the close: called a workaround where it is one."""
        return advised(first, f"{self.close}{rest}", workaround=self.workaround)


def advised(first: str, close: str, *, workaround: bool) -> str:
    """Advice of two steps; two sentences, where one would be too long to be followed."""
    lead = f"As a workaround, {first[:1].lower()}{first[1:]}" if workaround else first
    one = f"{lead}, then {close}."
    return one if len(one.split()) <= MOST_WORDS else f"{lead}. Then {close}."


YES = End(
    "yes",
    (
        "a close frame 1000, answered by 1000, is a compliant end",
        "a close 1000 is a compliant end",
        "a close 1000 is compliant",
    ),
    "close with 1000",
)
UNSEEN = End(
    "unknown",
    ("whether a close frame is a compliant end was not seen", "a close 1000 was not seen"),
    "close with 1000",
)
HASTY = "close with 1000, waiting a second at most"


def end(known: Known) -> End:
    """What a close frame 1000 is worth on this endpoint."""
    rows = {path: row for path, row in known.walked().items() if path in MOMENTS and row["who_first"] == "client"}
    if not rows:
        return UNSEEN
    good = [path for path in MOMENTS if path in rows and _proper(rows, path)]
    bad = [path for path in MOMENTS if path in rows and path not in good]
    if not good:
        return _never(rows, bad, known.walked())
    if bad:
        return _now_and_then([MOMENTS[path] for path in bad])
    if known.failed("GEN-061"):
        return End(
            "partly",
            ("a close frame 1000 is only partly compliant: events follow its answer", "events follow a close's answer"),
            "close with 1000 and read no further",
            workaround=True,
        )
    if _elsewhere(known):
        return End(
            "partly",
            ("a close frame 1000 is mostly a compliant end, but at times not answered", "a close 1000 mostly complies"),
            HASTY,
        )
    return YES


def _elsewhere(known: Known) -> bool:
    """Whether a close 1000 went unanswered in a conversation that is no close path of these."""
    codes = {row["conversation"]: row["client_code"] for row in known.rows.values()}
    return any(
        not case.findings or any(codes.get(one.conversation, 1000) == 1000 for one in case.findings)
        for case in known.failed("GEN-060")
    )


def _proper(rows: Rows, path: str) -> bool:
    return bool(rows[path]["clean"] and rows[path]["server_code"] == 1000)


def _never(rows: Rows, bad: list[str], ways: Rows) -> End:
    """A close that ends no session properly, told by the path that matters most; `ways`: however a session ended."""
    code = rows[bad[0]]["server_code"]
    if code == 1000:
        return End(
            "partly",
            (
                "a close frame 1000 is only partly compliant: TCP stays open after its answer",
                "after a close 1000 TCP stays open",
            ),
            "close with 1000 and end TCP from this side",
            workaround=True,
        )
    if code is None:
        what, close = "gets no valid answer", HASTY
    else:
        what = "is answered without a code" if code == 1005 else f"is answered by {code}"
        close = "close with 1000, whatever answers it"
    proper = {row["client_code"] for row in ways.values() if row["clean"] and row["client_code"] == row["server_code"]}
    if GOING in proper:
        other = "a close frame 1001 is a compliant end"
        short = "close 1001 is compliant"
        return End(
            "partly", (f"{other}, but 1000 {what}", f"{short}, 1000 {what}", short), "close with 1001", code=GOING
        )
    forms = tuple(f"{frame} 1000 {what}" for frame in ("a close frame", "close"))
    if not proper & PROPER:
        forms = (*(f"no end tried is compliant: {form}" for form in forms), "no end tried is compliant")
    return End("no", forms, close, workaround=True)


def _now_and_then(moments: list[str]) -> End:
    """A close that ends some sessions properly; `moments` are those at which it does not."""
    met = [moment for moment in moments if moment not in AVOIDED]
    first = (met or moments)[0]
    more = f" and in {len(moments) - 1} more settings" if len(moments) > 2 else ""
    if len(moments) == 2:
        more = f" and {next(moment for moment in moments if moment != first)}"
    # Who does as he is advised never meets what is avoided: for him there is a way.
    return End(
        "partly" if met else "yes",
        (
            f"a close frame 1000 is a compliant end except {first}{more}",
            f"a close 1000 is compliant except {first}{more}",
            f"a close 1000 is compliant except {first}",
            "a close 1000 is compliant at times",
        ),
        HASTY if len(met) > 1 else f"close with 1000 (do not wait for its answer {met[0]})" if met else YES.close,
    )


def evidence(known: Known) -> list[Evidence]:
    """On how many paths a close frame 1000 was answered as it has to be."""
    rows = known.walked()
    ways = [path for path, row in rows.items() if row["client_code"] == 1000 and row["who_first"] == "client"]
    clean = [path for path in ways if _proper(rows, path)]
    if not ways:
        return []
    told = f"A close frame 1000 was answered by 1000 on {len(clean)} of {len(ways)} paths that were walked"
    return [Evidence("seen here", f"{told}, a clean end by RFC 6455.", ("RFC6455",), conversations(rows, ways))]


def against(known: Known) -> list[Evidence]:
    """What this run found broken that a close frame rests on."""
    return [Evidence("but", AGAINST[case.id], (), _where(known, case.id)) for case in known.failed(*AGAINST)]


def _where(known: Known, clause: str) -> tuple[str, ...]:
    case = known.cases[clause]
    return tuple(dict.fromkeys([*known.conversation(clause), *(one.conversation for one in case.findings)]))
