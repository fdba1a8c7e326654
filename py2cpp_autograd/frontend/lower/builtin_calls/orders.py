"""Orders that compare two items: `__lt__` of a class of the program, and `functools.cmp_to_key(f)`."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.builtin_calls.arguments import only
from py2cpp_autograd.types import BOOL, FunctionType, InstanceType, Type

_PAIRED = "functools.cmp_to_key"
_METHODS = {"<": "__lt__", ">": "__gt__"}
#: What Python calls of the other item where the class has not the method above: `max` of objects with `__lt__`.
_REFLECTED = {"<": "__gt__", ">": "__lt__"}


def of_pairs(
    context: Context, node: cst.CSTNode, item: Type, key: cst.BaseExpression | None, symbol: str
) -> ir.Expr | None:
    """`lambda a, b: a < b` of items that are compared in pairs; None for those that have a key, or are values."""
    if isinstance(key, cst.Call) and context.qualified(key.func) == _PAIRED:
        written = _of_function(only(context, key), symbol)
    elif key is None and isinstance(item, InstanceType) and hierarchy.has_method(context, item, _METHODS[symbol]):
        written = cst.parse_expression(f"lambda item, other: item {symbol} other")
    elif key is None and isinstance(item, InstanceType) and hierarchy.has_method(context, item, _REFLECTED[symbol]):
        written = cst.parse_expression(f"lambda item, other: other {'<' if symbol == '>' else '>'} item")
    else:
        return None
    context.place_at(written, context.span(node))
    return context.expression(written, FunctionType((item, item), BOOL))


def _of_function(compared: cst.BaseExpression, symbol: str) -> cst.BaseExpression:
    """Whether the function's result is below 0, or above."""
    operator = cst.LessThan() if symbol == "<" else cst.GreaterThan()
    zero = [cst.ComparisonTarget(operator, cst.Integer("0"))]
    if isinstance(compared, cst.Lambda):
        return cst.Lambda(compared.params, cst.Comparison(compared.body, zero))
    names = [cst.Name("item"), cst.Name("other")]
    called = cst.Call(compared, [cst.Arg(name) for name in names])
    return cst.Lambda(cst.Parameters([cst.Param(name) for name in names]), cst.Comparison(called, zero))
