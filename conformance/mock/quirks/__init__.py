"""Deliberate deviations of the mock; `base` says how one is written.  Every module of this package holds some."""

import importlib
import pkgutil

from conformance.mock.options import OptionError
from conformance.mock.quirks.base import HOOKS, REGISTRY, Quirk, Quirks, chosen, quirk

for _module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["HOOKS", "REGISTRY", "OptionError", "Quirk", "Quirks", "chosen", "quirk"]
