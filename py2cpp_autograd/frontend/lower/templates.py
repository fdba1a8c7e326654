"""Texts with places for values, `"{} of {}".format(a, b)`: known when the program is translated."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.classes import attributes, dict_classes
from py2cpp_autograd.frontend.lower.star_arguments import spread
from py2cpp_autograd.types import StrType


def text_of(context: Context, node: cst.CSTNode, value: ir.Expr) -> str:
    """The text that is formatted: a literal, or a variable or class attribute that is always one."""
    found: object = None
    match value:
        case ir.Literal():
            found = value.value
        case ir.Name(name=name, type=StrType()):
            found = context.constant_text(name)
        case ir.ClassAttribute(class_name=class_name, name=name):
            assigned = ("class attribute assigned", class_name, name) in context.assumptions.facts
            written = None if assigned else attributes.value_of(context, class_name, name)
            found = written.value if isinstance(written, ir.Literal) else None
    if not isinstance(found, str):
        context.refuse("PCA404", node, "the text that is formatted must be known here", "write an f-string")
    return found


def arguments(context: Context, node: cst.Call) -> tuple[list[ir.Expr], dict[str, ir.Expr]]:
    """The values that `format` takes, by number and by name; those of stars are as many as are known."""
    positional: list[ir.Expr] = []
    named: dict[str, ir.Expr] = {}
    for argument in node.args:
        if argument.star == "**":
            named |= {key: value for key, value, _ in dict_classes.spread(context, argument)}
        elif argument.star:
            positional += spread(context, argument, context.expression(argument.value))
        elif argument.keyword is None:
            positional.append(context.expression(argument.value))
        else:
            named[argument.keyword.value] = context.expression(argument.value)
    return positional, named
