"""The mock's ledger, read over HTTP."""

import itertools
import json
import threading
import time

import pytest
from websockets.sync.client import connect

from conformance.spec.profiles import DEFAULT_MODEL
from conformance.status.ledger import LedgerReader
from conformance.status.model import NotObservable, Session
from conformance.status.poll import observe
from support.mocks import serving


def held(server, *, finish):
    """Hold a session and return its id."""
    url = f"{server.url}?model={DEFAULT_MODEL}"
    with connect(url, additional_headers={"Authorization": "Bearer any"}) as socket:
        created = json.loads(socket.recv(60))
        if finish:
            socket.send('{"type":"session.finish"}')
            while json.loads(socket.recv(60))["type"] != "session.finished":
                pass
    return created["session"]["id"]


@pytest.mark.parametrize("rows", [[{"a": 1}], {"rows": [{"a": 1}]}])
def test_an_array_or_an_object_of_rows(web, rows):
    web.answer = lambda path, query: (200, rows)
    assert LedgerReader(f"{web.url}/any/path?model=x").rows(5, 9) == [{"a": 1}]
    assert web.asked[0][0:2] == ("/__status/calls", {"from": "5", "to": "9"})


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((200, {"list": []}), "malformed"),
        ((200, ["a"]), "malformed"),
        ((200, b"<html>"), "malformed"),
        ((404, {}), "refused"),
        ((500, {}), "refused"),
    ],
)
def test_what_is_no_ledger(web, answer, reason):
    web.answer = lambda path, query: answer
    with pytest.raises(NotObservable) as raised:
        LedgerReader(web.url).rows(0, 1)
    assert raised.value.reason == reason
    assert LedgerReader.probe(web.url.replace("http", "ws")) is None


def test_only_this_machine_is_probed(monkeypatch):
    def never(*_args, **_options):
        raise AssertionError

    monkeypatch.setattr("conformance.status.ledger.get", never)
    assert LedgerReader.probe("wss://dashscope.aliyuncs.com/api-ws/v1/realtime") is None


def test_the_scheme_follows_the_sockets():
    assert LedgerReader("wss://[::1]:8443/api-ws/v1/realtime").url == "https://[::1]:8443/__status/calls"


def recorded(server):
    """Return a wait for the next session to be taken down: that is a moment after its client has gone."""
    done = threading.Semaphore(0)
    record = server.ledger.record
    server.ledger.record = lambda call: (record(call), done.release())
    return lambda: done.acquire(timeout=60)


def looked(**options):
    """Hold a finished session and one that is only closed; return what the reader says of both."""
    with serving(switches={"finish": "finished"}, **options) as server:
        taken_down = recorded(server)
        sessions = [Session(held(server, finish=path == "good"), path, 0, 1) for path in ("good", "left")]
        assert taken_down()
        assert taken_down()
        clock = itertools.count(int(time.time())).__next__
        reader = LedgerReader.probe(server.url)
        found = observe(
            reader, sessions, good="good", bad="none", wait_s=9, clock=clock, passed=clock, pause=lambda seconds: None
        )
    assert {one.reader for one in found.values()} == {"mock"}
    return found


def test_sessions_with_the_mock():
    found = looked()
    assert {path: (one.status, one.attribution) for path, one in found.items()} == {
        "good": ("succeeded", "exact_id"),
        "left": ("failed_client", "exact_id"),
    }
    assert found["left"].error == "ClientDisconnect"
    assert not {"client_ip", "uid", "apikey_id"} & found["good"].rows[0].keys()


@pytest.mark.parametrize(
    ("policy", "status"),
    [
        ("finish_required", "failed_client"),
        ("clean_close_ok", "succeeded"),
        ("cancelled", "cancelled"),
        ("pending_until_finish", "in_progress"),
        ("absent_unless_success", "absent"),
    ],
)
def test_whatever_the_mock_may_say_of_a_close(policy, status):
    found = looked(status_policy=policy)
    assert (found["good"].status, found["left"].status) == ("succeeded", status)


def test_rows_that_lag_are_not_there_yet():
    assert looked(ledger_lag_ms=3_600_000)["good"].why.startswith("control_missing: ")
