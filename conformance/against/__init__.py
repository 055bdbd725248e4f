"""The same conversations on two targets, and what differs.

`likeness` says what of a conversation can be compared at all, `difference` what differs between two of them and what
has one cause, `pairing` holds on both and makes sure, `page` shows it.
"""
