"""Orders of evaluation: what C++ promises, and Python's, in which arguments are written: keywords may stand in any."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from py2cpp_autograd import ir
from py2cpp_autograd.ir_walk import children
from py2cpp_autograd.span import Span


class Order(Enum):
    """What C++17 promises about the order in which it evaluates the parts of an expression."""

    OPEN = auto()  # nothing: operands, arguments of a call
    BRACED = auto()  # from left to right: the elements of a braced list
    RECEIVER_FIRST = auto()  # the object of a member call, then its arguments in any order


_Calls = ir.Apply | ir.Call | ir.New | ir.MethodCall | ir.StaticCall | ir.FunctionApply | ir.CallValue


def written_order(node: ir.Expr, parts: Sequence[ir.Expr]) -> list[int]:
    """The places of a node's parts as Python evaluates them; what is not written there, as defaults, stays in its."""
    places = list(range(len(parts)))
    if not isinstance(node, _Calls | ir.Collection):
        return places
    inside = [place for place in places if _lies_in(parts[place].span, node.span)]
    for place, written in zip(inside, sorted(inside, key=lambda one: parts[one].span.start), strict=True):
        places[place] = written
    return places


def as_written(node: ir.Expr) -> list[ir.Expr]:
    """The parts of a node in the order of their evaluation."""
    parts = children(node)
    return [parts[place] for place in written_order(node, parts)]


def _lies_in(part: Span, whole: Span) -> bool:
    return whole.start <= part.start and part.end <= whole.end
