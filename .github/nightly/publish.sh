#!/usr/bin/env bash
# One page for all targets, the trend, each target's own report, and the protocol with what all of them saw.
set -euo pipefail
mkdir -p site history
shopt -s nullglob
records=(records/*/record.jsonl)
if [ ${#records[@]} -gt 0 ]; then
  realtime-conformance compare -o site/index.html "${records[@]}"
else
  echo '<!doctype html><title>Nightly</title><p>No target was judged in this run.' > site/index.html
fi
if [ -f history/history.jsonl ]; then
  realtime-conformance history --file history/history.jsonl -o site/trend.html
fi
for folder in records/*/; do
  name=$(basename "$folder")
  mkdir -p "site/${name#record-}"
  for file in report.html badge.json summary.md; do
    if [ -f "$folder$file" ]; then cp "$folder$file" "site/${name#record-}/"; fi
  done
done
past=()
if [ -f history/history.jsonl ]; then past=(--history history/history.jsonl); fi
seen=()
if [ ${#records[@]} -gt 0 ]; then seen=(--runs "${records[@]}"); fi
realtime-conformance docs build -o site/protocol "${past[@]}" "${seen[@]}"
