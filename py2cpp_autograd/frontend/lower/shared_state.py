"""Modules and parameters that may stand in several places of the modules: lists of parameters have each once.

A module is *stored* where an attribute, a container or a result takes it. A second store of one module is seen where
the same variable is stored twice, or where what is stored was read from another place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.scope import SHARED, Scope
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import DictType, InstanceType, ListType, TupleType, Type, without_none

#: Some function gives a module that is stored elsewhere.
_GIVES_STORED = ("gives stored modules",)


def note_modules(context: Context, *values: ir.Expr) -> None:
    """Modules that are put into a container, or given to the constructor of another module."""
    for value in values:
        if _holds_modules(context, value.type):
            note_stored(context, value)
            for name in _classes_in(value.type):
                context.assumptions.note(("put into modules", name))


def _classes_in(type_: Type) -> Iterator[str]:
    match without_none(type_):
        case InstanceType(name=name):
            yield name
        case ListType(element=element) | DictType(value=element):
            yield from _classes_in(element)
        case TupleType(elements=elements):
            for element in elements:
                yield from _classes_in(element)


def note_repeated(context: Context, value: ir.Expr) -> None:
    """`[module] * 2`."""
    if _holds_modules(context, value.type):
        context.assumptions.note(SHARED)


def note_bound(context: Context, name: str, value: ir.Expr) -> None:
    """A variable that takes a module which may be stored, or which another variable has too."""
    if _holds_modules(context, value.type) and not (isinstance(value, ir.Name) and value.name == name):
        if _is_stored(context, value):
            note_stored_variable(context, name, value.type)
        elif isinstance(value, ir.Name):
            note_stored(context, value)


def note_stored_variable(context: Context, name: str, type_: Type) -> None:
    """A variable that has, one after the other, what a container holds."""
    if _holds_modules(context, type_):
        context.assumptions.note(_stored_fact(context.scope, name))


def note_passed(context: Context, identity: str, given: Mapping[str, ir.Expr]) -> None:
    """Modules given to a function of the program, which may store its parameters."""
    for parameter, value in given.items():
        if ("stores", identity, parameter) in context.assumptions.facts:
            note_modules(context, value)


def note_given_back(context: Context, value: ir.Expr) -> None:
    """What a function gives: a module of its own is stored by whoever takes it."""
    if not _holds_modules(context, value.type):
        return
    own = not isinstance(value, ir.Name) or context.scope.owns(value.name)
    if not own or _is_stored(context, value):
        context.assumptions.note(_GIVES_STORED)
    else:
        note_stored(context, value)


def note_stored(context: Context, value: ir.Expr) -> None:
    """A value that an attribute, or more than one use of a variable, may have put elsewhere too."""
    if _is_stored(context, value):
        context.assumptions.note(SHARED)
        return
    for part in _parts(context, value):
        if isinstance(part, ir.Name):
            _note_name(context, part)
        else:
            note_stored(context, part)


def _note_name(context: Context, value: ir.Name) -> None:
    scope, facts = context.scope, context.assumptions.facts
    again = any(value.name not in names for names in scope.loops[-1:])
    again = again or (scope.kind == "lambda" and not scope.owns(value.name))
    stored = ("stored", scope.identity, value.name)
    place = ("stored at", scope.identity, value.name, str(value.span.start))
    if again or (facts.known(stored) and not facts.known(place)):
        context.assumptions.note(SHARED)
    context.assumptions.note(stored)
    context.assumptions.note(place)
    if value.name in scope.parameters:
        context.assumptions.note(("stores", scope.identity, value.name))


def _holds_modules(context: Context, type_: Type) -> bool:
    match without_none(type_):
        case ListType(element=element) | DictType(value=element):
            return _holds_modules(context, element)
        case TupleType(elements=elements):
            return any(_holds_modules(context, element) for element in elements)
        case plain:
            return roles.are_modules(context.table, plain)


def _stored_fact(scope: Scope, name: str) -> tuple[str, ...]:
    return ("has stored modules", scope.identity, name)


def _is_stored(context: Context, value: ir.Expr) -> bool:
    """Whether a value was read from where a module is stored."""
    match value:
        case ir.Field() | ir.Subscript() | ir.ListSlice() | ir.ClassAttribute() | ir.CallValue():
            return True
        case ir.Call() | ir.MethodCall() | ir.StaticCall():
            return _GIVES_STORED in context.assumptions.facts
        case ir.Name(name=name):
            return _stored_fact(context.scope, name) in context.assumptions.facts
        case ir.Apply(arguments=arguments) if not _makes(context, value):
            read = next((a.value for a in arguments if _holds_modules(context, a.value.type)), None)
            return read is not None and (read.type != value.type or _is_stored(context, read))
        case ir.Comprehension(element=element):
            return isinstance(element, ir.Name) or _is_stored(context, element)
        case _:
            return any(_is_stored(context, part) for part in _parts(context, value))


def _makes(context: Context, value: ir.Apply) -> bool:
    row = context.table.find(value.row)
    return row is None or row.variants[value.variant].kind == "class"


def _parts(context: Context, value: ir.Expr) -> tuple[ir.Expr, ...]:
    """The values that an expression gives, or makes a container of, besides those that its parts have noted."""
    match value:
        case ir.Name():
            return (value,)
        case ir.Convert(operand=operand):
            return (operand,)
        case ir.Conditional(body=body, orelse=orelse):
            return (body, orelse)
        case ir.Binary(left=left, right=right):
            return (left, right)
        case ir.TupleDisplay(elements=elements):
            return tuple(part for part in elements if _holds_modules(context, part.type))
        case ir.Apply(arguments=arguments) if not _makes(context, value):
            return tuple(a.value for a in arguments[:1] if a.value.type == value.type)
        case _:
            return ()
