"""Python's `operator` module: its functions are the operators themselves, `operator.add(a, b)` is `a + b`."""

from __future__ import annotations

from typing import Final

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import closures, open_functions
from py2cpp_autograd.frontend.lower.operator_names import BINARY, COMPARED, UNARY
from py2cpp_autograd.types import Type

_OPEN: Final = [cst.LeftParen()]
_CLOSE: Final = [cst.RightParen()]


def value(context: Context, node: cst.BaseExpression, name: str, expected: Type | None) -> ir.Expr:
    """`operator.add` where it is not called."""
    made = open_functions.calling(context, node, 1 if name.rpartition(".")[2] in UNARY else 2, "item")
    return closures.lower_lambda(context, made, expected)


def lower(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`operator.add(a, b)`."""
    name = (context.qualified(node.func) or "").rpartition(".")[2]
    if any(argument.keyword or argument.star for argument in node.args):
        context.refuse("PCA306", node, "these functions take plain arguments")
    made = _operation(name, [argument.value for argument in node.args])
    if made is None:
        context.refuse("PCA306", node, f"operator.{name} takes another number of arguments")
    context.source.place(made, node)
    return context.expression(made, expected)


def power(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr | None:
    """`pow(a, b)`; with a modulus it is a row."""
    return lower(context, node, expected) if len(node.args) == 2 else None


def _operation(name: str, values: list[cst.BaseExpression]) -> cst.BaseExpression | None:
    match values:
        case [left, right] if name in BINARY:
            return cst.BinaryOperation(left, BINARY[name](), right, lpar=_OPEN, rpar=_CLOSE)
        case [left, right] if name in COMPARED:
            return cst.Comparison(left, [cst.ComparisonTarget(COMPARED[name](), right)], lpar=_OPEN, rpar=_CLOSE)
        case [left, right] if name == "getitem":
            return cst.Subscript(left, [cst.SubscriptElement(cst.Index(right))])
        case [operand] if name in UNARY:
            return cst.UnaryOperation(UNARY[name](), operand, lpar=_OPEN, rpar=_CLOSE)
        case _:
            return None
