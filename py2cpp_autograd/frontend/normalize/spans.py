"""New nodes with the spans of the nodes that they stand for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar, cast

import libcst as cst
from libcst import CSTNodeT, FlattenSentinel, RemovalSentinel
from libcst.metadata import CodeRange

from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import children, walk

Node = TypeVar("Node", bound=cst.CSTNode)


class Spans:
    """Where the nodes of a source stand, those that a normalisation makes included."""

    def __init__(self, source: Source) -> None:
        self.positions: dict[cst.CSTNode, CodeRange] = dict(source.positions)

    def placed(self, node: Node, where: cst.CSTNode) -> Node:
        """`node`, standing where `where` stands."""
        if where in self.positions:
            self.positions[node] = self.positions[where]
        return node

    def placed_whole(self, node: Node, where: cst.CSTNode) -> Node:
        """`node`, and all in it that stands nowhere yet, standing where `where` stands."""
        if node not in self.positions:
            self.placed(node, where)
            for child in children(node):
                self.placed_whole(child, where)
        return node

    def changed(self, node: Node, **changes: object) -> Node:
        """`node` with changes, standing where it stood."""
        return self.placed(node.with_changes(**changes), node)

    def substituted(self, node: cst.CSTNode, rule: Callable[[cst.CSTNode], cst.CSTNode | None]) -> cst.CSTNode:
        """`node` with each node that `rule` has another for replaced; what does not change stays the same object."""
        other = rule(node)
        if other is not None:
            return self.placed(other, node)
        made = node.visit(_Substitution(self, rule))
        assert isinstance(made, cst.CSTNode)
        return made


def with_substitutions(source: Source, rule: Callable[[Spans, cst.CSTNode], cst.CSTNode | None]) -> Source:
    """The source with each node that `rule` has another for replaced; itself where there is none."""
    spans = Spans(source)
    if all(rule(spans, node) is None for node in walk(source.module)):
        return source  # a substitution makes the whole tree anew
    module = spans.substituted(source.module, lambda node: rule(spans, node))
    assert isinstance(module, cst.Module)
    return replace(source, module=module, positions=spans.positions)


def with_classes(source: Source, rewritten: Callable[[Spans, cst.ClassDef], cst.ClassDef]) -> Source:
    """The source with each class of the module rewritten."""
    spans = Spans(source)
    body = [rewritten(spans, node) if isinstance(node, cst.ClassDef) else node for node in source.module.body]
    return replace(source, module=spans.changed(source.module, body=body), positions=spans.positions)


class _Substitution(cst.CSTTransformer):
    def __init__(self, spans: Spans, rule: Callable[[cst.CSTNode], cst.CSTNode | None]) -> None:
        super().__init__()
        self.spans, self.rule = spans, rule

    def on_leave(
        self, original_node: CSTNodeT, updated_node: CSTNodeT
    ) -> CSTNodeT | RemovalSentinel | FlattenSentinel[CSTNodeT]:
        other = self.rule(original_node)
        made = updated_node if other is None else cast(CSTNodeT, self._in_parentheses_of(original_node, other))
        return self.spans.placed(made, original_node)

    def _in_parentheses_of(self, original: cst.CSTNode, other: cst.CSTNode) -> cst.CSTNode:
        """`other` in the parentheses of `original`, which may be all that keeps it from a keyword: `return(x)`."""
        if not isinstance(original, cst.BaseExpression) or not isinstance(other, cst.BaseExpression) or other.lpar:
            return other
        return self.spans.changed(other, lpar=original.lpar, rpar=original.rpar) if original.lpar else other
