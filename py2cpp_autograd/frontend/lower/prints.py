"""`print`: an event that both sides record; the text itself is for people."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import class_names, rows, star_arguments
from py2cpp_autograd.frontend.lower.builtin_calls.arguments import only
from py2cpp_autograd.frontend.lower.classes import object_text
from py2cpp_autograd.frontend.lower.formats import check_mixed, has_text
from py2cpp_autograd.frontend.lower.looseness import shown
from py2cpp_autograd.frontend.lower.values import is_tensor_like, literal
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import ListType, StrType


def _given(context: Context, argument: cst.Arg, separator: str) -> list[ir.Expr]:
    """What an argument prints: with a star, all that it holds."""
    value = context.expression(argument.value)
    if argument.star and _has_any_length(value):
        between = literal(separator, context.span(argument))
        return [rows.apply_function(context, argument, roles.SPREAD, [shown(context, value), between])]
    return star_arguments.spread(context, argument, value) if argument.star else [value]


def _has_any_length(value: ir.Expr) -> bool:
    """Whether a starred value is a list of what has a text, of as many values as it has when the program runs."""
    if type(value.type) is not ListType or isinstance(value, ir.ListDisplay):
        return False
    return has_text(value.type.element) or is_tensor_like(value.type.element)


def lower_print(context: Context, node: cst.Call) -> ir.Print:
    """`print(*values, sep=..., end=..., flush=...)`, the options as literals."""
    values: list[ir.Expr] = []
    options = _options(context, node)
    for argument in node.args:
        if argument.keyword is None:
            for given in _given(context, argument, options["sep"]):
                value = class_names.text(context, argument, shown(context, given))
                values.append(object_text.printed(context, argument, value))
                check_mixed(context, argument, values[-1].type)
    return ir.Print(tuple(values), options["sep"], options["end"], context.span(node))


def lower_write(context: Context, node: cst.Call) -> ir.Print:
    """`sys.stdout.write(text)`, which prints no more than the text."""
    value = context.expression(only(context, node))
    if not isinstance(value.type, StrType):
        context.refuse("PCA303", node, f"a text is written, not a value of type {value.type}", "write str(...) of it")
    return ir.Print((value,), " ", "", context.span(node))


def _options(context: Context, node: cst.Call) -> dict[str, str]:
    """What stands between the values of a print, and behind them."""
    options = {"sep": " ", "end": "\n"}
    for argument in node.args:
        if argument.star == "**":
            context.refuse("PCA104", argument, "`**` in print has no translation", "write its options one by one")
        if argument.keyword is None:
            continue
        option = argument.keyword.value
        text = argument.value.evaluated_value if isinstance(argument.value, cst.SimpleString) else None
        if option in options and isinstance(text, str):
            options[option] = text
        elif option == "file" and context.qualified(argument.value) in {"sys.stderr", "sys.stdout"}:
            continue  # for people; both sides record what is printed, wherever it goes
        elif option != "flush":
            context.refuse("PCA402", argument, f"print's {option} has no translation with this value")
    return options
