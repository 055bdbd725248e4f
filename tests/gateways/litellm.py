"""LiteLLM's proxy in front of the mock: `python -m tests.gateways.litellm --venv FOLDER [options of the suite]`.

The folder is an environment of Python's with `litellm[proxy]`; where there is none it is made, which takes minutes and
600 MB.  `--beta` sends the header by which a client of LiteLLM asks for the older dialect.  What differs goes to
standard output; the report, the mock's own and both side by side go to `--report-dir`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect

from conformance.against.words import who
from conformance.mock.models import USUAL

VERSION = "1.108.7"  # what the page in docs was made with
KEY = "sk-gateway-of-the-test"
UPSTREAM = "/v1/realtime"  # where it asks, whatever its `api_base`
START, FIRST = 180.0, 60.0  # seconds until it listens, and until its first session: what it needs is loaded then
CONFIG = """\
model_list:
  - model_name: {model}
    litellm_params: {{model: openai/{model}, api_base: "http://127.0.0.1:{port}", api_key: the-key-of-the-mock}}
general_settings: {{master_key: {key}}}
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the suite through the gateway, and print what differs from what is behind it."""
    parser = argparse.ArgumentParser(prog="python -m tests.gateways.litellm", description=__doc__)
    parser.add_argument("--venv", type=Path, required=True)
    parser.add_argument("--report-dir", type=Path, default=Path("reports/litellm"))
    parser.add_argument("--beta", action="store_true")
    options, more = parser.parse_known_args(arguments)
    installed(options.venv)
    options.report_dir.mkdir(parents=True, exist_ok=True)
    with mock() as behind, gateway(options.venv, options.report_dir, behind) as port:
        url = f"ws://127.0.0.1:{port}{UPSTREAM}"
        asyncio.run(greeted(url))
        more += ["--header", "OpenAI-Beta:realtime=v1"] if options.beta else []
        command = [sys.executable, "-m", "pytest", "conformance/", "-q", "--tb=no", "-p", "no:cacheprovider"]
        asked = ["--endpoint", url, "--against", behind, "--report-dir", str(options.report_dir), "--concurrency", "6"]
        subprocess.run([*command, *asked, *more], env={**os.environ, "DASHSCOPE_API_KEY": KEY}, check=False)
    made: dict[str, Any] = json.loads((options.report_dir / "summary.json").read_text(encoding="utf-8"))
    if "against" not in made:
        return 1
    print("\n".join(told(made["against"])))
    return 0


def told(made: dict[str, Any]) -> Iterator[str]:
    """Every difference as an entry of a list, with what follows from it."""
    for cause in made["causes"]:
        yield f"- {cause['words']} ({who(cause)})"
        yield from (f"  - {line}" for line in cause["follow"])
    for row in made["verdicts"]:
        yield f"- {row['id']}: {row['here']} through the gateway, {row['there']} without it"


def installed(folder: Path) -> None:
    """Make the environment where it is not there."""
    if not (folder / "bin" / "litellm").is_file():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin" / "pip", "install", "-q", f"litellm[proxy]=={VERSION}"], check=True)


@contextlib.contextmanager
def mock() -> Iterator[str]:
    """The mock where the gateway asks its upstream; yields its URL."""
    command = [sys.executable, "-m", "conformance.cli", "mock", "--port", "0", "--path", UPSTREAM]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"ws://\S+(?=\?)", process.stdout.readline())
            assert found is not None
            yield found[0]
        finally:
            process.terminate()


@contextlib.contextmanager
def gateway(folder: Path, where: Path, behind: str) -> Iterator[int]:
    """LiteLLM in front of it, logging into `where`; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    upstream = re.search(r":(\d+)/", behind)
    assert upstream is not None
    config = (where / "litellm.yaml").resolve()
    config.write_text(CONFIG.format(model=USUAL, port=upstream[1], key=KEY), encoding="utf-8")
    # It is to fetch and to send nothing: the table of prices that it ships will do.
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
    environment.pop("PYTHONPATH", None)
    command = [(folder / "bin" / "litellm").resolve(), "--config", config, "--host", "127.0.0.1", "--port", str(port)]
    with (where / "litellm.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment, cwd=where)
        try:
            listening(process, port)
            yield port
        finally:
            process.terminate()
            process.wait(30)


def listening(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait until it listens."""
    ends = time.monotonic() + START
    while process.poll() is None and time.monotonic() < ends:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.5)  # another program starts: there is no event of ours to wait for
    raise SystemExit("the gateway does not listen; litellm.log beside the report says why")


async def greeted(url: str) -> None:
    """Open one session and close it: what the gateway needs for it is loaded then."""
    headers = {"Authorization": f"Bearer {KEY}"}
    async with connect(f"{url}?model={USUAL}", additional_headers=headers, open_timeout=FIRST) as session:
        await asyncio.wait_for(session.recv(), FIRST)


if __name__ == "__main__":
    sys.exit(main())
