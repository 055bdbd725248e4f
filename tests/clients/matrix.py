"""The kill matrix of clients: `PYTHONPATH=.:tests python tests/clients/matrix.py` holds every fault and writes it.

It is committed as `conformance/spec/client_kill_matrix.json`, which the report shows; `test_faults.py` holds it to what
is true.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from clients.faults import FAULTS
from clients.playing import play

from conformance.clients.judging import judge
from conformance.judge.checks import Outcome
from conformance.spec.proof import CLIENTS
from conformance.wire.transcript import Transcript


async def broken(fault: str, usual: Transcript | None = None) -> dict[str, Outcome]:
    """What a fault breaks, with what each judge said."""
    what = FAULTS[fault]
    runs = [await play(what.scenario, fault)]
    if what.scenario != "plain":
        runs.append(usual or await play("plain", manual=what.manual))
    return {clause: outcome for clause, outcome in judge(runs).items() if outcome.verdict == "fail"}


async def matrix() -> dict[str, Any]:
    """The form of the committed file."""
    usual = {manual: await play("plain", manual=manual) for manual in (True, False)}
    rows = {}
    for name, what in FAULTS.items():
        found = await broken(name, usual[what.manual])
        rows[name] = {"clause": what.clause, "scenario": what.scenario, "breaks": sorted(found)}
    return rows


if __name__ == "__main__":
    CLIENTS.write_text(json.dumps(asyncio.run(matrix()), indent=1) + "\n", encoding="utf-8")
