"""The process that judges for the proxy, by itself."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from conformance.proxy.bench import Bench


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_does_not_end_it_before_it_is_ready(sent: signal.Signals, tmp_path: Path) -> None:
    async def begun_and_signalled() -> object:
        bench = Bench(tmp_path, keep_audio=False)
        try:
            waiting = asyncio.ensure_future(bench.ready())
            await asyncio.sleep(0)
            (born,) = multiprocessing.active_children()
            assert born.pid is not None
            os.kill(born.pid, sent)
            await waiting
            return await bench.page(final=False)
        finally:
            bench.close()

    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    assert asyncio.run(begun_and_signalled()) is None, "nothing was judged, and it can say so"
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before
