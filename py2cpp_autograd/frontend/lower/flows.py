"""Where the values of local variables come from: `sizes` tells what `width` is in `for width in sizes: ...`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import libcst as cst

from py2cpp_autograd.frontend.walk import Visitor
from py2cpp_autograd.types import FLOAT, INT, STR, ListType, TupleType, Type


@dataclass(frozen=True)
class Origin:
    """An expression that a variable gets its value from: whole, each element in turn, or one of `count` parts."""

    value: cst.BaseExpression
    how: Literal["whole", "element", "part"] = "whole"
    count: int = 0

    def holding(self, type_: Type) -> Type | None:
        """What the expression is, if the variable is of `type_`; None where that does not tell."""
        match self.how:
            case "whole":
                return type_
            case "element":
                return ListType(type_) if type_ in (INT, FLOAT, STR) else None
            case "part":
                return TupleType((type_,) * self.count) if type_ in (INT, FLOAT) else None


Sources = dict[str, list[Origin]]


def of(bodies: Iterable[cst.CSTNode]) -> Sources:
    """The sources of each variable that some code assigns."""
    found = _Flows()
    for body in bodies:
        found.visit(body)
    return found.sources


class _Flows(Visitor):
    def __init__(self) -> None:
        self.sources: Sources = {}

    def _add(self, target: cst.CSTNode, origin: Origin) -> None:
        if isinstance(target, cst.Name):
            self.sources.setdefault(target.value, []).append(origin)

    def visit_Assign(self, node: cst.Assign) -> None:
        for target in node.targets:
            self._add(target.target, Origin(node.value))
            if isinstance(target.target, cst.Tuple) and isinstance(node.value, cst.Name | cst.Attribute):
                parts = target.target.elements
                for part in parts:
                    self._add(part.value, Origin(node.value, "part", len(parts)))

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self._add(node.target, Origin(node.value))

    def visit_For(self, node: cst.For) -> None:
        self._loop(node.target, node.iter)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self._loop(node.target, node.iter)

    def _loop(self, target: cst.BaseExpression, over: cst.BaseExpression) -> None:
        match target, over:
            case cst.Name(), cst.Name() | cst.Attribute() | cst.Subscript():
                self._add(target, Origin(over, "element"))
            case (
                cst.Tuple(elements=[_, cst.Element(value=item)]),
                cst.Call(func=cst.Name("enumerate"), args=[cst.Arg(value=inner), *_]),
            ):
                self._loop(item, inner)
            case cst.Tuple(elements=items), cst.Call(func=cst.Name("zip"), args=lists) if len(items) == len(lists):
                for element, each in zip(items, lists, strict=True):
                    self._loop(element.value, each.value)
