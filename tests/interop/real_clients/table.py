"""The table of real clients in docs/clients.md: `python tests/interop/real_clients/table.py --work DIR [--write]`.

Each client is installed from its registry into a folder of its own under DIR, holds one turn in the scenarios in which
`session.finish` is accepted and refused, and is judged by the client clauses.  What the mock does is not what the
service does: the table says how clients leave, and what each known policy would list.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BEGIN, END = "<!-- real clients: made by tests/interop/real_clients/table.py -->", "<!-- end of real clients -->"
POLICIES = ("finish_required", "clean_close_ok", "cancelled", "pending_until_finish", "absent_unless_success")


@dataclass(frozen=True)
class Client:
    """A row: what is installed from where, and what is run."""

    name: str
    needs: str
    program: str
    argument: str = ""
    npm: bool = False


CLIENTS = (
    *(
        Client(f"`dashscope` {version}, {how}", f"dashscope=={version}", "dashscope_turn.py", argument)
        for version in ("1.25.23", "1.26.7", "2.0.2")
        for how, argument in (("`close()`", "close"), ("`end_session()`", "end_session"), ("both", "both"))
    ),
    Client("`openai` 3.57.0, beta", "openai==3.57.0", "openai_turn.py", "beta"),
    Client("`openai` 3.57.0, GA", "openai==3.57.0", "openai_turn.py", "ga"),
    Client("`websockets` 17.4, `async with`", "websockets==17.4", "plain_turn.py", "websockets"),
    Client("`websocket-client` 1.9.2, `close()`", "websocket-client==1.9.2", "plain_turn.py", "websocket-client"),
    Client("`aiohttp` 3.14.5, `async with`", "aiohttp==3.14.5", "plain_turn.py", "aiohttp"),
    Client("npm `openai-realtime-api` 1.0.8", "openai-realtime-api@1.0.8", "realtime_api.mjs", npm=True),
)


def installed(client: Client, work: Path) -> tuple[list[str], Path]:
    """The command that runs the client's program, and where."""
    folder = work / re.sub(r"[^a-z0-9.]+", "-", client.needs)
    program = str(HERE / client.program)
    if client.npm:
        if not (folder / "node_modules").is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            subprocess.run(["npm", "install", "--silent", "--prefix", str(folder), client.needs], check=True)
        return ["node", program], folder
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        # The SDK of 1.25 does not name all that it imports.
        extra = ["websocket-client"] if client.needs.startswith("dashscope") else []
        openai = [client.needs.replace("openai==", "openai[realtime]==")]
        needs = openai if client.needs.startswith("openai==") else [client.needs]
        subprocess.run([str(python), "-m", "pip", "install", "-q", *needs, *extra], check=True)
    return [str(python), program, client.argument], folder


def held(client: Client, work: Path) -> dict[str, Any]:
    """The summary of a client's run."""
    command, folder = installed(client, work)
    out = work / "reports" / re.sub(r"[^a-z0-9.]+", "-", client.name.lower()).strip("-")
    judged = [sys.executable, "-m", "conformance.cli", "client", "--timeout", "40", "--report-dir", str(out)]
    judged += ["--scenario", "finish-accepted", "--scenario", "finish-refused", "--"]
    subprocess.run([*judged, *command], check=False, cwd=folder, stdout=subprocess.DEVNULL)
    made: dict[str, Any] = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    return made


def row(client: Client, made: dict[str, Any]) -> str:
    """A row of the table."""
    runs = {run["scenario"]: run for run in made["client"]}
    ways, listed, clean = [], [], True
    for name in ("finish-accepted", "finish-refused"):
        sessions = runs[name]["sessions"]
        ways.append(sessions[-1]["left"] if sessions else "no session")
        listed.append(sessions[-1]["listed"] if sessions else {})
        clean = clean and bool(sessions) and all(one["clean"] for one in sessions)
        if runs[name]["code"]:
            ways[-1] += f" ({runs[name]['ended']})"
    left = ways[0] if ways[0] == ways[1] else f"{ways[0]} / {ways[1]}"
    cells = [client.name, left, "clean" if clean else "not clean"]
    for policy in POLICIES:
        told = [one.get(policy, "").replace("_", " ") for one in listed]
        cells.append(told[0] if told[0] == told[1] else " / ".join(told))
    missed = [f"{case['id']} ({case['level']})" for case in made["cases"] if case["verdict"] == "fail"]
    return "| " + " | ".join([*cells, ", ".join(missed) or "none"]) + " |"


def main() -> int:
    """Hold every client and print the table, or write it into docs/clients.md."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=Path, required=True, help="where clients are installed; kept for the next time")
    parser.add_argument("--only", default="", help="clients whose name holds this")
    parser.add_argument("--write", action="store_true", help="into docs/clients.md")
    options = parser.parse_args()
    names = ["Client", "How it leaves", "On the wire", *(f"`{policy}`" for policy in POLICIES), "Clauses missed"]
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    for client in CLIENTS:
        if options.only in client.name:
            lines.append(row(client, held(client, options.work.resolve())))
            print(lines[-1], file=sys.stderr)
    table = "\n".join(lines)
    if options.write:
        page = ROOT / "docs" / "clients.md"
        before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        page.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")
    else:
        print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
