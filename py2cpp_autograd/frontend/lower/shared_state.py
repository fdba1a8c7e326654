"""Modules and parameters that may stand in several places of the modules: lists of parameters have each once."""

from __future__ import annotations

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.scope import SHARED
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import ListType, Type, without_none


def note_modules(context: Context, *values: ir.Expr) -> None:
    """Modules that are put into a container, or given to the constructor of another module."""
    for value in values:
        if _holds_modules(context, value.type):
            note_stored(context, value)


def note_repeated(context: Context, value: ir.Expr) -> None:
    """`[module] * 2`."""
    if _holds_modules(context, value.type):
        context.assumptions.note(SHARED)


def _holds_modules(context: Context, type_: Type) -> bool:
    plain = without_none(type_)
    if isinstance(plain, ListType):
        return _holds_modules(context, plain.element)
    return roles.are_modules(context.table, plain)


def note_stored(context: Context, value: ir.Expr) -> None:
    """A value that an attribute, or more than one use of a variable, may have put elsewhere too."""
    if isinstance(value, ir.Convert):
        note_stored(context, value.operand)
    elif isinstance(value, ir.Field | ir.Subscript):
        context.assumptions.note(SHARED)
    elif isinstance(value, ir.Name):
        scope = context.scope
        again = any(value.name not in names for names in scope.loops[-1:])
        again = again or (scope.kind == "lambda" and not scope.owns(value.name))
        stored = ("stored", scope.identity, value.name)
        place = ("stored at", scope.identity, value.name, str(value.span.start))
        if again or (stored in context.assumptions.facts and place not in context.assumptions.facts):
            context.assumptions.note(SHARED)
        context.assumptions.note(stored)
        context.assumptions.note(place)
