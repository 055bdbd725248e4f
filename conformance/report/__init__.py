"""From `record.jsonl` to everything that people and programs read."""
