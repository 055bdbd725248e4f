"""What a site of the tests is built with, beside two records: what a server might say, and a run that is gone."""

from __future__ import annotations

from support import records

HOSTILE = "</td><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
GONE = {
    "started": "2026-06-20T18:17:00Z",
    "endpoint": "beijing",
    "model": records.MODEL,
    "verdict": "conforms",
    "must_pass": 140,
    "must_fail": 0,
    "should_missed": 0,
    "answers": {"Q-FINISH": "error"},
}
