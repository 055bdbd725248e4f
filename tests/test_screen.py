"""Nothing leaves the process but through the screen: no secret, no control character, in no way out."""

import io
import json
import logging
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.cut import MASK
from conformance.screen import Reports, Screened, Written, screened, visible
from conformance.secrets import Secrets
from support import parrot, runs

KEY = "sk-4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c"
QUERY = "query-9e8f7a6b5c"
HELD = Secrets([KEY, QUERY])


def written(*texts: str, styled: bool = False) -> str:
    stream = io.StringIO()
    one = Screened(stream, HELD, styled=styled)
    one.writelines(texts)
    return stream.getvalue()


def test_a_stream_shows_no_secret() -> None:
    assert written(f"the key {KEY}\n", KEY.encode().hex()) == f"the key {MASK}\n{MASK}"


@pytest.mark.parametrize("at", range(1, len(KEY)))
def test_also_not_in_two_writes(at: int) -> None:
    shown = written(f"<{KEY[:at]}", f"{KEY[at:]}>")
    assert not HELD.found(shown)
    assert shown.startswith("<")
    assert shown.endswith(">")
    assert len(shown.replace(MASK, "")) <= len("<>") + 7


def test_control_characters_are_shown() -> None:
    assert written("a\x1b[2J\x07\x9b\u202e\ud800\tb\n") == "a\\x1b[2J\\x07\\x9b\\u202e\\ud800\tb\n"
    assert written("\rheld 1/2", "\rheld\r2/2") == "\rheld 1/2\rheld\\x0d2/2"  # a line is rewritten from its beginning
    assert visible("plain\ttext\n") == "plain\ttext\n"


def test_colours_are_left_where_there_are_colours_and_nothing_else_is() -> None:
    text = "\x1b[31mred\x1b[0m\x1b[2J\x1b]0;owned\x07"
    assert written(text, styled=True) == "\x1b[31mred\x1b[0m\\x1b[2J\\x1b]0;owned\\x07"
    assert "\x1b" not in written(text)


def test_what_is_logged_is_masked_for_every_handler(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("test.screen")
    with screened(HELD), caplog.at_level(logging.DEBUG):
        log.debug("> %s: %s", "Authorization", f"Bearer {KEY}")
        try:
            int(KEY)
        except ValueError:
            log.exception("failed with \x1b[31m")
    log.warning("outside: %s", KEY)
    assert caplog.messages[:2] == [f"> Authorization: Bearer {MASK}", "failed with \\x1b[31m"]
    assert f"int() with base 10: '{MASK}'" in caplog.text
    assert caplog.messages[-1] == f"outside: {KEY}"


def test_the_streams_are_given_back() -> None:
    before = sys.stdout, sys.stderr, logging.getLogRecordFactory()
    with screened(HELD):
        assert sys.stdout is not before[0]
    assert (sys.stdout, sys.stderr, logging.getLogRecordFactory()) == before


def test_a_report_is_clean_down_to_its_locals() -> None:
    def fails() -> None:
        secret = {"key": KEY, "said": "\x1b[31m"}
        assert not secret, KEY

    with pytest.raises(AssertionError) as caught:
        fails()
    report = SimpleNamespace(
        longrepr=caught.getrepr(showlocals=True, style="long"), sections=[("log", KEY)], wasxfail=KEY,
        user_properties=[("said", KEY)], conformance={"detail": KEY, "seconds": 0.1}, nodeid="x",
    )  # fmt: skip
    Reports(HELD)._cleaned(report)
    text = f"{report.longrepr}{report.longrepr.reprcrash}{report}"
    assert not HELD.found(text)
    assert MASK in text
    assert report.conformance == {"detail": MASK, "seconds": 0.1}


def test_files_that_the_run_wrote_are_searched_and_no_others(tmp_path: Path) -> None:
    for name in ("own.env", "touched.txt"):
        (tmp_path / name).write_text(KEY)
    beside = tmp_path / "beside.xml"
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "own.env").write_text(KEY)
    (folder / "record.jsonl").write_text("{}")
    watch = Written(folder, beside, None)
    assert watch.leaks(HELD) == []
    (folder / "record.jsonl").write_text("x" * (1 << 20) + json.dumps(KEY)[1:-1] + "y")  # over the seam of two looks
    (folder / "clean.txt").write_text(KEY[:7])
    beside.write_bytes(KEY.upper().encode())
    assert watch.leaks(HELD) == [folder / "record.jsonl", beside]
    assert watch.leaks(Secrets()) == []


# -- whole runs: each costs seconds, so each looks at many ways out


def everything(folder: Path, done: runs.Finished) -> dict[str, str]:
    """What a run left, and what it said."""
    found = {str(path.relative_to(folder)): path.read_text("utf-8", "replace") for path in folder.rglob("*.*")}
    return {**found, "the terminal": done.output}


SOME = ("--case", "SES-00[1-3]", "--case", "CON-00[1-9]", "--case", "GEN-00*", "--case", "CLO-001",
        "--status-wait", "0")  # fmt: skip


def test_a_run_against_an_endpoint_that_quotes_the_key_everywhere_leaks_nothing(tmp_path: Path) -> None:
    with parrot.endpoint() as port:
        done = runs.run(
            tmp_path / "run", "--endpoint", f"ws://someone:{QUERY}@127.0.0.1:{port}/x?api_key={QUERY}", *SOME,
            "-rA", "-vv", "-l", "--tb=long", "--log-cli-level=DEBUG", f"--log-file={tmp_path / 'log.txt'}",
            "--log-file-level=DEBUG", f"--debug={tmp_path / 'debug.log'}", f"--junitxml={tmp_path / 'pytest.xml'}",
            DASHSCOPE_API_KEY=f" {KEY} ",
        )  # fmt: skip
    assert done.code == 1, done.output
    left = everything(tmp_path, done)
    ours = {"run/record.jsonl", "run/report.html", "run/summary.json", "run/status-form.jsonl"}
    assert left.keys() >= ours | {"log.txt", "debug.log", "pytest.xml", "the terminal"}
    assert {name for name, text in left.items() if HELD.found(text)} == set()
    for name in ("run/record.jsonl", "log.txt", "debug.log", "pytest.xml", "the terminal"):
        assert MASK in left[name], name
    assert not {"\x1b", "\x9b", "\x07"} & set(done.output)
    assert {echo["place"] for line in done.record if line["kind"] == "conversation"
            for leg in line["legs"] for echo in leg["echoes"]} == {"header", "frame"}  # fmt: skip


def test_with_a_worker_nothing_leaks_and_what_is_planted_is_found_and_named(tmp_path: Path) -> None:
    with parrot.endpoint(refuses=True) as port:
        done = runs.run(
            tmp_path / "run", "--endpoint", f"ws://127.0.0.1:{port}/x", "--case", "CON-00[1-9]", "--case", "GEN-00*",
            "-n", "1", "-rA", "-vv", "--tb=line", "-p", "support.planted", DASHSCOPE_API_KEY=KEY,
        )  # fmt: skip
    assert done.code == 3, done.output
    left = everything(tmp_path, done)
    assert {name for name, text in left.items() if HELD.found(text)} == {"run/extra.txt"}
    assert "extra.txt holds a secret of this run" in done.output


@pytest.mark.parametrize(
    ("options", "key", "says"),
    [
        ((), "0000", "$DASHSCOPE_API_KEY has fewer than 8 characters"),
        (("--endpoint", f"http://user:{QUERY}@127.0.0.1"), KEY, "nor a ws:// or wss:// URL"),
    ],
)
def test_what_can_not_be_kept_secret_is_wrong_usage_in_one_sentence(
    options: tuple[str, ...], key: str, says: str, tmp_path: Path
) -> None:
    done = runs.run(tmp_path, *options, DASHSCOPE_API_KEY=key)
    assert done.code == 4
    assert says in done.output
    assert len(done.output.strip().splitlines()) == 1
    assert not HELD.found(done.output)
    assert not any(tmp_path.iterdir())
