"""The faults that the bad client has: which clause each breaks, in which scenario, and who ends its turns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """A fault: the clause that must notice it, and where it shows."""

    clause: str
    scenario: str = "plain"
    manual: bool = True
    limit: float = 30.0
    """Seconds after which the program is told to end: short where it waits in vain."""
    also: tuple[str, ...] = ()
    """Clauses that the same act breaks as well, and rightly."""


IN_VAIN = 3.0  # seconds: long enough for a loaded machine to come to where it waits
FAULTS = {
    "no-model": Fault("CLI-001"),
    "key-in-url": Fault("CLI-002"),
    "key-as-protocol": Fault("CLI-002"),
    "other-path": Fault("CLI-003"),
    "knocks-on": Fault("CLI-004", "unauthorised", also=("CLI-007",)),
    "hurries-back": Fault("CLI-005", "throttled"),
    "comes-back-denied": Fault("CLI-006", "no-model", also=("CLI-007",)),
    "storms-back": Fault("CLI-007", "drop"),
    "no-pong": Fault("CLI-008"),
    "deaf-while-talking": Fault("CLI-009"),
    "binary": Fault("CLI-010"),
    "no-json": Fault("CLI-011"),
    "no-type": Fault("CLI-011"),
    "unknown-type": Fault("CLI-012"),
    "invalid-value": Fault("CLI-013"),
    "wrong-type": Fault("CLI-013"),
    "ga-members": Fault("CLI-014"),
    "misspelt": Fault("CLI-015"),
    "same-ids": Fault("CLI-016"),
    "no-utf8": Fault("CLI-017"),
    "impatient-create": Fault("CLI-020"),
    "insists": Fault("CLI-021", also=("CLI-013",)),
    "format-late": Fault("CLI-022"),
    "voice-late": Fault("CLI-023"),
    "flat-and-nested": Fault("CLI-024"),
    "wrapped-base64": Fault("CLI-030"),
    "odd-bytes": Fault("CLI-031"),
    "riff": Fault("CLI-032"),
    "48k-as-16k": Fault("CLI-033"),
    "big-endian": Fault("CLI-034"),
    "silence": Fault("CLI-035"),
    "clipped": Fault("CLI-036"),
    "long-append": Fault("CLI-037"),
    "flood": Fault("CLI-038"),
    "empty-commit": Fault("CLI-040"),
    "commits-in-vad": Fault("CLI-041", manual=False),
    "tiny-packets": Fault("CLI-042"),
    "uncommitted": Fault("CLI-048"),
    "image-first": Fault("CLI-043"),
    "png": Fault("CLI-044"),
    "big-image": Fault("CLI-045"),
    "many-pixels": Fault("CLI-046"),
    "image-storm": Fault("CLI-047"),
    "creates-twice": Fault("CLI-050"),
    "cancels-twice": Fault("CLI-051"),
    "cancels-nothing": Fault("CLI-052"),
    "unknown-call": Fault("CLI-053", "tool-call"),
    "answers-twice": Fault("CLI-054", "tool-call"),
    "never-answers": Fault("CLI-055", "tool-call"),
    "never-asks": Fault("CLI-056", "tool-call"),
    "asks-early": Fault("CLI-057", "two-tool-calls"),
    "waits-for-the-rest": Fault("CLI-058", "barge-in", manual=False, limit=2.0),
    "loops": Fault("CLI-060", also=("CLI-013",)),
    "errors-kill": Fault("CLI-061", "error-mid-turn"),
    "news-kills": Fault("CLI-062", "unknown-event"),
    "members-kill": Fault("CLI-063", "later-members"),
    "previews-kill": Fault("CLI-064", "preview-storm"),
    "no-usage-kills": Fault("CLI-065", "no-usage"),
    "old-ids": Fault("CLI-066", "drop-then-back"),
    "waits-in-a-stall": Fault("CLI-067", "stall", limit=IN_VAIN),
    "waits-after-a-drop": Fault("CLI-068", "drop", limit=IN_VAIN),
    "forgets-the-reason": Fault("CLI-069", "server-closes-first-1011"),
    "waits-after-a-close": Fault("CLI-070", "server-closes-first-1000", limit=IN_VAIN),
    "talks-after-finish": Fault("CLI-080", "finish-accepted"),
    "stops-talking": Fault("CLI-039", manual=False, limit=3.5),
    "talks-after-close": Fault("CLI-081"),
    "close-unanswered": Fault("CLI-082", "server-closes-first-1001"),
    "finishes-and-runs": Fault("CLI-083"),
    "waits-for-finished": Fault("CLI-084", "finish-silent", limit=IN_VAIN),
    "just-drops": Fault("CLI-085"),
    "resets": Fault("CLI-085"),
    "drops-mid-reply": Fault("CLI-086", "slow"),
    "closes-with-1006": Fault("CLI-087"),
    "closes-with-1011": Fault("CLI-088"),
    "closes-mid-reply": Fault("CLI-089", "slow"),
    "no-finish": Fault("CLI-090"),
    "deaf-to-sigint": Fault("CLI-091"),
    "ends-with-1": Fault("CLI-092", "finish-accepted"),
    "refusal-kills": Fault("CLI-093", "finish-refused"),
}
