"""The last lines of a client that ends a session as well as an endpoint allows, by what the run saw of its ends.

At most five, with `json` imported before.  `ws` is a connection of `websockets.sync.client`, and the thread that runs
these lines is the only one that reads.
`replying` is true while a `response.created` has not had its `response.done`.
"""

from __future__ import annotations

_WAIT = 'while replying and json.loads(ws.recv())["type"] != "response.done": pass  # it brings the usage\n'
_FINISH = """\
ws.send(json.dumps({"type": "session.finish"}))
while json.loads(ws.recv())["type"] not in {"session.finished", "error"}: pass
"""
_INSIST = _FINISH.replace('not in {"session.finished", "error"}', '!= "session.finished"')


def last_lines(finish: str | None, active: str | None, code: int = 1000) -> str:
    """Python, to be run as it stands; empty where the run does not know how `session.finish` is met.

    `finish` and `active` are the outcomes of Q-FINISH and Q-FINISH-ACTIVE; `both`: an `error` comes beside
    `session.finished` and is to be read over.  `code` is what the endpoint answers as it has to.
    """
    said = {"error": "", "silent": "", "closed": "", "finished": _FINISH, "both": _INSIST}
    if finish not in said:
        return ""
    waits = "" if finish == "finished" and active == "finished-after-response" else _WAIT
    return f"{waits}{said[finish]}ws.close({code})\n"
