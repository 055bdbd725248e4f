"""Which reader is taken."""

import pytest

from conformance.status.base import CountingReader
from conformance.status.choose import SOURCES, choose
from conformance.status.model import NotObservable

LIVE = "wss://dashscope.aliyuncs.com/api-ws/v1/realtime"
SLS = {
    "BAILIAN_SLS_ENDPOINT": "cn-beijing.log.aliyuncs.com",
    "BAILIAN_SLS_PROJECT": "p",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "i",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s",
}
PROMETHEUS = {"BAILIAN_PROMETHEUS_URL": "https://prometheus.example"}


def chosen(source="auto", url=LIVE, **env):
    return choose(source, target_url=url, model="m", env=env)


def why_not(reader):
    assert reader.name == "none"
    with pytest.raises(NotObservable) as raised:
        reader.rows(0, 1)
    return str(raised.value)


@pytest.fixture
def installed(tmp_path):
    program = tmp_path / "bl"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return {"PATH": str(tmp_path)}


def test_auto_prefers_what_names_single_calls(installed):
    assert chosen(**SLS, **installed, **PROMETHEUS).name == "sls"
    found = chosen(**installed, **PROMETHEUS)
    assert (found.name, found.model, found.program) == ("bl", "m", f"{installed['PATH']}/bl")
    assert chosen(**PROMETHEUS).name == "prometheus"
    assert why_not(chosen()).startswith("no_reader_configured: neither")


def test_auto_on_this_machine(web, installed):
    here = web.url.replace("http", "ws") + "/api-ws/v1/realtime"
    assert chosen(url=here, **SLS).name == "mock"
    web.answer = lambda path, query: (404, {})
    assert "serves no ledger" in why_not(chosen(url=here, **SLS, **installed))


def test_by_name(tmp_path, installed):
    assert chosen("mock").url == "https://dashscope.aliyuncs.com/__status/calls"
    assert chosen("sls", **SLS).name == "sls"
    assert chosen("bl", **installed).name == "bl"
    assert chosen("prometheus", **PROMETHEUS).model == "m"
    assert chosen(f"file:{tmp_path}/form:1.jsonl").path == tmp_path / "form:1.jsonl"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("none", "none was wanted"),
        ("sls", "BAILIAN_SLS_PROJECT"),
        ("bl", "not installed"),
        ("prometheus", "BAILIAN_PROMETHEUS_URL"),
    ],
)
def test_what_can_not_be_had(source, words):
    assert words in why_not(chosen(source))


@pytest.mark.parametrize("source", ["", "kafka", "file", "file:"])
def test_what_there_is_not(source):
    with pytest.raises(ValueError, match="unknown source") as raised:
        chosen(source)
    assert all(one in str(raised.value) for one in SOURCES)


def test_only_prometheus_counts(installed):
    env = {**SLS, **installed, **PROMETHEUS}
    sources = ("mock", "sls", "bl", "prometheus", "file:x", "none")
    assert [one for one in sources if isinstance(chosen(one, **env), CountingReader)] == ["prometheus"]
