"""The last lines of a client that ends a session as well as an endpoint allows, by what the run saw of its ends.

`ws` is a connection of `websockets.sync.client`, and the thread that runs these lines is the only one that reads.
`replying` is true while a `response.created` has not had its `response.done`.
"""

from __future__ import annotations

_WAIT = """\
while replying:  # a reply that is cut off never tells its usage
    replying = json.loads(ws.recv())["type"] != "response.done"
"""
_FINISH = """\
ws.send(json.dumps({"type": "session.finish"}))
for message in ws:
    if json.loads(message)["type"] in {"session.finished", "error"}:
        break
"""
_CLOSE = "ws.close(1000)\n"


def last_lines(finish: str | None, active: str | None) -> str:
    """Python, to be run as it stands; empty where the run does not know how `session.finish` is met.

    `finish` and `active` are the outcomes of Q-FINISH and Q-FINISH-ACTIVE.
    """
    if finish not in {"error", "finished", "silent", "closed"}:
        return ""
    waits = "" if finish == "finished" and active == "finished-after-response" else _WAIT
    return "import json\n\n" + waits + (_FINISH if finish == "finished" else "") + _CLOSE
