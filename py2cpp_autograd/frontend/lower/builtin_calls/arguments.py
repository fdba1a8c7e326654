"""The arguments of calls of builtins."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd.frontend.context import Context


def only(context: Context, node: cst.Call) -> cst.BaseExpression:
    """The one positional argument of a call."""
    if len(node.args) != 1 or node.args[0].keyword is not None or node.args[0].star:
        context.refuse("PCA306", node, "this call takes one positional argument")
    return node.args[0].value


def split(
    context: Context, node: cst.Call, keywords: tuple[str, ...]
) -> tuple[list[cst.BaseExpression], dict[str, cst.BaseExpression]]:
    """The positional arguments, and those given by one of the `keywords`."""
    values: list[cst.BaseExpression] = []
    named: dict[str, cst.BaseExpression] = {}
    for argument in node.args:
        if argument.star:
            context.refuse("PCA104", argument, "a starred argument has no translation here")
        if argument.keyword is None:
            values.append(argument.value)
        elif argument.keyword.value in keywords:
            named[argument.keyword.value] = argument.value
        else:
            context.refuse("PCA306", argument, f"there is no parameter '{argument.keyword.value}' here")
    return values, named
