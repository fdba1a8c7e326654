"""`is` and `is not`, and comparisons with None, which ask the same."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import dispatch, rows
from py2cpp_autograd.frontend.lower.values import answered, is_tensor_like
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    BOOL,
    ApiType,
    InstanceType,
    NoneType,
    OptionalType,
    SymbolType,
    TensorType,
    Type,
    common_family,
    is_module_instance,
    without_none,
)


def is_none_test(operator: cst.BaseCompOp, left: ir.Expr, right: ir.Expr) -> bool:
    """Whether `==` asks whether a value, which no class of the program compares, is None."""
    plain = without_none(left.type)
    own = isinstance(plain, TensorType | InstanceType) and not is_module_instance(plain)
    return isinstance(operator, cst.Equal | cst.NotEqual) and isinstance(right.type, NoneType) and not own


def are_symbols(left: ir.Expr, right: ir.Expr) -> bool:
    """Whether both are classes or functions."""
    return isinstance(left.type, SymbolType) and isinstance(right.type, SymbolType)


def _are_modules(context: Context, left: Type, right: Type) -> bool:
    """Whether both are modules that C++ has once, wherever they stand: not so Sequentials, as parts of others."""
    types = (left, right)
    if not all(rows.is_module_type(context, type_) or type_ == dispatch.OPEN for type_ in types):
        return False
    closed = [type_ for type_ in types if isinstance(type_, InstanceType | ApiType) and not roles.is_open(type_)]
    return bool(closed) and not any(roles.is_sequential(context.table, type_) for type_ in types)


def lower(context: Context, node: cst.Comparison, left: ir.Expr, negated: bool, right: ir.Expr) -> ir.Expr:
    """`left is right`, `left is not right`."""
    span = context.span(node)
    if isinstance(left.type, NoneType):
        left, right = right, left
    if not isinstance(right.type, NoneType):
        if isinstance(left.type, TensorType) and isinstance(right.type, TensorType):
            same = rows.apply_method(context, node, left, "__is__", (right,))
            return ir.Unary("not", same, BOOL, span) if negated else same
        if _are_modules(context, left.type, right.type):
            same = rows.apply_function(context, node, roles.SAME_MODULE, (left, right))
            return ir.Unary("not", same, BOOL, span) if negated else same
        if left.type == right.type == BOOL:
            return ir.Compare("!=" if negated else "==", left, right, BOOL, span)
        same_class = isinstance(left.type, InstanceType) and left.type == right.type and left.type.kind != "module"
        if same_class or common_family(left.type, right.type) is not None:
            return ir.Compare("!=" if negated else "==", left, right, BOOL, span)
        context.refuse(
            "PCA103", node, "identity of two objects has no translation", "compare values with ==, or test `is None`"
        )
    if isinstance(left.type, NoneType):
        return answered(left, not negated, span)
    if isinstance(left.type, OptionalType):
        return ir.IsNone(left, negated, BOOL, span)
    if isinstance(left, ir.Convert) and isinstance(left.operand.type, OptionalType):
        return answered(left, negated, span)
    # A tensor may be undefined in C++ though nothing here says that it is optional.
    return ir.IsNone(left, negated, BOOL, span) if is_tensor_like(left.type) else answered(left, negated, span)
