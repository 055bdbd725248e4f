"""Which reader to use: the one that was named, or the best that there is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping

from conformance.status.base import Reader
from conformance.status.bl import PROGRAM, BlReader
from conformance.status.file import FileReader
from conformance.status.ledger import LedgerReader
from conformance.status.none import NoReader
from conformance.status.prometheus import PrometheusReader
from conformance.status.sls import SlsReader, missing
from conformance.wire.target import is_loopback

SOURCES = ("auto", "mock", "sls", "bl", "prometheus", "file:PATH", "none")


def choose(source: str, *, target_url: str, model: str, env: Mapping[str, str] = os.environ) -> Reader:
    """Return the reader of a source; a NoReader where it can't be had.  ValueError for an unknown source.

    `auto` takes the ledger of an endpoint on this machine (and asks whether it has one, which blocks for up to a
    second), and of others whatever names single calls before what only counts them.
    """
    kind, _, path = source.partition(":")
    if kind == "file" and path:
        return FileReader(path)
    makers: dict[str, Callable[[], Reader]] = {
        "auto": lambda: _auto(target_url, model, env),
        "mock": lambda: LedgerReader(target_url),
        "sls": lambda: _sls(env),
        "bl": lambda: _bl(model, env),
        "prometheus": lambda: _prometheus(model, env),
        "none": lambda: NoReader("no_reader_configured", "none was wanted"),
    }
    if source not in makers:
        raise ValueError(f"unknown source of the status {source!r}; there are {', '.join(SOURCES)}")
    return makers[source]()


def _auto(target_url: str, model: str, env: Mapping[str, str]) -> Reader:
    if is_loopback(target_url):
        # What an account's logs say has nothing to do with a server on this machine.
        none = NoReader("no_reader_configured", "the endpoint is on this machine and serves no ledger")
        return LedgerReader.probe(target_url) or none
    for made in (_sls(env), _bl(model, env), _prometheus(model, env)):
        if not isinstance(made, NoReader):
            return made
    return NoReader("no_reader_configured", "neither the log service, nor bl, nor Prometheus is set up")


def _sls(env: Mapping[str, str]) -> Reader:
    found = SlsReader.from_env(env)
    return found or NoReader("no_reader_configured", f"not set: {', '.join(missing(env))}")


def _bl(model: str, env: Mapping[str, str]) -> Reader:
    program = shutil.which(PROGRAM, path=env.get("PATH", ""))
    if program is None:
        return NoReader("no_reader_configured", f"the program {PROGRAM} is not installed")
    return BlReader(program, model=model)


def _prometheus(model: str, env: Mapping[str, str]) -> Reader:
    found = PrometheusReader.from_env(env, model=model)
    return found or NoReader("no_reader_configured", "not set: BAILIAN_PROMETHEUS_URL")
