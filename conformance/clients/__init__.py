"""Judging client programs: the other side of the wire.

`judging.judge(transcripts)` gives an outcome for each client clause (`CLI-001` …), whatever made the transcripts.
`recording` writes down what a mock sees of a client, `program` runs one, `command` is `realtime-conformance client`.
"""
