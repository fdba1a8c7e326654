"""The builtins whose meaning is a matter of structure or types, not of a C++ function; the rest are rows."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.annotations import annotated
from py2cpp_autograd.frontend.bindings import Bindings
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.classes import members
from py2cpp_autograd.frontend.lower.iteration import lower_iterable
from py2cpp_autograd.frontend.lower.literals import has_text
from py2cpp_autograd.frontend.lower.values import literal, truth
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.types import (
    NEVER,
    STR,
    DictType,
    InstanceType,
    ListType,
    OptionalType,
    StrType,
    TupleType,
    Type,
)


def lower(context: Context, node: cst.Call, name: str, expected: Type | None) -> ir.Expr | None:
    """The call of builtin `name`, or None where the table has its row."""
    lowering = _LOWERINGS.get(name)
    return None if lowering is None else lowering(context, node, expected)


def _only(context: Context, node: cst.Call) -> cst.BaseExpression:
    if len(node.args) != 1 or node.args[0].keyword is not None or node.args[0].star:
        context.refuse("PCA306", node, "this call takes one positional argument")
    return node.args[0].value


def _bool(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    return truth(context, _only(context, node))


def _str(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    value = context.expression(_only(context, node))
    if isinstance(value.type, StrType):
        return value
    if isinstance(value.type, InstanceType) and value.type.kind == "object":
        return text_of(context, node, value, "__str__")
    if not has_text(value.type):
        context.refuse("PCA502", node, f"the text of a value of type {value.type} differs between Python and C++")
    return ir.Format((ir.FormatField(value, "", ""),), STR, context.span(node))


def text_of(context: Context, node: cst.CSTNode, value: ir.Expr, method: str) -> ir.Expr:
    """`str(x)` or `repr(x)` of an object: by its `__str__`, else its `__repr__`."""
    called = members.call_special(context, node, value, method, ())
    called = called or members.call_special(context, node, value, "__repr__", ())
    if called is None:
        context.refuse("PCA502", node, f"the text of a {value.type} has no C++ counterpart", "define its __repr__")
    return called


def _repr(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr | None:
    value = context.expression(_only(context, node))
    if isinstance(value.type, InstanceType) and value.type.kind == "object":
        return text_of(context, node, value, "__repr__")
    return None


def _isinstance(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    if len(node.args) != 2:
        context.refuse("PCA306", node, "isinstance takes two arguments")
    value = context.expression(node.args[0].value)
    classes = node.args[1].value
    nodes = [e.value for e in classes.elements] if isinstance(classes, cst.Tuple) else [classes]
    types = [annotated(context, cst.Annotation(class_)) for class_ in nodes]
    if isinstance(value.type, OptionalType) or None in types:
        context.refuse("PCA301", node, f"whether this holds is not known before the program runs ({value.type})")
    same = any(type_ is not None and _is_instance_of(context, value.type, type_) for type_ in types)
    return literal(same, context.span(node))


def _is_instance_of(context: Context, held: Type, wanted: Type) -> bool:
    if isinstance(held, InstanceType) and isinstance(wanted, InstanceType):
        return hierarchy.is_derived_from(context, held.name, wanted.name)
    return type(wanted) is type(held) and str(wanted)[:6] == str(held)[:6]


def _list(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`list(x)`: a new list."""
    span = context.span(node)
    if not node.args:
        return ir.ListDisplay((), expected if isinstance(expected, ListType) else ListType(NEVER), span)
    argument = _only(context, node)
    if isinstance(argument, cst.GeneratorExp):
        return context.expression(argument)
    iterable, item = lower_iterable(context, argument)
    if isinstance(iterable, ir.Items) and isinstance(iterable.value.type, ListType):
        return ir.ListSlice(iterable.value, None, None, ListType(item), span)
    scope = Scope(f"{context.scope.identity}@{span.start}", "lambda", context.scope, Bindings())
    name = scope.fresh_name("item")
    target, element = ir.NameTarget(name, item, span), ir.Name(name, item, span)
    return ir.Comprehension(element, target, iterable, None, ListType(item), span)


def _tuple(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    value = context.expression(_only(context, node))
    match value.type:
        case TupleType():
            return value
        case ListType(element=element):
            return ir.ListSlice(value, None, None, ListType(element, fixed=True), context.span(node))
        case _:
            context.refuse("PCA303", node, f"a tuple of a value of type {value.type} has no translation")


def _dict(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    items = []
    key, held = (expected.key, expected.value) if isinstance(expected, DictType) else (NEVER, NEVER)
    for argument in node.args:
        if argument.keyword is None:
            context.refuse("PCA103", node, "only dict() and dict(name=value) have a translation")
        value = context.expression(argument.value)
        if held not in (NEVER, value.type):
            context.refuse("PCA307", argument, f"this dict holds {held} and {value.type}")
        key, held = STR, value.type
        items.append((literal(argument.keyword.value, context.span(argument)), value))
    return ir.DictDisplay(tuple(items), DictType(key, held), context.span(node))


def _special(method: str) -> Callable[[Context, cst.Call, Type | None], ir.Expr | None]:
    """A builtin that calls a special method of an object, and is a row for everything else."""

    def lowering(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr | None:
        if len(node.args) != 1 or node.args[0].keyword is not None or node.args[0].star:
            return None
        if not any(hierarchy.method(context, name, method) for name in context.classes):
            return None
        value = context.expression(node.args[0].value)
        if not isinstance(value.type, InstanceType) or value.type.kind == "enum":
            return None
        return members.call_special(context, node, value, method, ())

    return lowering


_LOWERINGS: dict[str, Callable[[Context, cst.Call, Type | None], ir.Expr | None]] = {
    "builtins.len": _special("__len__"),
    "builtins.abs": _special("__abs__"),
    "builtins.bool": _bool,
    "builtins.str": _str,
    "builtins.repr": _repr,
    "builtins.isinstance": _isinstance,
    "builtins.list": _list,
    "builtins.tuple": _tuple,
    "builtins.dict": _dict,
}
