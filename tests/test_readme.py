"""What a new user reads first: short, with a picture that is small, and links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.picture import LARGEST, PICTURE

TOP = Path(__file__).parents[1]
PAPERS = [*sorted((TOP / "docs").glob("*.md")), TOP / "README.md", TOP / "CONTRIBUTING.md"]
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")


def anchors(paper: Path) -> set[str]:
    """The places of a paper, named as GitHub names them."""
    heads = re.findall(r"(?m)^#+ (.+)$", paper.read_text("utf-8"))
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_it_is_read_in_a_few_minutes():
    assert len((TOP / "README.md").read_text("utf-8").splitlines()) < 200
    assert PICTURE.stat().st_size <= LARGEST


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_no_link_is_dead(paper):
    for path, place in LINK.findall(paper.read_text("utf-8")):
        target = (paper.parent / path).resolve() if path else paper
        assert target.exists(), path
        assert not place or place in anchors(target), f"{path}#{place}"
