"""What `pytest conformance/` is asked, and what can't be meant."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.judge.checks import load
from conformance.options import Asked, asked, declare
from conformance.secrets import Secrets
from support import records


def given(folder: Path, *options: str) -> Asked:
    """What these options ask, without a run of pytest's."""
    parser = pytest.Parser(_ispytest=True)
    declare(parser)
    option = parser.parse([*options])
    config: Any = SimpleNamespace(
        option=option,
        getoption=lambda name: getattr(option, name.removeprefix("--").replace("-", "_")),
        invocation_params=SimpleNamespace(dir=folder, args=options),
    )
    return asked(config, Secrets(), load())


@pytest.fixture(autouse=True)
def _without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DASHSCOPE_API_KEY", "REALTIME_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--endpoint", "hangzhou"], "neither one of mock, beijing, singapore"),
        (["--endpoint", "beijing"], "DASHSCOPE_API_KEY"),
        (["--model", "qwen3.5-omni-flash"], "qwen3.5-omni-flash-realtime"),
        (["--case", "SES-0002"], "SES-002"),
        (["--case", "SES-02"], "the nearest is SES-020"),
        (["--case", "CON-032"], "takes hours"),
        (["--endpoint", "ws://[::1:9/"], "is no URL: Invalid IPv6 URL"),
        (["--quirk", "silent-updat"], "silent-update"),
        (["--quirk", "silent-update", "--endpoint", "ws://127.0.0.1:1/x"], "mock only"),
        (["--replay", "no/such/record.jsonl"], "No such file"),
        (["--concurrency", "0"], "'0' is not a whole number from 1 on"),
        (["--fuzz-examples", "-1"], "'-1' is not a whole number from 0 on"),
        (["--fuzz-moves", "11"], "--fuzz-moves 11: a generated conversation has 12 to 60"),
        (["--fuzz-moves", "61"], "--fuzz-moves 61"),
        (["--fuzz-budget-tokens", "0"], "'0' is not a whole number from 1 on"),
        (["--status-wait", "soon"], "'soon' is no number of seconds"),
        (["--status-wait", "-1"], "--status-wait"),
        (["--status-source", "crystal-ball"], "crystal-ball"),
        (["--status-source", "file:form.jsonl"], "a form is read with --replay"),
        (["--update-baseline"], "needs --baseline FILE"),
        (["--baseline", "no-such.json"], "--baseline: .*no-such.json"),
        (["--no-such-option"], "--no-such-option"),
        (["--model", "mine", "--endpoint", "ws://127.0.0.1:1/x"], "--profile FAMILY judges a model of any name"),
        (["--profile", "qwen9"], "qwen3.8.*qwen3.5.*qwen3.*turbo"),
        (["--model", "mine", "--profile", "qwen3"], "the embedded mock has none that is called mine"),
        (["--endpoint", "ws://127.0.0.1:1/x", "--header", "just-a-value"], "no NAME:VALUE"),
        (["--endpoint", "ws://127.0.0.1:1/x", "--header", "X Y:a-secret-value"], "no NAME:VALUE"),
        (["--endpoint", "ws://127.0.0.1:1/x", "--header", "X:"], "no NAME:VALUE"),
        (["--endpoint", "ws://127.0.0.1:1/x", "--header", "X:a-secret\r\nY: value"], "no NAME:VALUE"),
        (["--endpoint", "ws://127.0.0.1:1/x", "--header", "Sec-WebSocket-Key:a-secret"], "of the handshake itself"),
        (["--endpoint", "ws://127.0.0.1:1/x", "--header", "authorization:a-secret"], "DASHSCOPE_API_KEY"),
        (["--header", "X-Gateway:a-secret-value"], "the embedded mock wants none"),
        (["--against-key-env", "OTHER_KEY"], "--against-key-env needs --against"),
        (["--against", "mock", "--against-key-env", "NO_SUCH_KEY"], "--against-key-env NO_SUCH_KEY: there is no such"),
        (
            ["--against", "wss://gateway.example/x"],
            "--against wss://gateway.example/x needs an API key in --against-key",
        ),
        (["--against", "mock", "--against-header", "X-Gateway:a-secret-value"], "--against-header is for an endpoint"),
        (["--against", "mock", "--replay", "record.jsonl"], "No such file"),
    ],
)
def test_a_wrong_option_is_a_usage_error(options: list[str], says: str, tmp_path: Path) -> None:
    with pytest.raises(pytest.UsageError, match=says.replace("[", r"\[")):
        given(tmp_path, *options)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--quirk", "silent-update"], "--quirk has no effect with --replay"),
        (["--fuzz-examples", "3"], "--fuzz-examples has no effect with --replay"),
        (["--fuzz-budget-tokens", "3"], "--fuzz-budget-tokens has no effect with --replay"),
        (["--plan"], "--plan has no effect with --replay"),
        (["--header", "X-Gateway:a-secret-value"], "--header has no effect with --replay"),
        (["--model", "qwen-omni-turbo-realtime"], "the record is of qwen3.5-omni-flash-realtime"),
        (["--status-source", "file:/no/such/form"], "there is no such file"),
        (["--profile", "turbo"], "the record is of the qwen3.5 family"),
        (["--status-source", "mock"], "a mock's ledger is gone"),
        (["--against", "mock"], "--against holds conversations, and --replay opens no connection"),
    ],
)
def test_what_a_replay_cannot_do_is_a_usage_error(options: list[str], says: str, tmp_path: Path) -> None:
    small = records.write(tmp_path, records.conversations()[:1], [])
    with pytest.raises(pytest.UsageError, match=says):
        given(tmp_path, "--replay", str(small), *options)


def test_what_generated_conversations_may_spend_comes_on_top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-of-the-first")
    plain, more = (
        given(tmp_path, "--endpoint", "beijing", *words).run for words in ((), ("--fuzz-budget-tokens", "5000"))
    )
    assert (plain.fuzz_moves, more.fuzz_moves, given(tmp_path, "--fuzz-moves", "60").run.fuzz_moves) == (12, 60, 60)
    assert (plain.fuzz_tokens, more.fuzz_tokens) == (0, 5000)
    assert plain.budget.tokens is not None
    assert more.budget.tokens == plain.budget.tokens + 5000
    assert more.where.endswith("--fuzz-moves 60")
    assert "--fuzz-moves" not in plain.where
    named = given(tmp_path, "--endpoint", "beijing", "--budget-tokens", "100", "--fuzz-budget-tokens", "5000").run
    assert named.budget.tokens == 5100


def test_the_key_of_the_second_target_is_the_one_that_was_named_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-of-the-first")
    monkeypatch.setenv("OTHER_KEY", "sk-of-the-second")
    first = ("--endpoint", "ws://127.0.0.1:1/x")
    named = given(tmp_path, *first, "--against", "wss://gateway.example/y", "--against-key-env", "OTHER_KEY").against
    assert named is not None
    assert (named.target.key, named.target.url) == ("sk-of-the-second", "wss://gateway.example/y")
    unnamed = given(tmp_path, *first, "--against", "ws://127.0.0.1:2/y").against
    assert unnamed is not None
    assert unnamed.target.key == "mock-key"
    regions = given(
        tmp_path, "--endpoint", "beijing", "--against", "singapore", "--against-model", "qwen3-omni"
    ).against
    assert regions is not None
    assert (regions.target.key, regions.target.model) == ("sk-of-the-first", "qwen3-omni")


@pytest.mark.parametrize("given_as", ["a-secret-value", "X Y:a-secret-value", "Host: a-secret-value"])
def test_a_wrong_header_is_told_without_its_value(given_as: str, tmp_path: Path) -> None:
    with pytest.raises(pytest.UsageError) as told:
        given(tmp_path, "--header", given_as)
    assert "a-secret-value" not in str(told.value)


def test_a_model_of_any_name_is_judged_by_the_family_that_is_named_also_when_it_is_replayed(tmp_path: Path) -> None:
    run = given(tmp_path, "--endpoint", "ws://127.0.0.1:1/x", "--model", "mine", "--profile", "qwen3").run
    assert (run.target.model, run.profile.model, run.profile.family) == ("mine", "mine", "qwen3")
    head = run.head()
    assert head["target"]["profile"] == "qwen3"
    assert run.where == "--endpoint ws://127.0.0.1:1/x --model mine --profile qwen3"
    small = records.write(tmp_path, records.conversations()[:1], [])
    first, *rest = small.read_text("utf-8").splitlines()
    line = json.loads(first)
    line["target"] |= {"model": "mine", "profile": "qwen3"}
    small.write_text("\n".join([json.dumps(line), *rest]) + "\n", "utf-8")
    again = given(tmp_path, "--replay", str(small)).run
    assert (again.profile, again.head()["target"]["profile"]) == (run.profile, "qwen3")
    assert "profile" not in given(tmp_path, "--profile", "qwen3.5").run.head()["target"]


def test_headers_are_kept_by_name_and_named_in_what_holds_it_again(tmp_path: Path) -> None:
    endpoint = ("--endpoint", "ws://127.0.0.1:1/x")
    run = given(tmp_path, *endpoint, "--header", "X-Gateway: a-secret-value", "--header", "X-b:b:cdefghij").run
    assert run.target.headers == (("X-Gateway", "a-secret-value"), ("X-b", "b:cdefghij"))
    assert run.head()["headers"] == ["X-Gateway", "X-b"]
    assert run.where.endswith("--header X-Gateway:VALUE --header X-b:VALUE")
    assert "headers" not in given(tmp_path, *endpoint).run.head()


def test_nothing_asked_is_the_mock_with_its_generated_conversations(tmp_path: Path) -> None:
    known = given(tmp_path)
    assert (known.run.target.kind, known.run.fuzz_examples, known.named) == ("mock", 25, False)
    assert known.run.budget.sessions is None
    assert known.directory.parent == tmp_path / "reports"


def test_a_live_endpoint_gets_the_budgets_of_a_live_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-0123456789abcdefghij")
    run = given(tmp_path, "--report-dir", "out").run
    assert (run.target.kind, run.target.name, run.fuzz_examples) == ("live", "beijing", 0)
    assert (run.budget.sessions, run.budget.tokens) == (130, 60_000)
    more = given(tmp_path, "--fuzz-examples", "5", "--budget-tokens", "7").run.budget
    assert (more.sessions, more.tokens) == (140, 7)
