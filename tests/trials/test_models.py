"""The whole suite against the mock in its legitimate forms: no MUST fails, and the default one misses nothing."""

from __future__ import annotations

import pytest

from conformance.mock.options import MockOptions
from conformance.spec.profiles import MODELS
from conformance.trial import Trial, failures, run

FORMS = {
    "live latency": MockOptions(latency="live"),
    "no latency": MockOptions(latency="none"),
    "silence billed": MockOptions(silence_billing="all"),
}


@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_met_without_a_failure(model: str) -> None:
    (result,) = run([Trial(None, model)])
    assert failures(result.outcomes, level=None) == {}


@pytest.mark.parametrize("form", FORMS)
def test_a_legitimate_form_breaks_no_must(form: str) -> None:
    (result,) = run([Trial(None, mock=FORMS[form])])
    assert failures(result.outcomes) == {}
