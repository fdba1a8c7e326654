"""Displays of dicts whose values have several types, and their methods: new objects of a class of the keys."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import specialised
from py2cpp_autograd.frontend.context import Context, DictKey
from py2cpp_autograd.frontend.join import is_settled, join
from py2cpp_autograd.frontend.lower.classes import members
from py2cpp_autograd.frontend.lower.classes.dict_classes import (
    PLAIN,
    attributes_of,
    define,
    items,
    key_of,
    keys_of,
    listed,
    read,
    written_key,
)
from py2cpp_autograd.frontend.lower.tuples import is_plain
from py2cpp_autograd.frontend.lower.values import is_atomic, literal
from py2cpp_autograd.types import (
    FLOAT,
    INT,
    NEVER,
    DictType,
    InstanceType,
    NeverType,
    TupleType,
    Type,
    ViewType,
)


def made(
    context: Context,
    node: cst.BaseExpression,
    items: Sequence[tuple[ir.Expr, ir.Expr]],
    expected: Type | None = None,
) -> ir.Expr | None:
    """A display whose values have several types as a new object; None where it is, or should be, a dict of one type."""
    if isinstance(expected, DictType) and is_settled(expected):
        return None
    keys = [key.value for key, _ in items if isinstance(key, ir.Literal) and isinstance(key.value, DictKey)]
    kinds = {type(key) for key in keys}
    if len(keys) != len(items) or len(set(keys)) != len(keys) or kinds not in ({str}, {int}):
        return None
    if not all(PLAIN.fullmatch(key) for key in keys if isinstance(key, str)):
        return None
    types = [value.type for _, value in items]
    if any(isinstance(type_, NeverType) for type_ in types) or not _are_several(context, node, types):
        return None
    given = dict(zip(attributes_of(keys).values(), (value for _, value in items), strict=True))
    name = _choose(context, node, tuple(keys), given)
    return members.new_of(context, node, name, given)


def _are_several(context: Context, node: cst.BaseExpression, types: Sequence[Type]) -> bool:
    """Whether no one type stands for the values: ints and floats are two, unless a key is computed somewhere."""
    joined: Type | None = NEVER
    for type_ in types:
        joined = None if joined is None else join(joined, type_)
    mixed = {INT, FLOAT} <= set(types)
    return joined is None or (mixed and not context.source.usage.is_looked_up(node))


def _choose(context: Context, node: cst.BaseExpression, keys: tuple[DictKey, ...], given: Mapping[str, ir.Expr]) -> str:
    """The class of dicts with these keys whose values fit, or a new one."""
    for name, known in context.dict_classes.items():
        types = [context.assumptions.get(("variable", f"{name}.__init__", part, 1)) for part in given]
        fits = all(join(a, b.type) is not None for a, b in zip(types, given.values(), strict=False))
        if known == keys and fits:
            return name
    words = re.findall(r"[A-Za-z0-9]+", context.source.usage.given_name(node) or "record")
    stem = "".join(word[0].upper() + word[1:] for word in words)
    name, number = stem, 2
    while not name.isidentifier() or specialised.is_taken(context, name):
        name, number = f"{stem}_{number}", number + 1
    span = context.span(node)
    context.assumptions.note(("dict class", name, span.start.line, span.start.column, *keys))
    define(context, name, span, keys)
    return name


def merged(context: Context, node: cst.Dict) -> ir.Expr | None:
    """`{**cfg, "lr": 0.1}` of dicts that are objects; None where none of them is one."""
    starred = [element.value for element in node.elements if isinstance(element, cst.StarredDictElement)]
    if not any(keys_of(context, context.expression(value).type) for value in starred):
        return None
    found: dict[DictKey, ir.Expr] = {}
    for element in node.elements:
        if isinstance(element, cst.DictElement):
            key = written_key(element.key)
            if key is None:
                context.refuse("PCA404", element.key, "the keys beside those of a dict must be literals here")
            found[key] = context.expression(element.value)
            continue
        value = context.expression(element.value)
        keys = keys_of(context, value.type)
        if keys is None or not is_plain(value):
            context.refuse("PCA104", element, "the keys that this dict gives are not known")
        found.update(items(context, value, keys))
    return made(context, node, [(literal(key, value.span), value) for key, value in found.items()])


def method(context: Context, node: cst.Call, name: str, value: ir.Expr) -> ir.Expr | None:
    """A call of one of a dict's methods; None where the value is no such dict."""
    keys = keys_of(context, value.type)
    if keys is None:
        return None
    span = context.span(node)
    arguments = [argument.value for argument in node.args if argument.keyword is None and not argument.star]
    found = items(context, value, keys)
    match name, arguments:
        case "get", [key] | [key, _] if len(arguments) == len(node.args):
            return _get(context, value, key, arguments[1:], keys)
        case "keys", []:
            shown = listed(keys, span)
            return replace(shown, type=ViewType(shown.elements[0].type, fixed=True, part="keys"))
        case "values", [] if is_plain(value):
            return _tuple([part for _, part in found], value)
        case "items", [] if is_plain(value):
            return _tuple([_tuple([literal(key, span), part], value) for key, part in found], value)
        case "copy", [] if is_plain(value):
            assert isinstance(value.type, InstanceType)
            given = {attributes_of(keys)[key]: part for key, part in found}
            return members.new_of(context, node, value.type.name, given)
        case _:
            message = f"{name}() of a dict whose values have several types has no translation here"
            context.refuse("PCA103", node, message, "read and assign its elements by their keys")


def _tuple(parts: Sequence[ir.Expr], value: ir.Expr) -> ir.Expr:
    return ir.TupleDisplay(tuple(parts), TupleType(tuple(part.type for part in parts)), value.span)


def _get(
    context: Context,
    value: ir.Expr,
    node: cst.BaseExpression,
    default: Sequence[cst.BaseExpression],
    keys: Sequence[DictKey],
) -> ir.Expr:
    written = written_key(node)
    key = key_of(context, node, keys) if written is None else written
    otherwise = context.expression(default[0]) if default else literal(None, value.span)
    if not is_atomic(otherwise) or not is_plain(value):
        context.refuse("PCA103", node, "the dict and the default must be variables or literals here")
    return read(context, value, attributes_of(keys)[key]) if key in keys else otherwise
