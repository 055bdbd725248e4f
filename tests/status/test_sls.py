"""The log service's API, as far as a logstore is read."""

from datetime import UTC, datetime

import pytest

from conformance.status.model import NotObservable
from conformance.status.sls import LINES, NEEDED, PAGES, TRIES, SlsReader, missing

STORE = "bailian-model-audit-log"
QUERY = {"type": "log", "from": "1000", "to": "2001", "query": "*", "line": "100", "offset": "0", "reverse": "false"}
ENV = {
    "BAILIAN_SLS_ENDPOINT": "cn-beijing.log.aliyuncs.com",
    "BAILIAN_SLS_PROJECT": "my-project",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "test-id",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "test-secret",
}


def reader(endpoint="cn-beijing.log.aliyuncs.com", token=None, **options):
    clock = lambda: datetime(2026, 11, 23, 8, 0, 0, tzinfo=UTC)  # noqa: E731
    return SlsReader(endpoint, "my-project", STORE, "test-id", "test-secret", token, now=clock, **options)


def refused(web, **options):
    with pytest.raises(NotObservable) as raised:
        reader(web.url, pause=lambda seconds: None, **options).rows(0, 1)
    assert "test-secret" not in str(raised.value)
    return raised.value


# Signed by the service's own SDK (aliyun-log-python-sdk 0.9.52) for the same request at the same second.
@pytest.mark.parametrize(
    ("token", "signature"),
    [(None, "WjnDQ8UPNHia3DPMs6lXhp2IwR0="), ("test-token", "JviQYac5SL24Mo08Jw4J7EjRY9k=")],
)
def test_the_signature_is_the_sdks(token, signature):
    made = reader(token=token).headers(f"/logstores/{STORE}", QUERY)
    assert made["Authorization"] == f"LOG test-id:{signature}"
    assert made["Date"] == "Mon, 23 Nov 2026 08:00:00 GMT"
    assert made.get("x-acs-security-token") == token


def test_what_is_asked(web):
    web.answer = lambda path, query: (200, [{"task_uuid": "sess_1"}], {"x-log-progress": "Complete"})
    assert reader(web.url, token="test-token").rows(1_000_999, 2_000_001) == [{"task_uuid": "sess_1"}]
    ((path, query, headers),) = web.asked
    assert (path, query) == (f"/logstores/{STORE}", QUERY)
    assert headers["Authorization"] == "LOG test-id:JviQYac5SL24Mo08Jw4J7EjRY9k="
    assert headers["X-Log-Apiversion"] == "0.6.0"


def test_pages_until_one_is_not_full(web):
    def answer(path, query):
        start = int(query["offset"])
        return 200, [{"n": number} for number in range(start, min(start + LINES, 250))]

    web.answer = answer
    assert [row["n"] for row in reader(web.url).rows(0, 1)] == list(range(250))
    assert [query["offset"] for _, query, _ in web.asked] == ["0", "100", "200"]


def test_a_full_last_page_is_followed_by_an_empty_one(web):
    web.answer = lambda path, query: (200, [{}] * LINES if query["offset"] == "0" else [])
    assert len(reader(web.url).rows(0, 1)) == LINES


def test_an_unfinished_search_is_asked_for_again(web):
    waits = []
    web.answer = lambda path, query: (
        (200, [{"n": 1}], {"x-log-progress": "Complete"})
        if len(web.asked) > 2
        else (200, [], {"x-log-progress": "Incomplete"})
    )
    assert reader(web.url, pause=waits.append).rows(0, 1) == [{"n": 1}]
    assert waits == [1.0, 1.0]


def test_a_search_that_never_finishes(web):
    web.answer = lambda path, query: (200, [], {"x-log-progress": "Incomplete"})
    assert refused(web).reason == "timeout"
    assert len(web.asked) == TRIES


def test_a_store_without_an_end(web, monkeypatch):
    monkeypatch.setattr("conformance.status.sls.PAGES", 2)
    web.answer = lambda path, query: (200, [{}] * LINES)
    assert refused(web).reason == "malformed"
    assert PAGES > 2


@pytest.mark.parametrize(
    ("status", "code", "reason", "words"),
    [
        (400, "IndexConfigNotExist", "delivery_off", "the logstore has no index"),
        (404, "LogStoreNotExist", "delivery_off", "there is no such logstore"),
        (404, "ProjectNotExist", "delivery_off", "there is no such project"),
        (401, "SignatureNotMatch", "refused", "SignatureNotMatch"),
        (401, "Unauthorized", "refused", "Unauthorized"),
        (403, "ReadQuotaExceed", "refused", "ReadQuotaExceed"),
        (400, "RequestTimeExpired", "refused", "RequestTimeExpired"),
        (500, "InternalServerError", "unreachable", "InternalServerError"),
    ],
)
def test_refusals(web, status, code, reason, words):
    web.answer = lambda path, query: (status, {"errorCode": code, "errorMessage": "text"})
    found = refused(web)
    assert (found.reason, words in found.words) == (reason, True)


def test_a_refusal_of_somebody_else(web):
    web.answer = lambda path, query: (403, b"<html>proxy</html>")
    assert "no code (HTTP 403)" in refused(web).words


@pytest.mark.parametrize("body", [{"logs": []}, ["row"], b"<html>"])
def test_what_is_no_list_of_rows(web, body):
    web.answer = lambda path, query: (200, body)
    assert refused(web).reason == "malformed"


@pytest.mark.parametrize(
    "endpoint",
    [
        "cn-beijing.log.aliyuncs.com",
        "https://cn-beijing.log.aliyuncs.com/",
        "http://cn-beijing.log.aliyuncs.com",
        "my-project.cn-beijing.log.aliyuncs.com",
    ],
)
def test_the_project_is_in_the_host_and_the_way_is_tls(endpoint):
    assert reader(endpoint).base == "https://my-project.cn-beijing.log.aliyuncs.com"


def test_the_environment():
    found = SlsReader.from_env(ENV)
    assert (found.logstore, found.base) == (STORE, "https://my-project.cn-beijing.log.aliyuncs.com")
    assert SlsReader.from_env({**ENV, "BAILIAN_SLS_LOGSTORE": "mine"}).logstore == "mine"


@pytest.mark.parametrize("variable", NEEDED)
def test_what_is_missing(variable):
    env = {**ENV, variable: ""}
    assert missing(env) == [variable]
    assert SlsReader.from_env(env) is None
