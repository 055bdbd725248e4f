"""What became of an event: refusals compared without what always differs."""

from __future__ import annotations

from conformance.judge.acceptance import INVENTED, of
from support.talks import c, s, talk


def test_a_refusal_is_like_another_whatever_event_it_names() -> None:
    def refusal(kind: str, event: str, code: str = "unknown"):
        return s("error", error={"code": code, "message": f"no {kind}", "event_id": event})

    wire = talk(
        c(INVENTED, label=INVENTED),
        refusal(INVENTED, "a"),
        c("same", label="same"),
        refusal("same", "b"),
        c("other", label="other"),
        refusal("other", "c", "invalid"),
        c("last", label="last"),
    )
    assert (of(wire, "same").fate, of(wire, "other").fate) == ("refused as unknown", "refused")
