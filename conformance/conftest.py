"""`pytest conformance/` finds the suite's options and hooks here."""

pytest_plugins = ["conformance.plugin"]
