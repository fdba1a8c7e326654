"""Lambdas that print, as functions: `print` is a statement in C++.

y.register_hook(lambda grad: print("grad", grad))        # def printing(grad):
                                                         #     print("grad", grad)
                                                         # y.register_hook(printing)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import libcst as cst

from py2cpp_autograd.frontend.bindings import bindings_of, names_used
from py2cpp_autograd.frontend.normalize.spans import Spans
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import children, walk

_PRINT = "print"
#: What has variables of its own, which a function before the statement would not see.
_SCOPES = (cst.Lambda, cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)


def name_printing_lambdas(source: Source) -> Source:
    """The source with each lambda that prints as a function before its statement."""
    found = [node for node in walk(source.module) if _prints(node)]
    if not found or bindings_of(source.module).is_local(_PRINT):
        return source
    return _Naming(source, found).source()


def _prints(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Lambda) and isinstance(node.body, cst.Call) and _is_print(node.body.func)


def _is_print(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Name) and node.value == _PRINT


def _outermost(node: cst.CSTNode) -> Iterator[cst.Lambda]:
    """The lambdas that print in a statement, those aside that lie in something with variables of its own."""
    if isinstance(node, cst.Lambda) and _prints(node):
        yield node
    elif not isinstance(node, _SCOPES):
        for child in children(node):
            yield from _outermost(child)


class _Naming:
    def __init__(self, source: Source, found: Sequence[cst.CSTNode]) -> None:
        self._source, self._spans = source, Spans(source)
        taken = names_used(source.module) | {
            name.value for node in walk(source.module) for name in children(node) if isinstance(name, cst.Name)
        }
        free = (name for name in _names() if name not in taken)
        self._names = dict(zip(found, free, strict=False))

    def source(self) -> Source:
        module = self._source.module
        changed = self._spans.changed(module, body=self._body(module.body))
        return replace(self._source, module=changed, positions=self._spans.positions)

    def _body(self, body: Sequence[cst.CSTNode]) -> list[cst.CSTNode]:
        made: list[cst.CSTNode] = []
        for node in body:
            if isinstance(node, cst.SimpleStatementLine):
                lambdas = list(_outermost(node))
                made += [self._function(found) for found in lambdas]
                made.append(self._spans.substituted(node, self._name) if lambdas else node)
            else:
                made.append(self._spans.substituted(node, self._block))
        return made

    def _block(self, node: cst.CSTNode) -> cst.CSTNode | None:
        if not isinstance(node, cst.IndentedBlock) or not any(map(_prints, walk(node))):
            return None
        return self._spans.changed(node, body=self._body(node.body))

    def _name(self, node: cst.CSTNode) -> cst.CSTNode | None:
        return cst.Name(self._names[node]) if _prints(node) else None

    def _function(self, node: cst.Lambda) -> cst.FunctionDef:
        body = cst.IndentedBlock([cst.SimpleStatementLine([cst.Expr(node.body)])])
        made = cst.FunctionDef(name=cst.Name(self._names[node]), params=node.params, body=body)
        return self._spans.placed_whole(made, node)


def _names() -> Iterator[str]:
    yield "printing"
    number = 2
    while True:
        yield f"printing_{number}"
        number += 1
