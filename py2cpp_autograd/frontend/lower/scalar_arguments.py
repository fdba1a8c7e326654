"""Tensors of one number where a number is asked for by keyword: `x.add_(y, alpha=-lr * ratio)`."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import variants
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.bind import CallArgument, Mismatch
from py2cpp_autograd.table.row import Row
from py2cpp_autograd.types import FLOAT, TensorType

#: What may be one: of an unknown dtype, C++ checks it when it runs.
_FLOATS = (TensorType("float"), TensorType())


def numbers(
    context: Context, row: Row, values: Sequence[ir.Expr | cst.BaseExpression], described: Sequence[CallArgument]
) -> list[tuple[int, ir.Expr]]:
    """The keyword arguments, by their places, that have to be numbers for the row to take the call."""
    found = {
        index: (value, CallArgument(given.keyword, FLOAT, given.literal))
        for index, (value, given) in enumerate(zip(values, described, strict=True))
        if given.keyword is not None and given.type in _FLOATS and not isinstance(value, cst.BaseExpression)
    }
    if not found or not isinstance(variants.bind_applicable(context, row, described), Mismatch):
        return []
    taken = [found[index][1] if index in found else given for index, given in enumerate(described)]
    if isinstance(variants.bind_applicable(context, row, taken), Mismatch):
        return []
    return [(index, _number(context, value)) for index, (value, _) in found.items()]


def _number(context: Context, value: ir.Expr) -> ir.Expr:
    """What Python reads of such a tensor."""
    row = context.table.find(roles.NUMBER_OF)
    assert row is not None
    return ir.Apply(row.key, 0, "call", (ir.Argument("x", value),), FLOAT, value.span)
