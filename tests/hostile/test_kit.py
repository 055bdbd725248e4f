"""The tools of the gallery: a row can fail, a leak is found, and a frame is what it says."""

import base64
import json
from dataclasses import replace
from urllib.parse import quote

import pytest
from websockets.frames import Frame, Opcode

from hostile import kit, quoting
from hostile.leaks import KEY, leaks
from hostile.table import Seen, line, markdown

RIGHT = kit.finding("GEN-002", seconds=10)
SEEN = Seen(1, "fails", "Does not conform.", "MUST GEN-002 fail: a binary frame", 9.0, 399.0)


def test_what_is_right_is_not_wrong():
    assert SEEN.wrong(RIGHT) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"exit": 0}, "exit 0"),
        ({"exit": None}, "exit None"),
        ({"verdict": "conforms"}, "verdict conforms"),
        ({"told": "MUST GEN-003 fail"}, "says nothing of"),
        ({"seconds": 10.1}, "10 s"),
        ({"peak": 401.0}, "401 MB"),
        ({"told": "GEN-002\nTraceback"}, "a traceback"),
        ({"leaks": ["terminal: plain"]}, "the key in terminal: plain"),
        ({"betrayed": "the redirect was followed"}, "the redirect was followed"),
    ],
)
def test_each_thing_that_is_wrong_is_told(change, words):
    wrong = replace(SEEN, **change).wrong(RIGHT)
    assert len(wrong) == 1
    assert words in wrong[0]


@pytest.mark.parametrize("number", range(len(quoting.spellings(KEY))))
@pytest.mark.parametrize("around", ["{}", 'x"{}"', "<td>{}</td>"])
def test_every_spelling_of_a_key_is_found(number, around):
    spelled = quoting.spellings(KEY)[number]
    assert leaks([("report.html", around.format(spelled).encode())])


@pytest.mark.parametrize(
    "written",
    [
        json.dumps(json.dumps({"key": KEY})).encode(),
        "".join(f"\\u{ord(letter):04X}" for letter in KEY).encode(),
        "".join(f"&#{ord(letter)};" for letter in KEY).encode(),
        "".join(f"&#x{ord(letter):02x};" for letter in KEY).encode(),
        quote(quote(KEY, safe=""), safe="").encode(),
        *(base64.b64encode(b"x" * lead + KEY.encode() + b"yy") for lead in range(3)),
        base64.urlsafe_b64encode(KEY.encode()),
    ],
)
def test_a_key_is_found_through_what_writers_do_to_it(written):
    assert leaks([("record.jsonl", b'{"kind":"run",' + written + b"}")])


@pytest.mark.parametrize("written", [b"[redacted]", KEY[:15].encode(), KEY[-15:].encode(), KEY[8:22].encode()])
def test_what_does_not_tell_the_key_is_no_leak(written):
    assert leaks([("record.jsonl", written)]) == []


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
@pytest.mark.parametrize("fin", [True, False])
def test_a_frame_is_what_the_library_makes(size, fin):
    payload = b"x" * size
    assert kit.frame(kit.TEXT, payload, fin=fin) == Frame(Opcode.TEXT, payload, fin=fin).serialize(mask=False)


def test_names_are_words():
    assert kit.name_of(type("ClosesWith1011", (kit.Endpoint,), {})) == "closes-with1011"


def test_a_row_shows_what_is_wrong_and_nothing_that_acts():
    kind = type("Odd", (kit.Endpoint,), {"right": RIGHT, "__doc__": "Is odd."})
    seen = replace(SEEN, exit=None, sentence="a\x1b[2J|<b>")
    assert "hung" in line("odd", kind, seen)
    assert "WRONG: exit None" in line("odd", kind, seen)
    (row,) = markdown([("odd", kind, seen)]).splitlines()[2:]
    assert row.startswith("| odd | Is odd. | hung | 9 | 399 | fails | a?[2J\\|&lt;b>")
    assert "**Not right: exit None" in row
