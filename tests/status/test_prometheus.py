"""Counters: a Prometheus that is played, and a real one that scrapes the mock."""

import base64
import json
import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import connect

from conformance.spec.profiles import DEFAULT_MODEL
from conformance.status.model import NotObservable, Session
from conformance.status.poll import observe
from conformance.status.prometheus import PrometheusReader
from support.mocks import serving

OK, LEFT, SLOW = ("200", ""), ("400", "ClientDisconnect"), ("429", "Throttling")


def vector(*samples):
    result = [
        {"metric": dict(zip(("status_code", "error_code"), cell, strict=False)), "value": [1, n]} for cell, n in samples
    ]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


def refused(reader):
    with pytest.raises(NotObservable) as raised:
        reader.snapshot(0)
    return raised.value


def test_what_is_asked(web):
    web.answer = lambda path, query: (200, vector((OK, "2"), (LEFT, "1"), (("500",), "1e0")))
    found = PrometheusReader(f"{web.url}/prom/", model='m"1', workspace="ws").snapshot(1_790_000_000_500)
    assert found == {OK: 2.0, LEFT: 1.0, ("500", ""): 1.0}
    ((path, query, headers),) = web.asked
    assert path == "/prom/api/v1/query"
    assert query == {
        "query": "sum by (status_code, error_code) "
        r'(model_call_count{protocol="WS",model="m\"1",workspace_id="ws"})',
        "time": "1790000000.500",
    }
    assert "Authorization" not in headers


def test_the_login(web):
    web.answer = lambda path, query: (200, vector())
    PrometheusReader(web.url, user="me", password="it").snapshot(0)
    PrometheusReader(web.url.replace("//", "//me:i%74@")).snapshot(0)
    assert [headers["Authorization"] for _, _, headers in web.asked] == [
        f"Basic {base64.b64encode(b'me:it').decode()}"
    ] * 2


def test_the_login_goes_only_over_tls():
    found = refused(PrometheusReader("http://prometheus.example", user="me", password="hunter2"))
    assert (found.reason, "hunter2" in str(found)) == ("refused", False)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((401, b""), "refused"),
        ((403, {}), "refused"),
        ((503, b""), "unreachable"),
        ((400, {"status": "error", "error": "parse error"}), "refused"),
        ((200, b"<html>"), "malformed"),
        ((200, []), "malformed"),
        ((200, {"status": "success"}), "malformed"),
        ((200, vector((OK, "NaN"))), "malformed"),
        ((200, {"status": "success", "data": {"result": [{"metric": {}}]}}), "malformed"),
        ((200, {"status": "success", "data": {"result": [{"metric": None, "value": [1, "1"]}]}}), "malformed"),
    ],
)
def test_what_is_no_count(web, answer, reason):
    web.answer = lambda path, query: answer
    assert refused(PrometheusReader(web.url)).reason == reason


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        ({}, {OK: 1}, "succeeded"),
        ({OK: 3}, {OK: 3, LEFT: 1}, "failed_client"),
        ({SLOW: 1}, {SLOW: 2}, "failed_throttled"),
        ({}, {("0", ""): 1}, "cancelled"),
        ({}, {("", ""): 1}, "unknown"),
        ({OK: 3}, {OK: 3}, "not_visible_yet"),
        ({}, {}, "not_visible_yet"),
        ({OK: 3}, {OK: 5}, "ambiguous"),
        ({OK: 3}, {OK: 4, LEFT: 1}, "ambiguous"),
        ({OK: 3}, {OK: 2, LEFT: 1}, "ambiguous"),
        ({OK: 3}, {}, "ambiguous"),
        ({OK: 3}, {OK: 3.5}, "ambiguous"),
    ],
)
def test_what_a_difference_says(before, after, status):
    found = PrometheusReader("http://x", clock=lambda: 5.0).delta(before, after)
    named = status not in {"not_visible_yet", "ambiguous"}
    assert (found.status, found.attribution) == (status, "counter_delta" if named else "none")
    assert (found.reader, found.observed_at) == ("prometheus", 5000)


def test_a_difference_names_the_error():
    found = PrometheusReader("http://x").delta({}, {LEFT: 1})
    assert found.error == "ClientDisconnect"
    assert found.rows == ({"status_code": "400", "error_code": "ClientDisconnect", "count": 1},)


def test_a_counter_has_no_rows():
    found = observe(PrometheusReader("http://x"), [Session("sess_1", "a", 0, 1)], good="a", bad="b", wait_s=0)
    assert found["a"].why.startswith("counters_only: ")


def test_the_environment():
    assert PrometheusReader.from_env({}) is None
    env = {"BAILIAN_PROMETHEUS_URL": "https://p.example/x/", "BAILIAN_PROMETHEUS_USER": "me"}
    assert PrometheusReader.from_env(env, model="m").url == "https://p.example/x"


# -- a real one


@contextmanager
def prometheus(folder, target):
    """A Prometheus that scrapes `target` each second; yields its URL."""
    program = shutil.which("prometheus")
    if program is None:
        words = "no prometheus: apt-get install -y prometheus"
        if os.environ.get("CI") == "true":
            pytest.fail(words)
        pytest.skip(words)
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
        "scrape_configs": [
            {"job_name": "mock", "metrics_path": "/__status/metrics", "static_configs": [{"targets": [target]}]}
        ],
    }
    (folder / "prometheus.json").write_text(json.dumps(config))  # JSON is YAML
    command = [
        program,
        f"--config.file={folder / 'prometheus.json'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--storage.tsdb.retention.time=1h",
    ]
    with (folder / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as started:
        try:
            yield f"http://{address}"
        finally:
            started.kill()


def until(ask, wait_s=60.0):
    """Ask until the answer is true; what is waited for is another process, so there is nothing to wait on but time."""
    deadline = time.monotonic() + wait_s
    while True:
        try:
            found = ask()
        except NotObservable:
            found = None
        if found:
            return found
        assert time.monotonic() < deadline, "Prometheus took too long"
        time.sleep(0.1)


def hold(server, *, finish):
    url = f"{server.url}?model={DEFAULT_MODEL}"
    with connect(url, additional_headers={"Authorization": "Bearer any"}) as socket:
        socket.recv(60)
        if finish:
            socket.send('{"type":"session.finish"}')
            while json.loads(socket.recv(60))["type"] != "session.finished":
                pass


def test_a_real_prometheus_that_scrapes_the_mock(tmp_path):
    with (
        serving(switches={"finish": "finished"}) as server,
        prometheus(tmp_path, urlsplit(server.url).netloc) as url,
    ):
        reader = PrometheusReader(url, model=DEFAULT_MODEL)

        def look():
            return reader.snapshot(int(time.time() * 1000))

        def after(before):
            return until(lambda: (found := look()) != before and found)

        hold(server, finish=True)
        first = until(look)
        assert first == {OK: 1.0}
        hold(server, finish=False)
        second = after(first)
        assert reader.delta(first, second).status == "failed_client"
        assert reader.delta(first, second).error == "ClientDisconnect"
        hold(server, finish=True)
        third = after(second)
        assert reader.delta(second, third).status == "succeeded"
        assert reader.delta(first, third).status == "ambiguous"
        assert PrometheusReader(url, model="another").snapshot(int(time.time() * 1000)) == {}
        broken = type("Broken", (PrometheusReader,), {"query": "sum by ("})(url)
        with pytest.raises(NotObservable, match=r"refused: Prometheus answers .*parse"):
            broken.snapshot(0)
