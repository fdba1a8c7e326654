"""Which definitions of a module the rest of it names: what nothing names is called from elsewhere, or never."""

from __future__ import annotations

from collections import Counter
from functools import cached_property

import libcst as cst

from py2cpp_autograd.frontend.bindings import declared_inside
from py2cpp_autograd.frontend.walk import children, walk


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
        pending: list[tuple[cst.CSTNode, tuple[str, ...]]] = [(self._module, ())]
        while pending:
            node, around = pending.pop()
            if isinstance(node, cst.FunctionDef | cst.ClassDef):
                around = (*around, node.name.value)
            elif isinstance(node, cst.Name):
                found[node.value] += around.count(node.value)
            pending += [(child, around) for child in children(node)]
        return found

    @cached_property
    def _attributes(self) -> set[str]:
        return {node.attr.value for node in walk(self._module) if isinstance(node, cst.Attribute)}

    @cached_property
    def _asked(self) -> set[str]:
        """The attributes that something reads, and all words in quotes: `getattr` may take them for names."""
        met: Counter[str] = Counter()
        words: set[str] = set()
        for node in walk(self._module):
            match node:
                case cst.Attribute(attr=cst.Name(value=name)):
                    met[name] += 1
                case cst.AssignTarget(target=cst.Attribute(attr=cst.Name(value=name))):
                    met[name] -= 1
                case cst.SimpleString():
                    words.add(str(node.evaluated_value))
                case _:
                    pass
        return words | {name for name, times in met.items() if times > 0}

    @cached_property
    def decorators(self) -> set[str]:
        """The functions that decorate others, where they stand instead of being called."""
        found = [node.decorator for node in walk(self._module) if isinstance(node, cst.Decorator)]
        called = [written.func if isinstance(written, cst.Call) else written for written in found]
        return {written.value for written in called if isinstance(written, cst.Name)}

    @cached_property
    def starred(self) -> set[str]:
        """The variables that stars spread into arguments, and the functions whose results they do."""
        found: set[str] = set()
        for node in walk(self._module):
            match node:
                case cst.Arg(star="*", value=cst.Call(func=function)):
                    found.add(_last_name(function))
                case cst.Arg(star="*", value=cst.Name(value=name)):
                    found.add(name)
        return found

    @cached_property
    def _given_names(self) -> dict[cst.CSTNode, str]:
        found: dict[cst.CSTNode, str] = {}
        for node in walk(self._module):
            match node:
                case cst.Assign(targets=[cst.AssignTarget(target=target), *_], value=value):
                    found[value] = _last_name(target)
                case cst.AnnAssign(target=target, value=cst.BaseExpression() as value):
                    found[value] = _last_name(target)
        return found

    @cached_property
    def _looked_up(self) -> set[str]:
        """The variables and attributes of which elements are taken by a key that is computed; "" for any."""
        found: set[str] = set()
        for node in walk(self._module):
            match node:
                case cst.Subscript(value=value, slice=[cst.SubscriptElement(slice=cst.Index(value=index))]):
                    found |= set() if isinstance(index, cst.SimpleString) else {_last_name(value)}
                case cst.For(iter=iterated) | cst.CompFor(iter=iterated):
                    found.add(_last_name(iterated))
                case cst.Call(func=cst.Attribute(value=value, attr=cst.Name("items" | "values" | "keys"))):
                    found |= {_last_name(value), ""}
                case cst.Call(func=cst.Attribute(value=value), args=[cst.Arg(value=cst.Name()), *_]):
                    found.add(_last_name(value))
        return found

    def given_name(self, node: cst.CSTNode) -> str:
        """The variable or attribute that a value is assigned to; "" for others."""
        return self._given_names.get(node, "")

    def is_looked_up(self, node: cst.CSTNode) -> bool:
        """Whether elements of what a display makes may be taken by keys that are computed, as far as names tell."""
        return self.given_name(node) in self._looked_up

    @cached_property
    def rebound(self) -> frozenset[str]:
        """The variables that functions rebind from within."""
        return declared_inside(self._module)

    def is_named(self, name: str) -> bool:
        """Whether a function or class is named outside of its own definition."""
        return self._names[name] > self._within.get(name, 0)

    def is_asked_for(self, name: str) -> bool:
        """Whether something may read an attribute of this name, of whatever object."""
        return name in self._asked

    def is_attribute(self, name: str) -> bool:
        """Whether some attribute of this name is read or called."""
        return name in self._attributes


def _last_name(node: cst.CSTNode) -> str:
    match node:
        case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
            return name
        case _:
            return ""


def _names(node: cst.CSTNode) -> Counter[str]:
    return Counter(part.value for part in walk(node) if isinstance(part, cst.Name))
