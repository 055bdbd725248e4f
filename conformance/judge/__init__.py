"""Judging transcripts: schemas, views, checks, rules."""
