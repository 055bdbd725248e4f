#!/usr/bin/env bash
# One issue for what is new: opened once, brought up to date while it is open.  Trouble on the way to the endpoint is no
# news about the endpoint and opens none.
set -euo pipefail
shopt -s nullglob
label=nightly-conformance
body=$(mktemp)
trap 'rm -f "$body"' EXIT
failing=0
incomplete=0
for summary in records/*/summary.json; do
  verdict=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["verdict"])' "$summary")
  if [ "$verdict" = fails ]; then
    failing=$((failing + 1))
    { cat "$(dirname "$summary")/summary.md"; echo; } >> "$body"
  elif [ "$verdict" = incomplete ]; then
    incomplete=$((incomplete + 1))
  fi
done
if [ "$incomplete" -gt 0 ]; then
  echo "$incomplete target(s) were judged in part only; what was judged holds." | tee -a "${GITHUB_STEP_SUMMARY:-/dev/null}"
fi
if [ "$failing" -eq 0 ]; then
  echo "Nothing new to tell."
  exit 0
fi
{ echo "---"; echo "The nightly run: ${RUN_URL:-unknown}"; } >> "$body"
head -c 60000 "$body" > "$body.cut" && mv "$body.cut" "$body"
title="Nightly: $failing target(s) fail or have drifted"
number=$(gh issue list --label "$label" --state open --limit 1 --json number --jq '.[0].number // empty')
if [ -n "$number" ]; then
  gh issue edit "$number" --title "$title" --body-file "$body"
else
  gh label create "$label" --description "what the nightly run found" --force
  gh issue create --title "$title" --label "$label" --body-file "$body"
fi
