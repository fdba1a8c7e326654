"""`functools.partial`: a class or function with some of its arguments, as a symbol."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import symbols
from py2cpp_autograd.types import SymbolType, Type


def _partial(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    if not node.args or node.args[0].keyword is not None or any(argument.star for argument in node.args):
        context.refuse("PCA306", node, "partial takes a function and its arguments")
    inner = _inner(context, node.args[0].value)
    if not isinstance(inner.type, SymbolType):
        context.refuse("PCA103", node, "partial of this has no translation", "give it a class or function of a name")
    for argument in node.args[1:]:
        for used in names_used(argument.value) - {"True", "False", "None"}:
            if context.resolve(used).kind == "variable":
                context.refuse("PCA404", argument, "the arguments of partial must be literals", "write a function")
    code = ", ".join(context.source.module.code_for_node(argument).strip(" ,") for argument in node.args[1:])
    name = f"partial({inner.type.name}, {code})"
    context.partials[name] = (inner.type, tuple(node.args[1:]))
    return ir.Literal(name, SymbolType(name, "partial"), context.span(node))


def _inner(context: Context, node: cst.BaseExpression) -> ir.Expr:
    """What is called: a function of the API is meant itself, not a value that calls it."""
    if isinstance(node, cst.Name):
        resolved = context.resolve(node.value)
        if resolved.kind == "function" and resolved.scope is context.module_scope:
            return symbols.symbol(context, node, node.value, "function")
    name = context.qualified(node)
    row = None if name is None else context.table.find(name)
    return context.expression(node) if row is None else symbols.symbol(context, node, row.key, "api")


LOWERINGS: dict[str, Callable[[Context, cst.Call, Type | None], ir.Expr | None]] = {"functools.partial": _partial}
