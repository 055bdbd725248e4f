"""A module with one change, in a process that has it already, or in one that has yet to import it."""

from __future__ import annotations

import ast
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

Key = tuple[str, int]
"""A function's qualified name and first line."""


class Functions:
    """Every function of a process that was written in a file, wherever it is kept: in a rule, a property, a closure."""

    def __init__(self) -> None:
        self._found: dict[str, dict[Key, list[FunctionType]]] = defaultdict(lambda: defaultdict(list))
        for one in gc.get_objects():
            if type(one) is FunctionType:  # a proxy whose object is gone can not be asked what it is an instance of
                code = one.__code__
                self._found[code.co_filename][code.co_qualname, code.co_firstlineno].append(one)

    def swap(self, path: Path, tree: ast.Module) -> int:
        """Let them run the code of this tree; gives how many were found."""
        codes = {(code.co_qualname, code.co_firstlineno): code for code in _codes(compile(tree, str(path), "exec"))}
        ours = self._found.get(str(path), {})
        for key in ours.keys() & codes.keys():
            for function in ours[key]:
                function.__code__ = codes[key]
        return len(ours.keys() & codes.keys())


def _codes(code: CodeType) -> Iterator[CodeType]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield inner
            yield from _codes(inner)


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module from a tree, and knows of no other."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self._name, self._path, self._tree = name, path, tree

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The module's spec, with this as its loader."""
        if fullname != self._name:
            return None
        return importlib.util.spec_from_file_location(fullname, self._path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed code as the module."""
        exec(compile(self._tree, str(self._path), "exec"), module.__dict__)

    def install(self) -> None:
        """Come before whatever else finds modules."""
        assert self._name not in sys.modules, f"{self._name} is imported already"
        sys.meta_path.insert(0, self)
