"""The command `realtime-conformance mock`: the mock by hand."""

from __future__ import annotations

import argparse
import errno
import ssl
import sys
from dataclasses import replace
from pathlib import Path

from conformance import arguments
from conformance.clients import behaviour, mocking, scenarios
from conformance.mock.options import MockOptions, OptionError
from conformance.mock.serving import serve_forever

USAGE = 4


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    behaviour.add(parser)
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to bind (default: this machine only)")
    add("--port", type=arguments.port, default=8765, help="0 picks a free one (default: 8765)")
    add("--scenario", metavar="NAME", help="behave as in a scenario for clients, or one of a TOML file")
    add("--path", default=MockOptions.path, help=f"where it is served (default: {MockOptions.path})")
    add("--log", action="store_true", help="a line for each frame, on standard error")
    add("--list", choices=mocking.KINDS, help="name them, and end")
    add("--tls", nargs=2, type=Path, metavar=("CERT", "KEY"), help="serve wss:// with this certificate")


def main(options: argparse.Namespace) -> int:
    """Serve until somebody ends it; returns the exit code."""
    if options.list is not None:
        print("\n".join(mocking.listed(options.list)))
        return 0
    try:
        made = chosen(options)
    except OptionError as problem:
        return _wrong(problem)
    tls = None
    if options.tls is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            tls.load_cert_chain(*options.tls)
        except (OSError, ValueError) as problem:
            return _wrong(f"--tls: {problem}")
    try:
        return serve_forever(options.host, options.port, made, tls, mocking.Log() if options.log else None)
    except OSError as problem:
        free = "; --port 0 picks a free one" if problem.errno == errno.EADDRINUSE else ""
        return _wrong(f"{options.host}:{options.port}: {problem.strerror}{free}")


def chosen(options: argparse.Namespace) -> MockOptions:
    """What was chosen.  Raises OptionError."""
    made = replace(behaviour.chosen(options), path=options.path)
    return scenarios.chosen([options.scenario])[-1].options(made) if options.scenario is not None else made


def _wrong(problem: object) -> int:
    print(f"realtime-conformance mock: {problem}", file=sys.stderr)
    return USAGE
