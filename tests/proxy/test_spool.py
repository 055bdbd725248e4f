"""What a proxy writes down of a connection holds neither the run's secrets nor the client's own key."""

import json
from pathlib import Path

import pytest

from conformance.cut import MASK
from conformance.proxy.parser import Message
from conformance.proxy.spool import Spool
from conformance.secrets import Secrets

MINE, ITS = "a-secret-of-the-run", "sk-the-client-s-own-key"


@pytest.mark.parametrize("opcode", ["text", "binary", "ping", "close"])
def test_the_client_s_own_key_is_masked(tmp_path: Path, opcode) -> None:
    spool = Spool(tmp_path / "x.jsonl", Secrets([MINE]))
    spool.opened("ws://x/", 0.0, request_headers=[("Authorization", f"Bearer {ITS}")], response_headers=[("X-A", ITS)])
    begun = b"\x03\xe8" if opcode == "close" else b""
    spool.crossed("server", 1.0, Message(opcode, begun + f"no: {ITS}, {MINE}".encode()))
    spool.flush()
    text = (tmp_path / "x.jsonl").read_text()
    assert not Secrets([MINE, ITS]).found(text)
    assert len([json.loads(line) for line in text.splitlines()]) == 2
    if opcode in {"text", "close"}:
        assert f"no: {MASK}, {MASK}" in text
