"""Writes the site: pages, one style sheet, the search and the AsyncAPI document.

The folders of the parts are made anew, so that no page of an earlier site outlives its thing; a folder that holds
anything but a site is left alone.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from conformance.report import html_text, page
from conformance.site import asyncapi, links, members, pages
from conformance.site.seen import Run, timelines

MARK = "search-index.js"
"""What tells a folder that this module wrote from any other."""

Mask = Callable[[str], str]


class Occupied(OSError):  # noqa: N818  # what the folder is
    """The folder holds something that is no site."""


def build(folder: Path, runs: Sequence[Run] = (), history: Iterable[dict[str, Any]] = (), mask: Mask = str) -> int:
    """Write the site into a folder; returns how many pages it has.

    Raises Occupied, before anything is written, for a folder that holds anything but a site, and OSError.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise Occupied(f"{folder} is not empty and holds no site; nothing was written")
    for part in ("search", *(part for part, _ in pages.PARTS)):
        shutil.rmtree(folder / part, ignore_errors=True)
    count = 0
    for name, text in files(runs, history):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(mask(text), encoding="utf-8", newline="\n")
        count += name.endswith(".html")
    return count


def files(runs: Sequence[Run] = (), history: Iterable[dict[str, Any]] = ()) -> Iterator[tuple[str, str]]:
    """Every file of the site, by its path below the top."""
    yield MARK, f"const INDEX = {json.dumps(list(_index()), ensure_ascii=False, separators=(',', ':'))};\n"
    yield "search.js", _asset("search.js")
    yield "site.css", str(page.asset("first.css", "report.css").text) + "\n" + _asset("site.css")
    yield "asyncapi.yaml", asyncapi.document()
    yield "asyncapi-client.yaml", asyncapi.document("client")
    environments: dict[str, Environment] = {}
    for it in pages.pages(runs, timelines(runs, history)):
        root = "../" * it.address.count("/")
        held = environments.get(root) or environments.setdefault(root, _environment(root, runs))
        yield it.address, held.get_template(f"{it.template}.html.j2").render(here=it.part, **it.context)


def _asset(name: str) -> str:
    return resources.files("conformance.site").joinpath("assets", name).read_text(encoding="utf-8")


def _environment(root: str, runs: Sequence[Run]) -> Environment:
    """Templates of the pages that stand this far below the top."""
    made = Environment(loader=PackageLoader("conformance.site"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.filters.update(
        linked=links.linked(root),
        evidence=links.evidence(root, frozenset(pages.source_keys())),
        pretty=lambda value: json.dumps(value, ensure_ascii=False, indent=2),
        line=html_text.one_line,
        plural=html_text.plural,
        words=lambda detail: html_text.told(str(detail))[0],
    )
    made.tests["has"] = lambda held, key: key in held
    made.globals.update(root=root, to=links, parts=pages.PARTS, runs=runs)
    return made


def _index() -> Iterator[tuple[str, str, str, str]]:
    """What can be found: everything that has an address, by its name and the words beside it."""
    for part, name in pages.PARTS:
        for group in pages.groups(part):
            for row in group.rows:
                address = row.address or f"{part}/index.html#{row.anchor}"
                yield row.name, name.removesuffix("s").lower(), address, row.words
    for event in members.events().values():
        for member in event.members:
            if "." in member.path or member.path not in {"type", "event_id"}:
                words = member.says[0].partition(". ")[0] if member.says else ""
                yield member.path, f"member of {event.type}", links.event(event.type, member.anchor), words
