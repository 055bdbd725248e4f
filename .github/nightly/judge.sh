#!/usr/bin/env bash
# Judge one live endpoint within the budget.  The run's own verdict is in its summary: a failure of the endpoint, or of
# the network, is no failure of this job, whose business is to leave a record.
set -euo pipefail
: "${REGION:?}" "${MODEL:?}" "${TARGET:?}"
if [ -z "${DASHSCOPE_API_KEY:-}" ]; then
  echo "No key for $REGION: nothing is judged." | tee -a "${GITHUB_STEP_SUMMARY:-/dev/null}"
  exit 0
fi
known=()
if [ -f "baselines/$TARGET.json" ]; then
  known=(--baseline "$PWD/baselines/$TARGET.json")
fi
place=()
if [ -n "${WORKSPACE:-}" ]; then
  place=(--workspace "$WORKSPACE")
fi
code=0
realtime-conformance run -q --endpoint "$REGION" --model "$MODEL" --budget-sessions 130 --budget-tokens 60000 \
  --report-dir "reports/$TARGET" "${known[@]}" "${place[@]}" || code=$?
if [ -f "reports/$TARGET/summary.md" ]; then
  cat "reports/$TARGET/summary.md" >> "${GITHUB_STEP_SUMMARY:-/dev/null}"
fi
case $code in
  0 | 1 | 5 | 10) ;; # conforms, fails, nothing judged, infrastructure or incomplete: all of them are told from the summary
  *) exit "$code" ;; # interrupted, or a defect of the suite itself
esac
