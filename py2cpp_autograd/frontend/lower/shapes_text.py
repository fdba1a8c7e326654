"""The text of tuples of computed length: one type here, but `torch.Size([2, 3])` and `(2, 3)` in Python."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import rows
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import INT, ListType


def sequence_text(context: Context, node: cst.CSTNode, value: ir.Expr) -> ir.Expr | None:
    """`str(x.shape)`, `str(tuple(x.shape))`; None where what the value is does not stand in the expression."""
    if value.type != ListType(INT, fixed=True):
        return None
    match value:
        case ir.ListSlice(container=ir.Apply() as whole, lower=None, upper=None) if _is_size(context, whole):
            return rows.apply_function(context, node, roles.TUPLE_TEXT, [value])
        case ir.ListSlice(container=ir.Apply() as whole) if _is_size(context, whole):
            return rows.apply_function(context, node, roles.SIZE_TEXT, [value])
        case ir.ListSlice(lower=None, upper=None) | ir.Comprehension():
            return rows.apply_function(context, node, roles.TUPLE_TEXT, [value])
        case ir.Apply() if _is_size(context, value):
            return rows.apply_function(context, node, roles.SIZE_TEXT, [value])
        case _:
            return None


def _is_size(context: Context, value: ir.Apply) -> bool:
    return roles.is_size(context.table, value.row, value.variant, value.form)
