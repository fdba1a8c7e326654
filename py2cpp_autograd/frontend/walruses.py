"""Which names an expression binds with `:=`, whatever comes of it: what stands behind `and` may not be evaluated."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from py2cpp_autograd.frontend.walk import children

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Bound:
    """The names that an expression surely binds when its value is true, and when it is false."""

    when_true: frozenset[str] = _NONE
    when_false: frozenset[str] = _NONE

    @property
    def always(self) -> frozenset[str]:
        """The names that are bound in both cases."""
        return self.when_true & self.when_false


def bound_by(node: cst.CSTNode) -> Bound:
    """What an expression binds."""
    match node:
        case cst.NamedExpr(target=cst.Name(value=name), value=value):
            inner = bound_by(value)
            return Bound(inner.when_true | {name}, inner.when_false | {name})
        case cst.UnaryOperation(operator=cst.Not(), expression=operand):
            inner = bound_by(operand)
            return Bound(inner.when_false, inner.when_true)
        case cst.BooleanOperation(left=left, operator=operator, right=right):
            first, second = bound_by(left), bound_by(right)
            if isinstance(operator, cst.And):
                return Bound(
                    first.when_true | second.when_true, first.when_false & (first.when_true | second.when_false)
                )
            return Bound(first.when_true & (first.when_false | second.when_true), first.when_false | second.when_false)
        case cst.IfExp(test=test, body=body, orelse=orelse):
            asked, first, second = bound_by(test), bound_by(body), bound_by(orelse)
            return Bound(
                (asked.when_true | first.when_true) & (asked.when_false | second.when_true),
                (asked.when_true | first.when_false) & (asked.when_false | second.when_false),
            )
        case cst.Comparison(left=left, comparisons=[first_part, *others]):
            always = bound_by(left).always | bound_by(first_part.comparator).always
            return Bound(always.union(*(bound_by(part.comparator).always for part in others)), always)
        case cst.Lambda() | cst.Name():
            return Bound()
        case cst.BaseComp(for_in=loop):
            return _each([loop.iter])
        case _:
            return _each(children(node))


def _each(parts: list[cst.CSTNode]) -> Bound:
    """What parts that are all evaluated bind."""
    always = _NONE.union(*(bound_by(part).always for part in parts))
    return Bound(always, always)
