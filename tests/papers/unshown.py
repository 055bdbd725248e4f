"""The quirks whose check fails alone and that no program shows, by why; docs/using.md has as many."""

UNSHOWN = {
    "it is not on the wire": (
        "ledger-counts-twice", "ledger-dates-an-hour-late", "ledger-loses-sessions", "ledger-names-another",
        "ledger-names-another-model", "ledger-shows-the-key",
    ),
}  # fmt: skip
