"""The whole suite against the mock in its legitimate forms: no MUST fails.  tests/test_plan.py meets every model."""

from __future__ import annotations

import pytest

from conformance.mock.options import MockOptions
from conformance.trial import Trial, failures, run

FORMS = {
    "live latency, silence billed": MockOptions(latency="live", silence_billing="all"),
    "no latency": MockOptions(latency="none"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_legitimate_form_breaks_no_must(form: str) -> None:
    (result,) = run([Trial(None, mock=FORMS[form])])
    assert failures(result.outcomes) == {}
