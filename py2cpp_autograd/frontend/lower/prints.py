"""`print`: an event that both sides record; the text itself is for people."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import class_names, star_arguments
from py2cpp_autograd.frontend.lower.classes import object_text
from py2cpp_autograd.frontend.lower.formats import check_mixed
from py2cpp_autograd.frontend.lower.looseness import shown


def _given(context: Context, argument: cst.Arg) -> list[ir.Expr]:
    """What an argument prints: with a star, all that it holds."""
    value = context.expression(argument.value)
    return star_arguments.spread(context, argument, value) if argument.star else [value]


def lower_print(context: Context, node: cst.Call) -> ir.Print:
    """`print(*values, sep=..., end=..., flush=...)`, the options as literals."""
    values: list[ir.Expr] = []
    options = {"sep": " ", "end": "\n"}
    for argument in node.args:
        if argument.keyword is None and argument.star != "**":
            for given in _given(context, argument):
                value = class_names.text(context, argument, shown(context, given))
                values.append(object_text.printed(context, argument, value))
                check_mixed(context, argument, values[-1].type)
            continue
        if argument.keyword is None:
            context.refuse("PCA104", argument, "`**` in print has no translation", "write its options one by one")
        option = argument.keyword.value
        text = argument.value.evaluated_value if isinstance(argument.value, cst.SimpleString) else None
        if option in options and isinstance(text, str):
            options[option] = text
        elif option == "file" and context.qualified(argument.value) in {"sys.stderr", "sys.stdout"}:
            continue  # for people; both sides record what is printed, wherever it goes
        elif option != "flush":
            context.refuse("PCA402", argument, f"print's {option} has no translation with this value")
    return ir.Print(tuple(values), options["sep"], options["end"], context.span(node))
