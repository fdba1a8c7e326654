"""Which definitions of a module the rest of it names: what nothing names is called from elsewhere, or never."""

from __future__ import annotations

from collections import Counter
from functools import cached_property

import libcst as cst

from py2cpp_autograd.frontend.walk import walk


class Usage:
    """The names that stand in a module, and how often."""

    def __init__(self, module: cst.Module) -> None:
        self._module = module

    @cached_property
    def _names(self) -> Counter[str]:
        return _names(self._module)

    @cached_property
    def _within(self) -> dict[str, int]:
        """How often the definitions of the module name themselves."""
        found: Counter[str] = Counter()
        for node in walk(self._module):
            if isinstance(node, cst.FunctionDef | cst.ClassDef):
                found[node.name.value] += _names(node)[node.name.value]
        return found

    @cached_property
    def _attributes(self) -> set[str]:
        return {node.attr.value for node in walk(self._module) if isinstance(node, cst.Attribute)}

    @cached_property
    def decorators(self) -> set[str]:
        """The functions that decorate others, where they stand instead of being called."""
        found = [node.decorator for node in walk(self._module) if isinstance(node, cst.Decorator)]
        called = [written.func if isinstance(written, cst.Call) else written for written in found]
        return {written.value for written in called if isinstance(written, cst.Name)}

    def is_named(self, name: str) -> bool:
        """Whether a function or class is named outside of its own definition."""
        return self._names[name] > self._within.get(name, 0)

    def is_attribute(self, name: str) -> bool:
        """Whether some attribute of this name is read or called."""
        return name in self._attributes


def _names(node: cst.CSTNode) -> Counter[str]:
    return Counter(part.value for part in walk(node) if isinstance(part, cst.Name))
