"""`fmt.format(val=self.val)` of a text that only the run tells: C++ has all values, and finds the fields in the text.

fmt = "{name} {val" + spec + "}"
fmt.format(name=n, val=v)   ->   py2cpp::formatted(fmt, {py2cpp::Shown("name", n), py2cpp::Shown("val", v)})
"""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import rows, templates
from py2cpp_autograd.frontend.lower.values import literal
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import ApiType, FloatType, ListType, OptionalType, StrType, Type, is_number


def lower(context: Context, node: cst.Call, text: ir.Expr) -> ir.Expr:
    """The text, when the program runs."""
    positional, named = templates.arguments(context, node)
    given = {**{str(place): value for place, value in enumerate(positional)}, **named}
    lenient = any(argument.star == "**" for argument in node.args)
    span = context.span(node)
    shown = []
    for name, value in given.items():
        if _has_text(value.type):
            start = _start(value)
            extra = () if start is None else (literal(start, span),)
            shown.append(rows.apply_function(context, node, roles.SHOWN, (literal(name, span), value, *extra)))
        elif not lenient:
            message = f"a value of type {value.type} in a text that is not known here has no translation"
            context.refuse("PCA404", value.span, message, "write an f-string")
    values = ir.ListDisplay(tuple(shown), ListType(ApiType(roles.SHOWN)), span)
    return rows.apply_function(context, node, roles.FORMATTED, (text, values))


def _has_text(type_: Type) -> bool:
    """Whether C++ has the text of a value, in any form that the run may ask for."""
    plain = type_.inner if isinstance(type_, OptionalType) else type_
    if isinstance(plain, FloatType) and plain.loose:
        return plain.start is not None and plain is type_
    return is_number(plain) or isinstance(plain, StrType)


def _start(value: ir.Expr) -> int | None:
    return value.type.start if isinstance(value.type, FloatType) else None
