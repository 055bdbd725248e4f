"""An endpoint that opens connections and says nothing: one failure, and every check that needs more names it."""

from __future__ import annotations

from websockets.asyncio.server import ServerConnection

from conformance.judge.checks import judge, load
from conformance.report.case import Case
from conformance.report.summary import owned
from conformance.trial import needed
from conformance.wire.recorder import Recorder
from support import endpoints


async def test_a_mute_endpoint_is_no_fault_of_the_suite() -> None:
    async def mute(connection: ServerConnection) -> None:
        await connection.wait_closed()

    chapters = load()
    wanted = [item for name in needed(endpoints.PROFILE) if not (item := chapters.conversations[name]).slow]
    async with endpoints.endpoint(mute) as port:
        recording = await Recorder(endpoints.target(port, concurrency=32), endpoints.PROFILE).record(wanted)
    outcomes = judge(chapters.checks.values(), recording.transcripts, endpoints.PROFILE)
    cases = [
        Case(key, chapters.checks[key].level, said.verdict, said.detail, "", 0.0, said.owner, said.outcome)
        for key, said in outcomes.items()
    ]
    told = {case.id: case for case in owned(cases)}
    assert {key: case.detail for key, case in told.items() if case.verdict == "error"} == {}
    assert [case.detail for case in told.values() if case.owner and case.verdict == "inconclusive"] == []
    assert [key for key, case in told.items() if case.verdict == "fail" and case.level == "MUST"] == ["CON-001"]
