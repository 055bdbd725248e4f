"""The mock's ledger as counters."""

import urllib.request

import pytest

from conformance.mock.metrics import exposition
from support.mocks import serving

ROW = {"uid": "u", "apikey_id": "1", "model": "m", "status_code": "200"}
LABELS = 'user_id="u",apikey_id="1",workspace_id="",model="m",protocol="WS",sub_protocol="DEFAULT"'


def samples(*rows):
    return [line for line in exposition(rows).splitlines() if not line.startswith("#")]


def test_calls_are_counted_by_their_end():
    bad = {**ROW, "status_code": "400", "error_code": "ClientDisconnect"}
    assert samples(ROW, bad, ROW) == [
        f'model_call_count{{{LABELS},status_code="200",error_code=""}} 2',
        f'model_call_count{{{LABELS},status_code="400",error_code="ClientDisconnect"}} 1',
    ]


USAGE = """{"total_tokens":9,"input_tokens":5,"output_tokens":4,
"input_tokens_details":{"audio_tokens":2,"cached_tokens":1},
"output_tokens_details":{"audio_tokens":3,"text_tokens":1}}"""


def test_usage_is_summed_by_its_kind():
    plain = {"total_tokens": 1, "input_tokens_details": None, "output_tokens": "2"}
    found = samples({**ROW, "usage": USAGE}, {**ROW, "usage": plain})
    assert found[1:] == [
        f'model_usage{{{LABELS},usage_type="{kind}"}} {count}'
        for kind, count in [
            ("audio_tokens", 5),
            ("cache_tokens", 1),
            ("input_tokens", 5),
            ("output_tokens", 4),
            ("total_tokens", 10),
        ]
    ]


@pytest.mark.parametrize("usage", ["", "none", 7, [], None])
def test_a_strange_usage_is_none(usage):
    assert len(samples({**ROW, "usage": usage})) == 1


def test_what_is_in_progress_is_not_counted():
    assert samples({**ROW, "status_code": ""}, {"model": "m"}) == []


def test_labels_are_escaped():
    assert r'model="a\"b\\c\nd"' in samples({**ROW, "model": 'a"b\\c\nd'})[0]


def test_families_are_declared_even_without_samples():
    assert [line for line in exposition([]).splitlines() if "TYPE" in line] == [
        "# TYPE model_call_count counter",
        "# TYPE model_usage counter",
    ]


def test_the_mock_serves_them():
    with (
        serving() as server,
        urllib.request.urlopen(server.ledger_url.replace("calls", "metrics"), timeout=60) as answer,
    ):
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert answer.read().decode() == exposition([])
