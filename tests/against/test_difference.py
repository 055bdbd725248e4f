"""What is no difference between two holdings of one conversation, and what is one, just beyond it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.against.difference import Difference, causes, differences
from conformance.wire.transcript import Ending, Transcript
from support import talks
from support.talks import Line, c, heard, preview, s, speech, talk, text_reply, waited

QUIET = 150.0
UPDATE = [c("session.update", session={}), s("session.updated", session=talks.SESSION)]
CREATE = c("response.create")
LEFT = "C close 1000"
Lines = list[Line | str]


def held(*lines: str | Line | list[Line], **options: Any) -> Transcript:
    return talk(*lines, **options).transcript


def told(here: Transcript, there: Transcript) -> list[str]:
    return [cause.sentence for cause in causes(differences(here, there, (QUIET, QUIET)))]


def dropped(*lines: str | Line | list[Line]) -> Transcript:
    """The client drops TCP right behind the last line."""
    return held(*lines, ending=Ending(first="client", tcp="rst"))


def cancelled(key: str = "resp_1") -> list[Line]:
    return [
        s("response.created", response=talks.response(key)),
        s("response.done", response=talks.response(key, "cancelled", output=[])),
    ]


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (held(CREATE, text_reply()), held(CREATE, text_reply("resp_2", "item_2", ("Good day.",)))),
        (
            held(speech(), [heard()], CREATE, text_reply()),
            held(speech("item_9", 20, 900), CREATE, text_reply(), [heard("item_9")]),
        ),
        (held(speech(), [preview(), preview(), heard()]), held(speech(), [preview(), heard()])),
        (held(CREATE, cancelled()), held(CREATE, text_reply())),
        (dropped(UPDATE, CREATE), dropped(UPDATE, CREATE, cancelled()[:1])),
        (
            held("C close 1000", s("session.created"), "S close 1000", greeting=False),
            held("C close 1000", "S close 1000", greeting=False),
        ),
        (
            held(s("error", error={"type": "e", "code": "c", "message": "No item 'item_1' among 3."})),
            held(s("error", error={"type": "e", "code": "c", "message": "No item 'item_2' among 4."})),
        ),
        (
            held(s("session.updated", session={**talks.SESSION, "id": "sess_1", "expires_at": 1})),
            held(s("session.updated", session={**talks.SESSION, "id": "sess_2"})),
        ),
    ],
    ids=[
        "words",
        "order of streams",
        "previews",
        "a race for a cancel",
        "left at once",
        "left before the greeting",
        "ids in words",
        "ids",
    ],
)
def test_what_varies_by_itself_is_no_difference(here: Transcript, there: Transcript) -> None:
    assert told(here, there) == []
    assert told(there, here) == []


@pytest.mark.parametrize(
    ("here", "there", "words"),
    [
        (
            held(CREATE, text_reply()),
            held(CREATE, talks.without(text_reply(), "response.text.delta")),
            ["`response.text.delta`: it is sent here, it is not there"],
        ),
        (
            held(CREATE, text_reply()),
            held(CREATE, cancelled()[:1], [s("response.done", response=talks.response("resp_1", "failed", output=[]))]),
            ['the end of a reply: "completed" here, "failed" there'],
        ),
        (
            held(UPDATE),
            held(UPDATE[0], s("error", error={"message": "No."})),
            ["after `session.update`: `session.updated` here, `error` (No.) there"],
        ),
        (
            held(UPDATE),
            held(UPDATE[0], waited(LEFT, QUIET), "S close 1000"),
            ["after `session.update`: `session.updated` here, nothing there"],
        ),
        (
            held(UPDATE, UPDATE),
            held(UPDATE, [UPDATE[1]], UPDATE),
            ["`session.updated`: it is sent here, it is sent once more there"],
        ),
        (
            held(UPDATE),
            held(UPDATE[0], s("session.updated", session={**talks.SESSION, "voice": "Ethan"})),
            ['`session.updated`: `session.voice` is "Tina" here and "Ethan" there'],
        ),
        (
            held(UPDATE),
            held(UPDATE, "S close 1011", "C close 1011"),
            ["the end of the connection: a close was answered with 1000 here, the server closed with 1011 there"],
        ),
        (held(status=101), held(greeting=False, status=403), ["the handshake: HTTP 101 here, HTTP 403 there"]),
        (
            held(CREATE, text_reply()),
            held(CREATE, text_reply()[:3], stop="response.done"),
            ["waiting for `response.done`: it came here, it never came there"],
        ),
    ],
)  # fmt: skip
def test_what_a_server_does_otherwise_is_one(here: Transcript, there: Transcript, words: list[str]) -> None:
    assert told(here, there) == words


def test_whether_the_client_waited_decides_what_is_missing() -> None:
    """The last event may still have been on its way, unless the client listened for as long as nothing was to come."""
    gone = held(UPDATE[0], waited(LEFT, QUIET - 1), "S close 1000")
    assert told(held(UPDATE), gone) == []
    assert told(held(UPDATE), held(UPDATE[0], waited(LEFT, QUIET), "S close 1000")) != []


def test_what_is_told_is_passed_and_what_breaks_ends_the_looking() -> None:
    greeted: Lines = [s("session.created", session={**talks.SESSION, "voice": "Ethan"})]
    refused: Lines = [UPDATE[0], s("error", error={"message": "No."}), c("response.create"), *text_reply()]
    here, there = held(UPDATE, CREATE, text_reply()), held(*greeted, *refused, greeting=False)
    found = differences(here, there, (QUIET, QUIET))
    assert [(one.at, one.member, one.breaks) for one in found] == [
        ("`session.created`", "session.voice", False),
        ("after `session.update`", "", True),
    ]


def test_one_cause_is_told_once_whatever_conversations_show_it() -> None:
    pairs = [(replace(held(UPDATE), conversation=name), held(UPDATE[0], s("error", error={}))) for name in "abc"]
    found = causes(one for pair in pairs for one in differences(*pair, (QUIET, QUIET)))
    assert [cause.conversations for cause in found] == [["a", "b", "c"]]


def setting(voice: str, *sent: str) -> list[Line]:
    named = c("session.update", session=dict.fromkeys(sent, "x"))
    return [named, s("session.updated", session={**talks.SESSION, "voice": voice})]


def test_what_differs_behind_a_setting_follows_from_it_unless_it_differs_elsewhere() -> None:
    def made(*sent: str) -> list[Difference]:
        there = held(setting("Ethan", *sent), [UPDATE[0], s("error", error={})])
        return differences(held(setting("Tina", *sent), UPDATE), there, (QUIET, QUIET))

    (cause,) = causes(made("voice"))
    assert list(cause.follow) == ["after `session.update`: `session.updated` here, `error` there"]
    assert [bool(cause.follow) for cause in causes(made("instructions"))] == [False, False]  # nobody had set it
    refused = differences(held(UPDATE), held(UPDATE[0], s("error", error={})), (QUIET, QUIET))
    assert [bool(cause.follow) for cause in causes([*made("voice"), *refused])] == [False, False]


@pytest.mark.parametrize("trouble", ["HTTP 429", ""])
def test_trouble_of_the_line_says_nothing_of_either(trouble: str) -> None:
    here = replace(held(UPDATE), trouble=trouble or None)
    assert bool(told(here, held(UPDATE[0], s("error", error={})))) == (not trouble)
