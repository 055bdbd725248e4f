"""Carrying messages between a socket and a session."""

from __future__ import annotations

import time

from websockets.frames import Opcode

from conformance.mock import encoding
from conformance.mock.core import CloseWith, Drop, SendEvent, SendPing, SendRaw
from conformance.mock.crowd import Crowd
from conformance.mock.link import Link, Message
from conformance.mock.session import Session


async def carry(link: Link, session: Session, crowd: Crowd) -> None:
    """Carry messages between the socket and the session; wakes for a message or when something is due.

    What has arrived is heard before anything that is due is said: the client sent it without having read that.
    Raises ConnectionClosed when nothing more can come.
    """
    while True:
        if link.waiting:
            _hand_over(session, link.receive())
        for out in session.poll(time.monotonic()):
            if isinstance(out, SendEvent):
                await link.say(encoding.dumps(out.event))
                continue
            if isinstance(out, SendRaw):
                await link.say(out.text)
                continue
            await link.flush()
            if isinstance(out, SendPing):
                await link.ping(out.data)
            elif isinstance(out, CloseWith):
                await link.close(out.code, out.reason)
                return
            elif isinstance(out, Drop):
                link.drop()
                return
        await link.flush()
        crowd.note(session, session.held)
        due = session.next_due()
        await link.arrival(None if due is None else max(0.0, due - time.monotonic()))


def drain(link: Link, session: Session) -> None:
    """Take what the client had sent before it left: it was heard, though nothing can be answered any more."""
    while link.waiting:
        _hand_over(session, link.receive())
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
