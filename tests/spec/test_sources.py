"""Every source key that is named anywhere leads to an address, or to what was seen and when."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from conformance import data
from conformance.mock import models
from conformance.spec import profiles, sources
from conformance.spec.catalogue import clauses, client_clauses, questions

KNOWN = sources.ADDRESSES.keys() | sources.SEEN.keys() | sources.REPORTS.keys()
# Words in capitals that are no keys: names of protocols, and numbers of contradictions, errors and questions.
ORDINARY = re.compile(
    r"VAD|SDKs?|JSON|TLS|TCP|JPEG|RIFF|KB|TTS|PDF|RST|AOQ|ID|URL|OK|HTTP|MUST|SHOULD|[CEUQ]\d+|I|A|OAI"
)
KEY = re.compile(r"\b(?:[A-Z]{2,}(?:-[A-Z]+)?|[A-Z]\d+|RFC ?\d+)\b")


def named_by_schemas(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        given = value.get("x-source", [])
        yield from [given] if isinstance(given, str) else given
        for member in value.values():
            yield from named_by_schemas(member)
    elif isinstance(value, list):
        for member in value:
            yield from named_by_schemas(member)


def test_every_source_of_a_clause_is_known() -> None:
    rows = [*clauses().values(), *client_clauses().values()]
    assert {key for row in rows for key in row.source} - KNOWN == set()


def test_every_source_of_a_schema_is_known() -> None:
    files = [file for folder in ("client", "server", "common") for file in (data.schemas() / folder).glob("*.json")]
    assert files
    named = {key for file in files for key in named_by_schemas(json.loads(file.read_text(encoding="utf-8")))}
    assert named - KNOWN == set()


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param([one.evidence for row in questions().values() for one in row.outcomes], id="outcomes"),
        pytest.param([*profiles.SOURCES.values(), *models.SOURCES.values()], id="tables of models"),
    ],
)
def test_every_key_in_words_is_known(texts: list[str]) -> None:
    words = {word.replace(" ", "") for text in texts for word in KEY.findall(re.sub(r"`[^`]*`|\"[^\"]*\"", "", text))}
    assert {word for word in words if not ORDINARY.fullmatch(word)} - KNOWN == set()


def test_who_has_no_page_has_a_date() -> None:
    for key, text in (sources.SEEN | sources.REPORTS).items():
        assert re.search(r"20\d\d|older copy", text), key
    for key, address in sources.ADDRESSES.items():
        assert re.match(r"https://[\w.-]+/", address), key


def test_every_source_has_a_name_and_every_outcome_its_sources() -> None:
    assert sources.ADDRESSES.keys() - sources.NAMES.keys() - sources.SEEN.keys() == set()
    for question in questions().values():
        for outcome in question.outcomes:
            assert set(outcome.sources) <= KNOWN, question.id
            told = not outcome.evidence.startswith(("no source", "price list")) and "not listed" not in outcome.evidence
            assert bool(outcome.sources) >= told, question.id
