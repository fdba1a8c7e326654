"""Values that a test chooses: `a if test else b`, and `a and b`, `a or b` as values."""

from __future__ import annotations

from typing import cast

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import join
from py2cpp_autograd.frontend.lower import flags
from py2cpp_autograd.frontend.lower.narrowing import facts_of, only_if
from py2cpp_autograd.frontend.lower.values import (
    are_numbers,
    behind,
    coerce,
    is_atomic,
    is_tensor_like,
    truth,
    truth_of,
)
from py2cpp_autograd.types import BOOL, NoneType, OptionalType, SymbolType, Type, without_none

#: What can be called of what is known by its name.
_CALLED = frozenset({"api", "class", "function", "partial"})


def lower_boolean(context: Context, node: cst.BooleanOperation, expected: Type | None) -> ir.Expr:
    """`a and b`, `a or b` as a value: one of the two operands."""
    chosen = _chosen(context, node)
    if chosen is not None:
        return context.expression(chosen, expected)
    left = context.expression(node.left, expected)
    if isinstance(left.type, NoneType | SymbolType):
        takes_left = isinstance(left.type, SymbolType) == isinstance(node.operator, cst.Or)
        return left if takes_left else behind(left, context.expression(node.right, expected))
    is_or, facts = isinstance(node.operator, cst.Or), facts_of(context, node.left, left)
    with only_if(context, facts.when_false if is_or else facts.when_true):
        right = context.expression(node.right, expected)
    if left.type == right.type == BOOL:
        return truth(context, node)
    joined = join(without_none(left.type) if is_or else left.type, right.type)
    if joined is None:
        context.refuse("PCA302", node, f"this is {left.type} or {right.type}: no single type")
    span = context.span(node)
    name = left if is_atomic(left) else ir.Name(context.scope.fresh_name("value"), left.type, left.span)
    test = truth_of(context, name, node.left)
    if is_or and isinstance(test, ir.Literal) and test.value:
        return left
    kept = _present(name, joined) if is_or else coerce(context, name, joined, "the value")
    other = coerce(context, right, joined, "the value")
    body, orelse = (kept, other) if is_or else (other, kept)
    result = ir.Conditional(test, body, orelse, joined, span)
    return result if name is left else ir.Let(cast("ir.Name", name).name, left, result, joined, span)


def _chosen(context: Context, node: cst.BooleanOperation) -> cst.IfExp | None:
    """`test and a or b`, as people wrote it before `a if test else b`; `a` may be false in Python, too."""
    match node:
        case cst.BooleanOperation(
            left=cst.BooleanOperation(left=test, operator=cst.And(), right=body), operator=cst.Or(), right=orelse
        ):
            if context.expression(test).type != BOOL or context.expression(body).type == BOOL:
                return None
            either = node.with_changes(left=body)
            made = cst.IfExp(test, either, orelse)
            for part in (made, either):
                context.source.place(part, node)
            return made
        case _:
            return None


def _present(value: ir.Expr, type_: Type) -> ir.Expr:
    return value if value.type == type_ else ir.Convert(value, type_, value.span)


def lower_conditional(context: Context, node: cst.IfExp, expected: Type | None) -> ir.Expr:
    """`a if test else b`."""
    test = truth(context, node.test)
    if isinstance(test, ir.Literal):
        return context.expression(node.body if test.value else node.orelse, expected)
    facts = facts_of(context, node.test, test)
    with only_if(context, facts.when_true):
        body = context.expression(node.body, expected)
    with only_if(context, facts.when_false):
        orelse = context.expression(node.orelse, expected)
    joined = join(body.type, orelse.type)
    if joined is None and flags.decide(context):
        context.pending(node)
    joined = joined or _present_or_not(body.type, orelse.type)
    if joined is None:
        context.refuse("PCA302", node, f"this is {body.type} or {orelse.type}: no single type")
    branches = coerce(context, body, joined, "the value"), coerce(context, orelse, joined, "the value")
    return ir.Conditional(test, *branches, joined, context.span(node))


def _present_or_not(body: Type, orelse: Type) -> Type | None:
    """The type of `Block if deep else None`: of a class or function that is there, or not; None for other types."""
    known = body if isinstance(orelse, NoneType) else orelse if isinstance(body, NoneType) else None
    return OptionalType(known) if isinstance(known, SymbolType) and known.kind in _CALLED else None


def is_tensor_or_number(context: Context, node: cst.IfExp) -> bool:
    """Whether `a if test else b` is a tensor or a number, as the test has it: no value that C++ could hold."""
    if isinstance(truth(context, node.test), ir.Literal):
        return False
    types = [context.expression(part).type for part in (node.body, node.orelse)]
    return any(map(is_tensor_like, types)) and any(are_numbers(type_) for type_ in types)


def distributed(context: Context, node: cst.BinaryOperation, choice: cst.IfExp) -> cst.IfExp:
    """`(a if test else b) * c` as `a * c if test else b * c`."""
    body, orelse = (node.with_changes(left=part, lpar=[], rpar=[]) for part in (choice.body, choice.orelse))
    made = cst.IfExp(choice.test, body, orelse)
    for part in (made, body, orelse):
        context.source.place(part, node)
    return made
