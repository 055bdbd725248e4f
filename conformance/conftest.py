"""`pytest conformance/` finds the suite's options and hooks here."""

from conformance import early, garbage

early.guard()
garbage.rarely()  # before the plugin's modules are read: half of a run's looks are theirs
pytest_plugins = ["conformance.plugin"]
