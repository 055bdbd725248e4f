"""`pytest conformance/` finds the suite's options and hooks here."""

from conformance import early

early.guard()
pytest_plugins = ["conformance.plugin"]
