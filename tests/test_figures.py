"""What README.md counts is as many as there are."""

import pytest

from tests import figures


def test_the_figures_are_those_of_now() -> None:
    assert list(figures.stale(figures.README.read_text(encoding="utf-8"))) == [], "python -m tests.figures --write"


def test_a_sentence_that_is_gone_is_told() -> None:
    with pytest.raises(LookupError, match=r"stands in README\.md 0 times"):
        figures.counted("It is judged by 1 clauses of its own.")
