"""Log records and warnings: `logger.info("loss %.3f", loss)`, `warnings.warn("...")`. They go to the standard error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import rows
from py2cpp_autograd.frontend.lower.formats import lower_percent, text_of
from py2cpp_autograd.frontend.lower.values import literal
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import STR, ApiType, StrType

_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "warn": 30, "error": 40, "critical": 50, "fatal": 50}
_WARNINGS: Final = frozenset({"warnings.warn", "warnings.filterwarnings", "warnings.simplefilter"})
#: What chooses among warnings, or says where they come from: the standard error is not compared.
_UNSEEN: Final = frozenset({"category", "stacklevel", "module", "message", "lineno", "append", "source"})


def lower_function(context: Context, node: cst.Call, name: str) -> ir.Expr | None:
    """`logging.info(...)`, `logging.getLogger(__name__)`, `warnings.warn(...)`; None for other functions."""
    module, _, function = name.rpartition(".")
    if name in _WARNINGS:
        return _warning(context, node, function)
    if module != "logging":
        return None
    if function == "getLogger" and len(node.args) == 1 and _is_module_name(node.args[0].value):
        return rows.apply_function(context, node, name, (literal("__main__", context.span(node)),))
    if function == "basicConfig":
        given = [argument.value for argument in node.args if argument.keyword and argument.keyword.value == "level"]
        return rows.apply_function(context, node, name, [context.expression(level) for level in given])
    if function in _LEVELS:
        level, message = _record(context, node, _LEVELS[function], node.args)
        return rows.apply_function(context, node, "logging.log", (level, message))
    return None


def lower_method(context: Context, node: cst.Call, receiver: ir.Expr, name: str) -> ir.Expr | None:
    """`logger.info(...)`; None for other methods."""
    if not (isinstance(receiver.type, ApiType) and receiver.type.name == roles.LOGGER) or name not in _LEVELS:
        return None
    level, message = _record(context, node, _LEVELS[name], node.args)
    return rows.apply_method(context, node, receiver, "log", (level, message))


def _is_module_name(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "__name__"


def _record(
    context: Context, node: cst.Call, level: int, arguments: Sequence[cst.Arg]
) -> tuple[ir.Expr, ir.Expr]:
    """The level and the text of a record; its values are put into the text as by `%`."""
    if not arguments or any(argument.keyword or argument.star for argument in arguments):
        context.refuse("PCA404", node, "a record of a text and values is needed here", "leave the keywords out")
    first, *rest = [argument.value for argument in arguments]
    text = context.expression(first)
    if rest:
        values = cst.Tuple([cst.Element(value) for value in rest])
        made = cst.BinaryOperation(first, cst.Modulo(), values)
        context.source.place(made, node)
        return literal(level, context.span(node)), lower_percent(context, made, text)
    return literal(level, context.span(node)), _text(context, first, text)


def _text(context: Context, node: cst.BaseExpression, value: ir.Expr) -> ir.Expr:
    if isinstance(value.type, StrType):
        return value
    return ir.Format((text_of(context, node, value, "", ""),), STR, value.span)


def _warning(context: Context, node: cst.Call, function: str) -> ir.Expr:
    """A warning, or which of them are shown: all or none."""
    if not node.args or node.args[0].star or node.args[0].keyword is not None:
        context.refuse("PCA306", node, f"{function} takes a text first")
    for place, argument in enumerate(node.args[1:], start=1):
        seen = argument.keyword is None and place > 2
        if argument.star or seen or (argument.keyword is not None and argument.keyword.value not in _UNSEEN):
            context.refuse("PCA404", argument, "this argument has no translation", "leave it out")
    first = node.args[0].value
    name = "warn" if function == "warn" else "filterwarnings"
    if name != "warn" and not (isinstance(first, cst.SimpleString) and first.evaluated_value != "error"):
        context.refuse("PCA404", first, "warnings that are errors have no translation", "leave it out")
    return rows.apply_function(context, node, f"warnings.{name}", (_text(context, first, context.expression(first)),))
