"""A proxy between any client and any endpoint that passes everything on unchanged, writes it down, and judges it.

`relay` moves bytes and knows no frame; `parser` reads along and changes nothing; `spool` writes what it read as JSON
lines, the form that `conformance.intake` reads; `bench` judges in a process of its own, so that no session waits.
"""
