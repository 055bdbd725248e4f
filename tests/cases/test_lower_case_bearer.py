"""A key that is refused for how its scheme is spelled is a finding, and no trouble of the account (CON-014)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from conformance.mock.options import MockOptions
from conformance.spec.profiles import DEFAULT_MODEL
from conformance.trial import Trial, run

HELD = "connection/TwoAtOnce"


@pytest.mark.parametrize(
    ("quirks", "verdicts", "statuses"),
    [
        ((), ["pass", "pass", "pass", "pass"], [101, 101]),
        # Without a second session there is no second id.
        (("refuses-lower-case-bearer",), ["fail", "blocked", "pass", "pass"], [101, 403]),
        (("refuses-sdk-user-agent",), ["blocked", "blocked", "fail", "blocked"], [400]),
    ],
)
def test_a_refusal_is_judged_and_spoils_little_else(
    quirks: tuple[str, ...], verdicts: Sequence[str], statuses: list[int]
) -> None:
    (result,) = run([Trial((HELD,), DEFAULT_MODEL, MockOptions(quirks=quirks))], side_by_side=1)
    found = [result.outcomes[check].verdict for check in ("CON-014", "CON-013", "CON-019", "CON-027")]
    assert found == verdicts
    assert [leg.handshake.status for leg in result.transcripts[HELD].legs] == statuses
    assert result.transcripts[HELD].trouble is None
