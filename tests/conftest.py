"""Set-up of the project's own tests: no key, no live endpoint, warnings are errors."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    # Here and not in pyproject.toml: `pytest conformance/` reads that file too, and a conformance run must not
    # fail because some library warns.
    config.addinivalue_line("filterwarnings", "error")


@pytest.fixture(autouse=True)
def _no_live_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)
    monkeypatch.delenv("REALTIME_ENDPOINT", raising=False)
