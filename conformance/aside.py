"""Running what blocks beside an event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def aside(work: Callable[[], T]) -> T:
    """Run what blocks beside the event loop.

    In a thread that nobody joins: a run that is interrupted does not wait for a reader's time-outs.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(outcome: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits any more
            loop.call_soon_threadsafe(lambda: None if done.done() else outcome())

    def thread() -> None:
        try:
            result = work()
        except BaseException as problem:  # noqa: BLE001  # it is raised where the result is awaited
            told = problem
            tell(lambda: done.set_exception(told))
        else:
            tell(lambda: done.set_result(result))

    threading.Thread(target=thread, daemon=True).start()
    return await done
