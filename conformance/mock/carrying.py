"""Carrying messages between a socket and a session."""

from __future__ import annotations

import asyncio
import time

from websockets.frames import Opcode

from conformance.mock import encoding
from conformance.mock.core import CloseWith, Drop, SendEvent, SendPing, SendRaw
from conformance.mock.crowd import Crowd
from conformance.mock.link import Link, Message
from conformance.mock.session import Session


async def carry(link: Link, session: Session, crowd: Crowd) -> None:
    """Carry messages between the socket and the session; wakes for a message or when something is due."""
    receiving: asyncio.Task[Message] | None = None
    try:
        while True:
            for out in session.poll(time.monotonic()):
                if isinstance(out, SendEvent):
                    await link.send(encoding.dumps(out.event))
                elif isinstance(out, SendRaw):
                    await link.send(out.text)
                elif isinstance(out, SendPing):
                    await link.ping(out.data)
                elif isinstance(out, CloseWith):
                    await link.close(out.code, out.reason)
                    return
                elif isinstance(out, Drop):
                    link.drop()
                    return
            if receiving is None and link.waiting:
                _hand_over(session, await link.receive())  # it is there: no wait, and so no task
                crowd.note(session, session.held)
                continue
            if receiving is None:
                receiving = asyncio.create_task(link.receive())
            due = session.next_due()
            wait = None if due is None else max(0.0, due - time.monotonic())
            await asyncio.wait({receiving}, timeout=wait)
            if receiving.done():
                message = receiving.result()
                receiving = None
                _hand_over(session, message)
            crowd.note(session, session.held)
    finally:
        if receiving is not None:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)
            if not receiving.cancelled() and receiving.exception() is None:
                _hand_over(session, receiving.result())  # it came while we could not send


async def drain(link: Link, session: Session) -> None:
    """Take what the client had sent before it left: it was heard, though nothing can be answered any more."""
    while link.waiting:
        _hand_over(session, await link.receive())
        session.take()


def _hand_over(session: Session, message: Message) -> None:
    if session.quirks.loses(message.frames, pinged=message.pinged):
        return
    if message.kind is Opcode.BINARY:
        session.receive_binary(message.data, time.monotonic())
        return
    try:
        text = message.data.decode()
    except UnicodeDecodeError:
        session.receive_invalid_utf8(time.monotonic())
    else:
        session.receive_text(text, time.monotonic())
