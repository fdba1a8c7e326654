"""`dataclasses.replace`, `asdict` and `astuple`: a new object, or a dict or tuple, of the fields of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import dataclass_methods, hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.builtin_calls.arguments import only
from py2cpp_autograd.frontend.lower.values import does_nothing
from py2cpp_autograd.frontend.own_names import builtin
from py2cpp_autograd.types import (
    BoolType,
    DictType,
    FloatType,
    InstanceType,
    IntType,
    ListType,
    NeverType,
    NoneType,
    OptionalType,
    StrType,
    TupleType,
    Type,
)

Lowered = ir.Expr | None


def _replaced(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`replace(config, lr=0.1)` as `Config(config.steps, lr=0.1)`."""
    if not node.args or node.args[0].keyword is not None or any(argument.star for argument in node.args):
        context.refuse("PCA306", node, "replace takes an object, and fields by name")
    source, *changes = node.args
    name = _class_of(context, node, source.value)
    given = {argument.keyword.value: argument for argument in changes if argument.keyword is not None}
    for field in hierarchy.dataclass_fields(context, name):
        if not field.in_init and field.name in given:
            message = f"field '{field.name}' is none of __init__, so that Python raises ValueError here"
            context.refuse("PCA306", given[field.name], message)
        if field.in_init and field.name not in given:
            kept = cst.Attribute(source.value, cst.Name(field.name))
            given[field.name] = cst.Arg(kept, cst.Name(field.name))
    return _placed(context, node, cst.Call(cst.Name(name), list(given.values())), expected)


def _class_of(context: Context, node: cst.Call, source: cst.BaseExpression) -> str:
    """The dataclass that an object is of, which is to be read several times."""
    value = context.expression(source)
    if isinstance(value.type, NeverType):
        context.pending(node)
    is_object = isinstance(value.type, InstanceType) and value.type.kind == "object"
    if not isinstance(value.type, InstanceType) or not is_object or not _is_dataclass(context, value.type.name):
        context.refuse("PCA303", source, f"a value of type {value.type} is no object of a dataclass")
    if not does_nothing(value):
        context.refuse("PCA103", source, "this would be evaluated several times", "put it into a variable first")
    return value.type.name


def _is_dataclass(context: Context, name: str) -> bool:
    nodes = [context.classes[user] for user in hierarchy.mro(context, name)]
    return any(dataclass_methods.decoration(context, one) is not None for one in nodes)


def _fields(context: Context, node: cst.Call) -> list[tuple[str, cst.BaseExpression]]:
    """The names of the fields of an object, and copies of what they hold."""
    source = only(context, node)
    fields = hierarchy.dataclass_fields(context, _class_of(context, node, source))
    return [(field.name, _copied(context, node, cst.Attribute(source, cst.Name(field.name)))) for field in fields]


def _copied(context: Context, node: cst.Call, read: cst.Attribute) -> cst.BaseExpression:
    """What a field holds: lists and dicts are other ones."""
    context.place_at(read, context.span(node))
    type_ = context.expression(read).type
    match type_:
        case ListType(element=element, fixed=False) if _is_plain(element):
            return cst.Call(builtin("list"), [cst.Arg(read)])
        case DictType(value=value) if type(type_) is DictType and _is_plain(value):
            return cst.Call(builtin("dict"), [cst.Arg(read)])
        case InstanceType(kind="object", name=name) if _is_dataclass(context, name):
            message = f"'{read.attr.value}' is a dataclass, which becomes a dict in a dict"
            context.refuse("PCA303", node, message, "call asdict for it alone")
        case _ if not _is_plain(type_):
            message = f"a copy of '{read.attr.value}', a {type_}, has no translation here"
            context.refuse("PCA303", node, message, "write the dict with the fields that are needed")
    return read


def _is_plain(type_: Type) -> bool:
    """Whether a value is as good as a copy of it."""
    match type_:
        case OptionalType(inner=inner) | ListType(element=inner, fixed=True):
            return _is_plain(inner)
        case TupleType(elements=elements) if type(type_) is TupleType:
            return all(map(_is_plain, elements))
        case InstanceType(kind=kind):
            return kind == "enum"
        case _:
            return isinstance(type_, BoolType | IntType | FloatType | StrType | NoneType)


def _placed(context: Context, node: cst.Call, made: cst.BaseExpression, expected: Type | None) -> ir.Expr:
    context.place_at(made, context.span(node))
    return context.expression(made, expected)


def _as_dict(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`asdict(config)` as `{"lr": config.lr, ...}`."""
    items: Sequence[cst.DictElement] = [
        cst.DictElement(cst.SimpleString(f'"{name}"'), value) for name, value in _fields(context, node)
    ]
    return _placed(context, node, cst.Dict(items), expected)


def _as_tuple(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`astuple(config)` as `(config.lr, ...)`."""
    made = cst.Tuple([cst.Element(value) for _, value in _fields(context, node)])
    return _placed(context, node, made, expected)


LOWERINGS: dict[str, Callable[[Context, cst.Call, Type | None], Lowered]] = {
    "dataclasses.replace": _replaced,
    "dataclasses.asdict": _as_dict,
    "dataclasses.astuple": _as_tuple,
}
