"""The last lines of a client, run as they stand against a mock that meets `session.finish` in each way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.sync.client import connect

from conformance.report.ending import last_lines
from conformance.spec.profiles import DEFAULT_MODEL
from conformance.status.ledger import LedgerReader
from support.mocks import serving

FINISHES = {"finished": "200", "error": "400", "silent": "400", "closed": "400"}
ACTIVE = {"finished": "finished-at-once"}


def say(ws: Any, kind: str, **fields: Any) -> None:
    ws.send(json.dumps({"type": kind, **fields}))


def read_until(ws: Any, kind: str) -> None:
    while json.loads(ws.recv(60))["type"] != kind:
        pass


def listed(url: str) -> dict[str, Any] | None:
    """The row of the one session, once it is over: the client's last line may be run before that."""
    return next(iter(LedgerReader(url).rows(0, 2**53)), None)


@pytest.mark.parametrize("replying", [False, True])
@pytest.mark.parametrize("finish", FINISHES)
def test_they_end_the_session_as_well_as_it_can_be_ended(finish: str, replying: bool) -> None:
    switches = {"finish": finish} | ({"finish-active": ACTIVE[finish]} if finish in ACTIVE else {})
    with serving(switches=switches) as server:
        address, headers = f"{server.url.partition('?')[0]}?model={DEFAULT_MODEL}", {"Authorization": "Bearer a-key"}
        with connect(address, additional_headers=headers, proxy=None) as ws:
            if replying:
                say(ws, "session.update", session={"modalities": ["text"]})
                item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Count to 3."}]}
                say(ws, "conversation.item.create", item=item)
                say(ws, "response.create")
                read_until(ws, "response.created")
            code = last_lines(finish, ACTIVE.get(finish))
            exec(compile(code, "<last lines>", "exec"), {"ws": ws, "replying": replying, "json": json})  # what is shown
        row = next(filter(None, (listed(server.url) for _ in range(1000))))
    assert row["status_code"] == FINISHES[finish]
    assert bool(row.get("usage")) == replying, "the reply was not cut off"


def test_nothing_is_said_where_nothing_is_known() -> None:
    assert last_lines(None, None) == last_lines("other", None) == ""


def test_a_reply_that_comes_before_the_end_is_not_waited_for_twice() -> None:
    waits = {active: "replying" in last_lines("finished", active) for active in ("finished-after-response", None)}
    assert waits == {"finished-after-response": False, None: True}
