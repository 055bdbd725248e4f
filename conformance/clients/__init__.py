"""Judging client programs: the other side of the wire."""
