"""The dispatch of expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import (
    attributes,
    calls,
    choices,
    closures,
    comparisons,
    comprehensions,
    formats,
    literals,
    operators,
    streams,
    subscripts,
    walrus,
)
from py2cpp_autograd.types import Type

_LOWERINGS: dict[type[cst.CSTNode], Callable[[Context, Any, Type | None], ir.Expr]] = {
    cst.Name: attributes.lower_name,
    cst.Attribute: attributes.lower_attribute,
    cst.Call: calls.lower_call,
    cst.Subscript: subscripts.lower_subscript,
    cst.Integer: literals.lower_integer,
    cst.Float: literals.lower_float,
    cst.Imaginary: literals.lower_imaginary,
    cst.SimpleString: literals.lower_string,
    cst.ConcatenatedString: literals.lower_string,
    cst.FormattedString: formats.lower_format,
    cst.List: literals.lower_list,
    cst.Tuple: literals.lower_tuple,
    cst.Dict: literals.lower_dict,
    cst.Set: literals.lower_set,
    cst.ListComp: comprehensions.lower_comprehension,
    cst.GeneratorExp: streams.lower_generator_expression,
    cst.SetComp: comprehensions.lower_set_comprehension,
    cst.DictComp: comprehensions.lower_dict_comprehension,
    cst.NamedExpr: walrus.lower_walrus,
    cst.UnaryOperation: operators.lower_unary,
    cst.BinaryOperation: operators.lower_binary,
    cst.BooleanOperation: choices.lower_boolean,
    cst.Comparison: comparisons.lower_comparison,
    cst.IfExp: choices.lower_conditional,
    cst.Lambda: closures.lower_lambda,
}

#: Expressions without a translation, and what to write instead.
_WORDS = {
    "Await": ("`await`", "call the function without it"),
    "Yield": ("the value of a `yield`", "give values to a generator when it is made: as parameters"),
    "Ellipsis": ("`...`", "use it as an index, or write `pass`"),
}


def lower_expression(context: Context, node: cst.BaseExpression, expected: Type | None) -> ir.Expr:
    """One expression; Refusal after a diagnostic."""
    lowering = _LOWERINGS.get(type(node))
    if lowering is None:
        word, advice = _WORDS.get(type(node).__name__, ("this expression", None))
        context.refuse("PCA103", node, f"{word} has no translation here", advice)
    return lowering(context, node, expected)
