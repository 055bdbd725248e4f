"""How a mock behaves, in words of the command line: for the one that is served, and for the one that a client meets."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from conformance.mock import answers, forecast
from conformance.mock.options import STATUS_POLICIES, MockOptions, OptionError


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("--latency", choices=["fast", "live"], help="how quickly it answers (default: fast; with --weather live)")
    add("--switch", action="append", default=[], metavar="NAME=VALUE", help="one side of an open question")
    add("--quirk", action="append", default=[], metavar="NAME", help="a deviation (repeatable)")
    add("--status-policy", default="finish_required", metavar="POLICY", help="how its ledger lists sessions: "
        f"{', '.join(STATUS_POLICIES)}")  # fmt: skip
    add("--silence-billing", default="none", metavar="POLICY", help="what of idle audio is billed: none, padding, "
        "quarter, all")  # fmt: skip
    add("--voice", action="append", default=[], metavar="NAME", help="a voice that is taken, too (repeatable)")
    add("--answers", type=Path, metavar="FILE", help="what the model says and which tools it calls, as TOML")
    forecast.add_options(parser)


def chosen(options: argparse.Namespace) -> MockOptions:
    """What was chosen.  Raises OptionError."""
    made = MockOptions(
        latency=options.latency or ("live" if options.weather else "fast"),
        switches=dict(_pair(text) for text in options.switch),
        quirks=tuple(options.quirk),
        status_policy=options.status_policy,
        silence_billing=options.silence_billing,
        seed=options.seed,
        weather=forecast.weather(options),
    )
    lines = answers.read(options.answers) if options.answers is not None else ()
    return replace(made, voices=(*made.voices, *options.voice), answers=(*made.answers, *lines))


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise OptionError(f"--switch {text!r} is not NAME=VALUE")
    return name, value
