"""Running what holds conversations: one signal breaks it off, and it ends what it has begun."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from conformance import early

T = TypeVar("T")


def handed_over(holding: Coroutine[Any, Any, T]) -> T:
    """Run it in a loop of its own.

    Its result is handed over and not returned: asyncio asks for the task's `repr`, which spells out its result, and a
    whole recording takes a third of a second to spell.
    """
    result: list[T] = []

    async def hold() -> None:
        result.append(await holding)

    asyncio.run(hold())
    return result[0]


def in_order(holding: Coroutine[Any, Any, T]) -> T:
    """Run what holds conversations to its end; KeyboardInterrupt when a signal broke it off.

    One signal is enough: a second one would break off what the first has begun to end in order.
    """

    async def hold() -> T:
        task = asyncio.current_task()
        assert task is not None
        try:
            with _cancelled_by(early.SIGNALS, task):
                return await holding
        except asyncio.CancelledError:
            early.note()
            early.defer()
            raise

    try:
        return handed_over(hold())
    except asyncio.CancelledError:  # by a signal that asyncio does not take for Ctrl-C
        raise KeyboardInterrupt from None


@contextmanager
def _cancelled_by(numbers: Iterable[signal.Signals], task: asyncio.Task[Any]) -> Iterator[None]:
    """Let signals cancel the task, where the loop can; what their handlers raise would end the loop itself."""
    loop, before = asyncio.get_running_loop(), {number: signal.getsignal(number) for number in numbers}
    try:
        for number in before:
            loop.add_signal_handler(number, task.cancel)
    except (NotImplementedError, RuntimeError, ValueError):  # Windows, or a thread that is not the first
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
