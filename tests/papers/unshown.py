"""The quirks whose check fails alone and that no program shows, by why; the table in docs/using.md has as many."""

UNSHOWN = {
    "it is not on the wire": (
        "ledger-counts-twice", "ledger-dates-an-hour-late", "ledger-loses-sessions", "ledger-names-another",
        "ledger-names-another-model", "ledger-shows-the-key",
    ),
    "what it lacks is told of a step that was not waited for": ("image-before-audio-ignored",),
}  # fmt: skip
