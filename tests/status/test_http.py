"""A GET that always comes back."""

import socket
import threading

import pytest

from conformance.status.http import get
from conformance.status.model import NotObservable


def reason(url, headers=None, **options):
    with pytest.raises(NotObservable) as raised:
        get(url, headers, **options)
    return raised.value.reason


@pytest.mark.parametrize("status", [200, 404, 500])
def test_any_status_is_an_answer(web, status):
    web.answer = lambda path, query: (status, {"a": 1}, {"X-Log-Progress": "Complete"})
    found = get(f"{web.url}/x?a=1", {"Authorization": "me"})
    assert (found.status, found.json(), found.headers["x-log-progress"]) == (status, {"a": 1}, "Complete")
    assert web.asked[0][0:2] == ("/x", {"a": "1"})
    assert web.asked[0][2]["Authorization"] == "me"


def test_credentials_follow_no_redirection(web):
    web.answer = lambda path, query: (302, b"", {"Location": f"{web.url}/elsewhere"})
    assert get(f"{web.url}/x", {"Authorization": "me"}).status == 302
    assert len(web.asked) == 1


@pytest.mark.parametrize("body", [b"<html>", b"", b"\xff", b"[" * 100_000])
def test_what_is_not_json_is_malformed(web, body):
    web.answer = lambda path, query: (200, body)
    with pytest.raises(NotObservable, match="malformed"):
        get(web.url).json()


def test_nobody_there():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert reason(f"http://127.0.0.1:{port}/") == "unreachable"


def test_nobody_answers(web):
    release = threading.Event()
    web.answer = lambda path, query: (200, b"") if release.wait(60) else None
    try:
        assert reason(web.url, timeout_s=0.1) == "timeout"
    finally:
        release.set()


@pytest.mark.parametrize("url", ["", "x", "file:///etc/passwd", "http://", "http://[x", "http://me:pass@127.0.0.1:1/"])
def test_what_is_no_address(url):
    assert reason(url) == "malformed"


def test_a_header_is_not_quoted_in_an_error(web):
    with pytest.raises(NotObservable) as raised:
        get(web.url, {"Authorization": "secret\nline"})
    assert "secret" not in str(raised.value)


def test_the_environments_proxy_is_not_asked_for_this_machine(web, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert get(web.url).status == 200
