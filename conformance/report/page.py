"""What every page of ours is made with: templates that escape, and our own script and style by their digests."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from conformance import data
from conformance.report import html_text
from conformance.report.compiled import Compiled


@dataclass(frozen=True)
class Asset:
    """A file that stands in a page, and the digest by which the page's policy lets it work."""

    text: Markup
    csp: str


@cache
def asset(*names: str) -> Asset:
    """Our own files, one after the other, as they stand in one element of a page."""
    folder = resources.files("conformance.report").joinpath("assets")
    text = "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)
    if "</" in text:  # would end the element it stands in
        raise ValueError(f"{' or '.join(names)} holds an end tag")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Asset(Markup(text), f"'sha256-{digest}'")  # noqa: S704  # our own files, checked above


def policy(style: Asset, script: Asset | None = None) -> str:
    """The content security policy: this style sheet and this script work, nothing is fetched or sent."""
    scripts = f"script-src {script.csp}; " if script is not None else ""
    return f"default-src 'none'; {scripts}style-src {style.csp}; base-uri 'none'; form-action 'none'"


def environment() -> Environment:
    """Templates with escaping on, and the filters that make a text of unknown origin fit to be shown."""
    made = Environment(
        loader=PackageLoader("conformance.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=Compiled(data.package() / "report" / "templates"),
    )
    made.filters.update(
        shown=html_text.shown,
        line=html_text.one_line,
        prose=html_text.prose,
        plural=html_text.plural,
        drawn=Markup,  # for what is made by `svg`, which escapes every text
    )
    return made
