"""Transforms of functions that are given names, as the lambdas that call them where they are made.

    step = grad(loss, argnums=1)                    step = lambda item_1, item_2: grad(loss, argnums=1)(item_1, item_2)
    g = step(w, x)                           ->     g = step(w, x)

What such a function takes is told by the calls of its name, else by the function that is transformed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import libcst as cst

from py2cpp_autograd.frontend.bindings import bindings_of, names_used
from py2cpp_autograd.frontend.normalize.imported import names_imported, qualified
from py2cpp_autograd.frontend.normalize.spans import Spans
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.table import roles


def call_named_transforms(source: Source) -> Source:
    """The source with each transform that is assigned or returned as a lambda."""
    imported = names_imported(source.module.body)
    if not any(name.startswith(roles.LIBRARY) for name in imported.values()):
        return source
    found = [node for node in walk(source.module) if isinstance(node, cst.Assign | cst.Return)]
    found = [node for node in found if node.value is not None and _is_transform(node.value, imported)]
    return _Naming(source, imported).source() if found else source


def _is_transform(node: cst.BaseExpression, imported: Mapping[str, str]) -> bool:
    return isinstance(node, cst.Call) and qualified(node.func, imported) in roles.TRANSFORMS


class _Naming:
    def __init__(self, source: Source, imported: Mapping[str, str]) -> None:
        self._source, self._imported, self._spans = source, imported, Spans(source)
        nodes = list(walk(source.module))
        self._calls = [node for node in nodes if isinstance(node, cst.Call)]
        self._functions: dict[str, list[cst.FunctionDef | cst.Lambda]] = {}
        for name, function in _defined(nodes):
            self._functions.setdefault(name, []).append(function)
        self._bound = bindings_of(source.module).counts
        self._taken = names_used(source.module)

    def source(self) -> Source:
        module = self._spans.substituted(self._source.module, self._changed)
        assert isinstance(module, cst.Module)
        return replace(self._source, module=module, positions=self._spans.positions)

    def _changed(self, node: cst.CSTNode) -> cst.CSTNode | None:
        match node:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=cst.Call() as made):
                count = self._called_with(name)
            case cst.Return(value=cst.Call() as made):
                count = None
            case _:
                return None
        if not _is_transform(made, self._imported) or not self._stays(made):
            return None
        count = self._taken_by(made) if count is None else count
        return None if not count else self._spans.changed(node, value=self._lambda(made, count))

    def _called_with(self, name: str) -> int | None:
        """How many arguments all calls of a name give."""
        calls = [call for call in self._calls if isinstance(call.func, cst.Name) and call.func.value == name]
        counts = {len(call.args) for call in calls}
        plain = all(argument.keyword is None and not argument.star for call in calls for argument in call.args)
        return counts.pop() if len(counts) == 1 and plain else None

    def _stays(self, made: cst.Call) -> bool:
        """Whether the function is the same whenever the lambda reads its name."""
        inner = made.args[0].value if made.args else None
        if isinstance(inner, cst.Call):
            return self._stays(inner) if _is_transform(inner, self._imported) else False
        if not isinstance(inner, cst.Name):
            return isinstance(inner, cst.Lambda | cst.Attribute)
        defined = len(self._functions.get(inner.value, ()))
        return max(self._bound[inner.value], defined) <= 1

    def _taken_by(self, made: cst.Call) -> int | None:
        """How many arguments the function that is transformed must have."""
        inner = made.args[0].value
        if isinstance(inner, cst.Call):
            return self._taken_by(inner)
        functions: list[cst.FunctionDef | cst.Lambda] = [inner] if isinstance(inner, cst.Lambda) else []
        if isinstance(inner, cst.Name):
            functions = self._functions.get(inner.value, [])
        if len(functions) != 1:
            return None
        given = functions[0].params
        return len([parameter for parameter in (*given.posonly_params, *given.params) if parameter.default is None])

    def _lambda(self, made: cst.Call, count: int) -> cst.Lambda:
        names = [name for name, _ in zip(self._fresh(), range(count), strict=False)]
        call = cst.Call(made, [cst.Arg(cst.Name(name)) for name in names])
        function = cst.Lambda(cst.Parameters([cst.Param(cst.Name(name)) for name in names]), call)
        return self._spans.placed_whole(function, made)

    def _fresh(self) -> Iterator[str]:
        number = 0
        while True:
            number += 1
            if f"item_{number}" not in self._taken:
                yield f"item_{number}"


def _defined(nodes: list[cst.CSTNode]) -> Iterator[tuple[str, cst.FunctionDef | cst.Lambda]]:
    """The functions that have names, wherever they stand."""
    for node in nodes:
        match node:
            case cst.FunctionDef(name=cst.Name(value=name)):
                yield name, node
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=cst.Lambda() as function):
                yield name, function
