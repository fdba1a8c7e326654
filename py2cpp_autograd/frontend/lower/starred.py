"""Starred targets: `first, *rest = value`."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import rows
from py2cpp_autograd.frontend.lower.values import literal
from py2cpp_autograd.span import Span
from py2cpp_autograd.types import BOOL, NEVER, STR, ListType, TupleType, is_vector


def starred_parts(
    context: Context, node: cst.CSTNode, elements: Sequence[cst.BaseElement], value: ir.Expr
) -> tuple[list[ir.Stmt], list[ir.Expr]]:
    """What each target of `first, *rest = value` gets, the star a list of what the others leave, and what is before."""
    span = context.span(node)
    statements: list[ir.Stmt] = []
    if not isinstance(value, ir.Name):
        name = context.scope.fresh_name("value")
        statements.append(ir.Assign(ir.NameTarget(name, value.type, span), value, span))
        value = ir.Name(name, value.type, span)
    star = next(place for place, element in enumerate(elements) if isinstance(element, cst.StarredElement))
    behind = len(elements) - star - 1
    match value.type:
        case TupleType(elements=types) if len(types) >= len(elements) - 1:
            parts = [ir.Subscript(value, literal(place, span), type_, span) for place, type_ in enumerate(types)]
            inside = tuple(parts[star : len(types) - behind])
            held = inside[0].type if inside else NEVER
            if any(part.type != held for part in inside):
                context.refuse("PCA307", node, "the starred target would hold values of several types")
            taken: list[ir.Expr] = [*parts[:star], ir.ListDisplay(inside, ListType(held), span)]
            taken += parts[len(types) - behind :]
        case ListType(element=element) if is_vector(value.type):
            statements.append(_long_enough(context, value, len(elements) - 1, span))
            places = [*range(star), *range(-behind, 0)]
            parts = [ir.Subscript(value, literal(place, span), element, span) for place in places]
            upper = literal(-behind, span) if behind else None
            rest = ir.ListSlice(value, literal(star, span), upper, ListType(element), span)
            taken = [*parts[:star], rest, *parts[star:]]
        case _:
            context.refuse("PCA303", node, f"a value of type {value.type} does not unpack into these targets")
    return statements, taken


def _long_enough(context: Context, value: ir.Expr, count: int, span: Span) -> ir.Stmt:
    size = rows.apply_function(context, span, "builtins.len", [value])
    test = ir.Compare(">=", size, literal(count, span), BOOL, span)
    words = (f"not enough values to unpack (expected at least {count}, got ", ir.FormatField(size, "", "", None), ")")
    raised = ir.Raise("ValueError", ir.Format(words, STR, span), span)
    return ir.If(ir.Unary("not", test, BOOL, span), (raised,), (), span)
