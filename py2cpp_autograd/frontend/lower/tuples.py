"""Tuples joined to longer ones: `(-1,) + shape`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.aliases import note_held
from py2cpp_autograd.frontend.lower.values import is_atomic, literal
from py2cpp_autograd.frontend.sharing import made_at
from py2cpp_autograd.types import TupleType, Type


def joined(context: Context, node: cst.CSTNode, left: ir.Expr, right: ir.Expr) -> ir.Expr | None:
    """`left + right` of two tuples whose lengths are known, each evaluated once, in order; None for other operands."""
    if type(left.type) is not TupleType or type(right.type) is not TupleType:
        return None
    held: list[tuple[str, ir.Expr]] = []
    if not is_plain(right) and not is_plain(left):
        left = _hold(context, left, held)
    parts = (*_parts(context, left, held), *_parts(context, right, held))
    for part in parts:
        note_held(context, made_at(context.span(node)), part)
    type_ = TupleType(tuple(part.type for part in parts))
    made: ir.Expr = ir.TupleDisplay(parts, type_, context.span(node))
    for name, value in reversed(held):
        made = ir.Let(name, value, made, type_, made.span)
    return made


def is_plain(value: ir.Expr) -> bool:
    """Whether a tuple may be evaluated earlier or later, or part by part."""
    if isinstance(value, ir.TupleDisplay):
        return all(map(is_atomic, value.elements))
    is_attribute = isinstance(value, ir.ClassAttribute) or (isinstance(value, ir.Field) and is_atomic(value.instance))
    return is_atomic(value) or is_attribute


def part_of(value: ir.Expr, place: int, type_: Type) -> ir.Expr:
    """A part of a tuple: of a display, what stands there."""
    if isinstance(value, ir.TupleDisplay):
        return value.elements[place]
    return ir.Subscript(value, literal(place, value.span), type_, value.span)


def _parts(context: Context, value: ir.Expr, held: list[tuple[str, ir.Expr]]) -> tuple[ir.Expr, ...]:
    if isinstance(value, ir.TupleDisplay):
        return value.elements
    assert isinstance(value.type, TupleType)
    place = value if is_plain(value) else _hold(context, value, held)
    return tuple(elements(place, value.type.elements))


def elements(value: ir.Expr, types: Sequence[Type]) -> Iterator[ir.Expr]:
    """The elements of what holds as many values as there are types, which may be evaluated for each of them."""
    for index, type_ in enumerate(types):
        yield ir.Subscript(value, literal(index, value.span), type_, value.span)


def _hold(context: Context, value: ir.Expr, held: list[tuple[str, ir.Expr]]) -> ir.Expr:
    name = context.scope.fresh_name("values")
    held.append((name, value))
    return ir.Name(name, value.type, value.span)

