"""A program about what is listed: what it looks for in the rows, and where it has them from."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.judge import ledger
from conformance.papers import player
from conformance.papers.facts import holds
from conformance.papers.listing import LOOKS
from conformance.papers.player import Seen

USAGE = {"input_tokens": 2, "output_tokens": 3}
ROW = {"task_uuid": "sess_mine", "start_unix_timestamp": "5000", "model": "qwen-x-2026", "usage": USAGE}
GREETED = {"type": "session.created", "session": {"id": "sess_mine", "model": "qwen-x"}}
DONE = {"type": "response.done", "response": {"usage": USAGE}}


def seen(*rows: dict[str, Any]) -> Seen:
    made = Seen([(0, GREETED), (1, DONE)])
    made.id, made.began, made.ended, made.key, made.rows = "sess_mine", 4000.0, 6000.0, "the-key", list(rows)
    return made


def test_every_clause_about_a_row_has_a_look() -> None:
    judges = [name for name, one in vars(ledger).items() if getattr(one, "__module__", "") == ledger.__name__]
    assert len(LOOKS) == len({"shows_up", "names_itself", "counts_right", "is_timed_right", "names_its_model",
                              "quotes_no_key"} & set(judges))  # fmt: skip


@pytest.mark.parametrize("clause", sorted(LOOKS))
def test_a_row_as_it_should_be_shows_nothing(clause: str) -> None:
    assert not holds(LOOKS[clause].test, seen(ROW))


@pytest.mark.parametrize(
    ("clause", "row", "there"),
    [
        ("CLO-020", None, True),
        ("CLO-021", {"task_uuid": "sess_other"}, True),
        ("CLO-021", None, False),  # that is CLO-020's
        ("CLO-022", {"usage": {"input_tokens": 4, "output_tokens": 3}}, True),
        ("CLO-022", {"usage": json.dumps({"input_tokens": 2, "output_tokens": 3})}, False),
        ("CLO-022", {"usage": json.dumps({"input_tokens": 2, "output_tokens": 4})}, True),
        ("CLO-023", {"start_unix_timestamp": "-56001"}, True),
        ("CLO-023", {"start_unix_timestamp": "-56000"}, False),  # two clocks may differ by a minute
        ("CLO-023", {"start_unix_timestamp": "66000"}, False),
        ("CLO-023", {"start_unix_timestamp": "66001"}, True),
        ("CLO-024", {"model": "qwen-y"}, True),
        ("CLO-024", {"model": "qwen"}, False),  # a shorter name of the same
        ("CLO-025", {"apikey": "the-key"}, True),
        ("CLO-025", {"apikey": "the-other"}, False),
    ],
)
def test_what_is_looked_for(clause: str, row: dict[str, Any] | None, there: bool) -> None:
    rows = [] if row is None else [{**ROW, **row}]
    assert holds(LOOKS[clause].test, seen(*rows)) is there


def test_a_row_without_usage_tells_nothing_of_it() -> None:
    assert not holds(LOOKS["CLO-022"].test, seen({name: value for name, value in ROW.items() if name != "usage"}))


def looking(monkeypatch: pytest.MonkeyPatch, *lines: str, host: str = "dashscope.example") -> Seen:
    given, asked = iter(lines), []

    def answers(question: str) -> str:
        asked.append(question)
        return next(given)

    monkeypatch.setattr("builtins.input", answers)
    made = Seen([(0, GREETED)])
    player.look(SimpleNamespace(request=None, protocol=SimpleNamespace(uri=SimpleNamespace(host=host, port=1))), made)  # type: ignore[arg-type]
    assert all("sess_mine" in question for question in asked)
    return made


@pytest.mark.parametrize("rows", [[], [ROW], [ROW, ROW]])
def test_what_no_program_can_read_is_asked_for(rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    found = looking(monkeypatch, *map(json.dumps, rows), "")
    assert (found.id, found.rows) == ("sess_mine", rows)


def test_what_is_no_row_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="Expecting value"):
        looking(monkeypatch, "it is there", "")


def test_a_list_that_can_not_be_read_is_no_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError, match="can't be read"):
        looking(monkeypatch, host="127.0.0.1")
