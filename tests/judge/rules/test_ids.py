"""Ids: what must name a response, and what may name none."""

from __future__ import annotations

import pytest

from support.rules import verdict
from support.talks import s, talk


@pytest.mark.parametrize(
    ("event", "fails"),
    [
        (s("response.progress"), False),
        (s("response.progress", response_id="resp_2"), True),
        (s("response.text.delta"), True),
    ],
)
def test_only_a_type_that_no_source_names_may_name_no_response(event, fails) -> None:
    made = s("response.created", response={"id": "resp_1"})
    assert (
        verdict("GEN-042", talk(made, s("response.text.done", response_id="resp_1"), event)).verdict == "fail"
    ) is fails
