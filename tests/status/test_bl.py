"""The vendor's command, stood in for by a script."""

import json
import os
import socket
import subprocess
import sys

import pytest

from conformance.status.bl import BlReader, _end, first_line
from conformance.status.model import NotObservable, Session
from conformance.status.poll import observe

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the stand-in is a script with a shebang")

NOW = 1_790_007_200.0
SINCE = int((NOW - 90 * 60) * 1000)
ROW = {
    "modelRequestId": "r-1",
    "httpStatusCode": 200,
    "startTime": SINCE,
    "callDuration": 5,
    "usage": '{"total_tokens":3}',
    "originLog": '{"task_uuid":"sess_1","uid":"1234567890"}',
}


@pytest.fixture
def bl(tmp_path):
    """Make a `bl` that prints, says, ends as told, and notes its arguments."""

    def make(out="", *, error="", code=0, more=""):
        program = tmp_path / "bl"
        program.write_text(
            f"#!{sys.executable}\nimport sys, json\n"
            f"open({str(tmp_path / 'asked')!r}, 'w').write(json.dumps(sys.argv[1:]))\n"
            f"{more}\n"
            f"sys.stdout.write({out if isinstance(out, str) else json.dumps(out)!r})\n"
            f"sys.stderr.write({error!r})\nsys.exit({code})\n"
        )
        program.chmod(0o755)
        return BlReader(str(program), model="qwen3.8-omni-flash-realtime", clock=lambda: NOW, timeout_s=20)

    return make


def refused(reader):
    with pytest.raises(NotObservable) as raised:
        reader.rows(SINCE, SINCE)
    return raised.value


def test_what_is_asked(bl, tmp_path):
    assert bl([]).rows(SINCE, SINCE) == []
    asked = json.loads((tmp_path / "asked").read_text())
    assert " ".join(asked) == "log audit list --model qwen3.8-omni-flash-realtime --hours 2 --output json"


@pytest.mark.parametrize(
    "answer",
    [
        [ROW],
        {"items": [ROW]},
        {"data": [ROW]},
        {"data": {"items": [ROW], "total": 1}},
        {"success": True, "data": {"success": True, "data": {"list": [ROW]}}},
        {"data": json.dumps({"items": [ROW]})},
    ],
)
def test_rows_wherever_they_are(bl, answer):
    reader = bl(json.dumps(answer))
    session = Session("sess_1", "good", SINCE, SINCE + 10)
    found = observe(reader, [session], good="good", bad="bad", wait_s=0)["good"]
    assert (found.status, found.attribution, found.usage) == ("succeeded", "exact_id", {"total_tokens": 3})
    assert "1234567890" not in json.dumps(found.to_json())
    assert reader.missing == "absent"


@pytest.mark.parametrize("answer", [{"items": [ROW], "total": 9}, {"data": {"items": [ROW], "nextToken": "x"}}])
def test_a_list_that_was_cut_off_proves_nothing_absent(bl, answer):
    reader = bl(json.dumps(answer))
    assert reader.rows(SINCE, SINCE) == [ROW]
    assert reader.missing == "not_visible_yet"


@pytest.mark.parametrize("printed", ["", "no rows", '{"items": 3}', "{}", "[1]", "7", "null"])
def test_what_is_no_list_is_malformed(bl, printed):
    assert refused(bl(printed)).reason == "malformed"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"success": False, "errorCode": "BailianGateway.Login.NotLogined"}, "no_console_token"),
        ({"data": {"success": False, "errorCode": "ConsoleNeedLogin.NotLogined", "errorMsg": "x"}}, "no_console_token"),
        ({"success": False, "errorCode": "Forbidden", "errorMsg": "not yours"}, "refused"),
    ],
)
def test_a_refusal_in_an_answer_that_ended_well(bl, answer, reason):
    assert refused(bl(json.dumps(answer))).reason == reason


def test_a_bad_end_tells_the_first_line_without_secrets(bl):
    found = refused(bl(error="\nError: bad token=abcdef123456 here\n  at main.js:1\n", code=3))
    assert found.reason == "refused"
    assert "ends with 3: Error: bad [masked] here" in found.words


def test_a_bad_end_for_want_of_a_login(bl):
    assert refused(bl(error="Error: Not logged in. Run bl auth login --console", code=1)).reason == "no_console_token"


def test_a_program_that_does_not_end(bl):
    reader = bl("[]", more="import time\ntime.sleep(60)")
    reader._timeout_s = 0.2
    assert refused(reader).reason == "timeout"


CHILD = "import socket, sys\nwith socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as held: held.recv(1)"


def test_its_children_are_ended_with_it():
    # The child inherits the pipes, so waiting for them to close would take as long as it lives.
    parent = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', *sys.argv[1:]])"
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        command = [sys.executable, "-c", parent, CHILD, str(server.getsockname()[1])]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        ) as started:
            held, _ = server.accept()
            _end(started)
        with held:
            held.settimeout(60)
            assert held.recv(1) == b""  # the child's end went with the child


def test_no_such_program(tmp_path):
    found = refused(BlReader(str(tmp_path / "none"), model="m"))
    assert (found.reason, "can't be started" in found.words) == ("no_reader_configured", True)


@pytest.mark.parametrize(
    "secret",
    [
        "Bearer abc",
        "authorization: abc",
        "accessToken=abc",
        '"token":"abc"',
        "sk-0123456789abcdef",
        "LTAI5tAbCdEfGhIjKl",
        "STS.NUabcdefghijk",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.abc",
    ],
)
def test_secrets_are_not_repeated(secret):
    assert "abc" not in first_line(f"failed with {secret} in it").lower()
    assert first_line(f"failed with {secret} in it").startswith("failed with ")


def test_plain_words_are():
    words = "Error: the region us-east-1 is not supported by bailian-telemetry"
    assert first_line(words) == words
