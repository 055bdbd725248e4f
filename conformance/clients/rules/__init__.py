"""The judges of the client clauses, a file a subject; importing this package fills `RULES`."""

import importlib
import pkgutil

from conformance.clients.rules.base import RULES, Finding, Rule, depends, rule

for _module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["RULES", "Finding", "Rule", "depends", "rule"]
