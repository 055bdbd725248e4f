"""The command line's words for the weather."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from conformance import arguments
from conformance.mock.weather import ACCOUNTS, CALM, WEATHERS, Weather

# What an option sets where it is given; every other member is the named weather's.
_KNOBS = ("rpm", "lag_ms", "jitter_ms", "first_ms", "drops", "whims", "account")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare `--weather` and its single knobs."""
    add = parser.add_argument_group("weather", "what the quota, the line, the service and the model do").add_argument
    add("--weather", choices=list(WEATHERS), help="all of these at once; also answers as slowly as the service")
    add("--rpm", type=arguments.count, metavar="N", help="connections a minute; HTTP 429 past it")
    add("--lag-ms", type=_ms, metavar="MS", help="how long every byte takes, each way")
    add("--jitter-ms", type=_ms, metavar="MS", help="and up to so much longer")
    add("--first-ms", type=_ms, metavar="MS", help="from a request to its first output")
    add("--drops", type=_share, metavar="P", help="share of sessions that lose TCP in the middle, 0 to 1")
    add("--whims", type=_share, metavar="P", help="share of answers and transcripts that are not what was asked for")
    add("--account", choices=ACCOUNTS, help="what is the matter with the account of whoever calls")
    add("--seed", type=arguments.natural, default=0, metavar="N", help="what chance is made from (default: 0)")


def weather(options: argparse.Namespace) -> Weather:
    """The weather that was asked for."""
    given: dict[str, Any] = {name: getattr(options, name) for name in _KNOBS if getattr(options, name) is not None}
    return replace(WEATHERS[options.weather] if options.weather else CALM, **given)


def _ms(text: str) -> float:
    return arguments.number(text, 600_000.0, "number of milliseconds from 0 to 600000")


def _share(text: str) -> float:
    return arguments.number(text, 1.0, "share from 0 to 1")
