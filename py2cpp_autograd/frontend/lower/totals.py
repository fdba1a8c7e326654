"""Variables that begin as a number and then hold a tensor: `total = 0`, and in a loop `total += loss`.

In C++ such a variable is a tensor that may still stand for its number, as LibTorch's own wrapped numbers do. It can be
added to, compared with tensors, and taken from them; whatever else is done with it is done with a tensor, as it would
be an error in Python too, or another value, where the number is still there.
"""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import rows
from py2cpp_autograd.frontend.lower.targets import assign_name
from py2cpp_autograd.frontend.lower.values import is_tensor_like
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.types import FloatType, IntType, TensorType

_ADVICE = "begin with a tensor of zeros, or use one variable for each type"


def is_total(context: Context, scope: Scope, name: str) -> bool:
    """Whether a variable begins as a number and holds tensors later."""
    return ("total", *scope.key(name)) in context.assumptions.facts


def begun(context: Context, value: ir.Expr, target: ir.Target) -> ir.Expr:
    """The number that such a variable begins with."""
    numeric = isinstance(value.type, IntType | FloatType)
    if not numeric or not isinstance(target, ir.NameTarget) or not isinstance(target.type, TensorType):
        return value
    return rows.apply_function(context, value.span, "py2cpp.total", (value,))


def read(context: Context, node: cst.Name, scope: Scope, value: ir.Expr) -> ir.Expr:
    """A read of a variable: of one that may still be a number, checked when the program runs."""
    name = node.value
    if not isinstance(value, ir.Name) or not is_total(context, scope, name):
        return value
    known = context.scope.narrowed.get(name)
    if isinstance(known, TensorType):
        return value
    if known is not None:
        context.refuse("PCA302", node, f"'{name}' is a number here and a tensor elsewhere", _ADVICE)
    return rows.apply_function(context, node, "py2cpp.total.tensor", (value,))


def add(context: Context, node: cst.CSTNode, left: ir.Expr, operator: str, right: ir.Expr) -> ir.Expr | None:
    """`total + tensor` and `tensor + total`, where the total may still be a number."""
    unchecked = _unchecked(left), _unchecked(right)
    if operator != "+" or unchecked == (left, right) or not (_tensor(left) and _tensor(right)):
        return None
    return rows.apply_function(context, node, "py2cpp.total.__add__", unchecked)


def compared(left: ir.Expr, right: ir.Expr) -> tuple[ir.Expr, ir.Expr]:
    """The operands of a comparison: a number that a variable may still be is compared with a tensor as in Python."""
    plain = _unchecked(left), _unchecked(right)
    is_one = (plain[0] is left) != (plain[1] is right)
    return plain if is_one and _tensor(left) and _tensor(right) else (left, right)


def operand(left: ir.Expr, operator: str, right: ir.Expr) -> ir.Expr:
    """The right operand of an operator: LibTorch takes a wrapped number there for what Python takes a number for."""
    is_plain = _unchecked(left) is left and _tensor(left)
    return _unchecked(right) if operator in {"-", "*", "/"} and is_plain else right


def add_to(context: Context, node: cst.AugAssign, symbol: str) -> list[ir.Stmt] | None:
    """`total += tensor`."""
    if not isinstance(node.target, cst.Name):
        return None
    name = node.target.value
    scope = context.resolve(name).scope
    if scope is None or scope is not context.scope or not is_total(context, scope, name):
        return None
    if isinstance(scope.narrowed.get(name), TensorType):
        return None
    value = context.expression(node.value)
    if symbol != "+" or not _tensor(value):
        context.refuse("PCA302", node, f"'{name}' may be a number or a tensor here", _ADVICE)
    total = ir.Name(scope.spelling(name), TensorType(), context.span(node.target))
    target = assign_name(context, node.target, name, TensorType())
    changed = rows.apply_function(context, node, "py2cpp.total.__iadd__", (total, value))
    return [ir.Assign(target, changed, context.span(node))]


def _unchecked(value: ir.Expr) -> ir.Expr:
    if isinstance(value, ir.Apply) and value.row == "py2cpp.total.tensor":
        return value.arguments[0].value
    return value


def _tensor(value: ir.Expr) -> bool:
    return is_tensor_like(value.type) and isinstance(value.type, TensorType)
