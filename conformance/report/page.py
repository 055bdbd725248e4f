"""What every page of ours is made with: templates that escape, and our own script and style by their digests."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from conformance import data
from conformance.report import answer, html_text
from conformance.report.compiled import Compiled


@dataclass(frozen=True)
class Asset:
    """A file that stands in a page, and the digest by which the page's policy lets it work."""

    text: Markup
    csp: str


_COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)  # said to who reads our files; a page's style has to be parsed first
_BEYOND = re.compile(r"[^\x00-\x7f]")  # one code unit each: our own files hold no letter beyond the basic plane


@cache
def asset(*names: str) -> Asset:
    """Our own files, one after the other, as they stand in one element of a page."""
    folder = resources.files("conformance.report").joinpath("assets")
    text = "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)
    text = _ESCAPES[names[0].rpartition(".")[2]](text)
    if "</" in text:  # would end the element it stands in
        raise ValueError(f"{' or '.join(names)} holds an end tag")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Asset(Markup(text), f"'sha256-{digest}'")  # noqa: S704  # our own files, checked above


_ESCAPES: dict[str, Callable[[str], str]] = {
    "js": lambda text: _BEYOND.sub(lambda found: f"\\u{ord(found[0]):04x}", text),
    "css": lambda text: _BEYOND.sub(lambda found: f"\\{ord(found[0]):x} ", _COMMENT.sub("", text)),
}


def light(html: str) -> str:
    """The same page in ASCII alone, which a browser has read sooner.

    Most of a page is compressed data, and one letter beyond ASCII before it would make all of it two bytes wide.  What
    stands in our own script and style is ASCII already, and outside of them every letter may be a reference.
    """
    return html.encode("ascii", "xmlcharrefreplace").decode()


def policy(*styles: Asset, script: Asset | None = None) -> str:
    """The content security policy: these style sheets and this script work, nothing is fetched or sent."""
    scripts = f"script-src {script.csp}; " if script is not None else ""
    sheets = " ".join(style.csp for style in styles)
    return f"default-src 'none'; {scripts}style-src {sheets}; base-uri 'none'; form-action 'none'"


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
        said=answer.said,
        apart=answer.apart,
        shown=html_text.shown,
        line=html_text.one_line,
        prose=html_text.prose,
        plural=html_text.plural,
        drawn=Markup,  # for what is made by `svg`, which escapes every text
    )
    return made
