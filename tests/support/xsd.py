"""As much of XML Schema as `junit-10.xsd` uses, so that no test needs a validator that may not be there.

That is: elements by reference, sequences and choices of which order and number don't matter here because every one is
repeatable, attributes with their names, need and pattern.  Anything else in a schema is refused, not passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

XS = "{http://www.w3.org/2001/XMLSchema}"
KNOWN = {"schema", "element", "complexType", "simpleType", "restriction", "pattern", "sequence", "choice", "attribute"}


class Schema:
    """The rules of one file."""

    def __init__(self, path: Path) -> None:
        root = ET.fromstring(path.read_text(encoding="utf-8"))
        unknown = {node.tag for node in root.iter()} - {XS + name for name in KNOWN}
        assert not unknown, unknown
        self._elements = {node.get("name"): node for node in root.findall(f"{XS}element")}
        self._types = {node.get("name"): node for node in root.findall(f"{XS}complexType")}
        self._patterns = {
            node.get("name"): re.compile(str(found.get("value")))
            for node in root.findall(f"{XS}simpleType")
            if (found := node.find(f"{XS}restriction/{XS}pattern")) is not None
        }

    def errors(self, node: ET.Element, where: str = "") -> Iterator[str]:
        """Everything that is wrong with an element, each in a sentence."""
        where = f"{where}/{node.tag}"
        rule = self._elements.get(node.tag)
        if rule is None:
            yield f"{where}: no such element"
            return
        content = rule.find(f"{XS}complexType")
        if content is None:
            content = self._types.get(rule.get("type"))
        children = {child.get("ref") or child.get("name") for child in _within(content)}
        attributes = {item.get("name"): item for item in ([] if content is None else content.findall(f"{XS}attribute"))}
        yield from (f"{where}: <{child.tag}> may not stand here" for child in node if child.tag not in children)
        yield from (f"{where}: `{name}` is no attribute of it" for name in node.attrib if name not in attributes)
        for name, item in attributes.items():
            value = node.get(str(name))
            if value is None:
                if item.get("use") == "required":
                    yield f"{where}: `{name}` is missing"
            elif (pattern := self._patterns.get(item.get("type"))) and not pattern.fullmatch(value):
                yield f"{where}: `{name}` is {value!r}"
        text = (node.text or "") + "".join(child.tail or "" for child in node)
        if content is not None and content.get("mixed") != "true" and text.strip():
            yield f"{where}: holds text"
        for child in node:
            if child.tag in children:
                yield from self.errors(child, where)


def _within(content: ET.Element | None) -> list[ET.Element]:
    return [] if content is None else list(content.iter(f"{XS}element"))
