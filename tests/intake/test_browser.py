"""A HAR that a real Chromium saved, of a page that talks to the mock through the proxy: imported and judged."""

from __future__ import annotations

import http.server
import os
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from conformance.intake import connections
from conformance.judge.checks import load
from conformance.judge.tally import Tally
from conformance.spec.profiles import profile_for
from support.proxies import Passing

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
MODEL = "qwen3.5-omni-flash-realtime"

if CHROMIUM is None:
    if os.environ.get("CI") == "true":
        pytest.fail("chromium is missing: apt-get install -y chromium", pytrace=False)
    pytest.skip("needs chromium: apt-get install -y chromium", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("default")

# A typed turn; a browser can send no key of its own, so the proxy adds one.
PAGE = """<!doctype html><title>talking</title><script>
const socket = new WebSocket("%s");
const say = event => socket.send(JSON.stringify(event));
const user = {type: "message", role: "user", content: [{type: "input_text", text: "Say yes."}]};
const next = {
  "session.created": () => say({type: "session.update", session: {modalities: ["text"], turn_detection: null}}),
  "session.updated": () => say({type: "conversation.item.create", item: user}),
  "conversation.item.created": event => event.item.role === "user" && say({type: "response.create"}),
  "response.done": () => socket.close(1000),
};
socket.onmessage = message => { const event = JSON.parse(message.data); (next[event.type] || (() => {}))(event); };
socket.onclose = () => { document.title = "over"; };
</script>"""


@pytest.fixture(scope="module")
def har(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sync_api = pytest.importorskip("playwright.sync_api")  # here: every worker collects this file, and one runs it
    folder = tmp_path_factory.mktemp("har")
    with Passing(folder) as endpoint:
        page = PAGE % f"ws://127.0.0.1:{endpoint.port}/api-ws/v1/realtime?model={MODEL}"

        class Serving(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(page.encode())

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Serving) as served:
            threading.Thread(target=served.serve_forever).start()
            with sync_api.sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                context = browser.new_context(record_har_path=str(folder / "call.har"))
                opened = context.new_page()
                opened.goto(f"http://127.0.0.1:{served.server_address[1]}/")
                opened.wait_for_function("document.title === 'over'", timeout=20_000)
                context.close()
                browser.close()
            served.shutdown()
    return folder / "call.har"


def test_the_call_is_in_it(har: Path) -> None:
    (found,) = connections(har)
    frames = found.legs[0].frames
    assert [frame.type for frame in frames if frame.side == "client"] == [
        "session.update", "conversation.item.create", "response.create",
    ]  # fmt: skip
    assert frames[-1].type == "response.done"
    assert found.model == MODEL
    assert "times" not in found.gaps
    assert found.seconds < 60  # Playwright writes ms, where browsers write seconds
    assert "client" not in found.gaps
    assert "close" in found.gaps


def test_it_is_judged(har: Path) -> None:
    tally = Tally(load().checks.values(), profile_for(MODEL))
    for transcript in connections(har):
        assert tally.add(transcript) == []
    outcomes = tally.outcomes()
    assert (outcomes["RSP-002"].verdict, outcomes["RSP-002"].detail) == ("pass", "held in 1 of 1 typed replies")
    assert outcomes["GEN-024"].verdict == "pass"
    assert sum(outcome.verdict == "pass" for outcome in outcomes.values()) > 60
