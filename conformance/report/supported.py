"""What an observation claims only where another check of the run bears it out.

A conversation is judged by what is in it; what an answer says besides may rest on what another one shows.  The answers
on the first screen, the rows of the questions, a baseline and every other output read the same cases, so all of them
say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.report.case import Case

SILENCE = "Q-SILENCE-BILLED"
RATE = "USE-007"


def supported(judged: Sequence[Case]) -> list[Case]:
    """The cases, those that claim too much cut back to what the run shows.

    More tokens than the speech is long are the silence around it only where speech costs what is documented: at twice
    the rate the same figures come of no silence at all.
    """
    rate = next((case for case in judged if case.id == RATE), None)
    if rate is not None and rate.verdict == "pass":
        return list(judged)
    why = "speech does not cost what is documented" if _missed(rate) else "what speech costs was not judged"
    return [
        replace(
            case,
            outcome="not-billed",
            hides="padding",
            detail=f"{case.detail}; whether the silence around the speech is in it can't be told: {why} ({RATE})",
        )
        if (case.id, case.verdict, case.outcome) == (SILENCE, "observed", "padding")
        else case
        for case in judged
    ]


def _missed(rate: Case | None) -> bool:
    return rate is not None and rate.verdict in {"fail", "accepted"}
