"""The quirks whose check fails alone and that no program shows, by why; the table in docs/using.md has as many."""

UNSHOWN = {
    "it is not on the wire": (
        "ledger-counts-twice", "ledger-dates-an-hour-late", "ledger-loses-sessions", "ledger-names-another",
        "ledger-names-another-model", "ledger-shows-the-key",
    ),
    "a record masks it": ("refuses-lower-case-bearer",),
    "the recording does not hold what would have followed": (
        "error-kills-connection", "image-before-audio-ignored", "wrong-modalities-are-fatal",
    ),
    "no single difference undoes it": ("calls-out-of-order",),
    "it is a side of a question, which the mock beside it takes, too": ("unknown-model-is-welcome",),
}  # fmt: skip
