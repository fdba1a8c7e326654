"""Dicts whose values have several types: each kind is a class of its own, whose attributes are the keys.

    cfg = {"lr": 0.1, "sizes": [1, 2]}    ->    struct Cfg { double lr; std::vector<int64_t> sizes; };
    cfg["lr"] *= 0.5                      ->    cfg->lr = cfg->lr * 0.5;

The keys are those of the display, and stay; objects are shared in C++ as dicts are in Python.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from typing import cast

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context, DictKey
from py2cpp_autograd.frontend.lower import flags
from py2cpp_autograd.frontend.lower.tuples import is_plain
from py2cpp_autograd.frontend.lower.values import literal
from py2cpp_autograd.span import Span
from py2cpp_autograd.types import BOOL, Constant, InstanceType, ListType, NoneType, SymbolType, Type

#: Keys whose text in an f-string is the key.
PLAIN = re.compile(r"[\w .:/+-]+")
#: (SHARED, class): some dict of the class is one that a class body makes.
SHARED = "shared dict"
_ADVICE = "its keys are literals, those that the display has"


def attributes_of(keys: Sequence[DictKey]) -> dict[DictKey, str]:
    """The attribute that stands for each key."""
    found: dict[DictKey, str] = {}
    for key in keys:
        name = re.sub(r"\W", "_", str(key))
        name = f"_{name}" if name[0].isdigit() else name
        while keyword.iskeyword(name) or name in {"self", "other", *found.values()}:
            name += "_"
        found[key] = name
    return found


def restore(context: Context) -> None:
    """Define the classes that earlier rounds have found."""
    for fact in sorted(context.assumptions.facts.starting("dict class")):
        name, line, column, *keys = fact[1:]
        define(context, str(name), Span.of(int(line), int(column), int(line), int(column)), tuple(keys))


def define(context: Context, name: str, span: Span, keys: tuple[DictKey, ...]) -> None:
    """The class of dicts with these keys, as the Python that it would be."""
    parts = attributes_of(keys)
    names = list(parts.values())
    shown = ", ".join(f"{key!r}: {{self.{part}!r}}" for key, part in parts.items())
    compared = [f"({''.join(f'{owner}.{part}, ' for part in names)})" for owner in ("self", "other")]
    stored = "".join(f"        self.{part} = {part}\n" for part in names)
    bodies = (f"other): return {compared[0]} == {compared[1]}", f'): return f"{{{{{shown}}}}}"')
    for method, rest in zip(hierarchy.DICT_METHODS, bodies, strict=True):
        written = cast("cst.FunctionDef", cst.parse_statement(f"def {method}(self, {rest}\n"))
        context.place_at(written, span)
        context.written[name, method] = written
    text = f"class {name}:\n    def __init__(self, {', '.join(names)}):\n{stored}"
    node = cast("cst.ClassDef", cst.parse_statement(text))
    context.place_at(node, span)
    context.classes[name], context.dict_classes[name] = node, keys


# ------------------------------------------------------------------------------------------------- uses


def keys_of(context: Context, type_: Type) -> tuple[DictKey, ...] | None:
    """The keys of a dict that is an object; None for other types."""
    return context.dict_classes.get(type_.name) if isinstance(type_, InstanceType) else None


def items(context: Context, value: ir.Expr, keys: Sequence[DictKey]) -> list[tuple[DictKey, ir.Expr]]:
    """What the dict holds, by key."""
    return [(key, read(context, value, part)) for key, part in attributes_of(keys).items()]


def spread(context: Context, argument: cst.Arg) -> list[tuple[str, ir.Expr, cst.CSTNode]]:
    """What `**cfg` gives: the elements of a dict whose keys are known, and where they stand."""
    if not isinstance(argument.value, cst.Dict):
        value = context.expression(argument.value)
        keys = keys_of(context, value.type)
        if keys is None or not all(isinstance(key, str) for key in keys) or not isinstance(value, ir.Name | ir.Field):
            context.refuse("PCA104", argument, "the names that a double-starred argument gives are not known")
        return [(str(key), part, argument) for key, part in items(context, value, keys)]
    found: list[tuple[str, ir.Expr, cst.CSTNode]] = []
    for element in argument.value.elements:
        if not (isinstance(element, cst.DictElement) and isinstance(element.key, cst.SimpleString)):
            context.refuse("PCA104", argument, "the names in a double-starred dict must be literals")
        found.append((str(element.key.evaluated_value), context.expression(element.value), element))
    return found


def declared(context: Context, name: str) -> tuple[tuple[DictKey, str, Type], ...]:
    """The keys of dicts of the class, with the attributes that stand for them; none of other classes."""
    parts = attributes_of(context.dict_classes.get(name, ()))
    return tuple((key, part, context.assumptions.get(("field", name, part))) for key, part in parts.items())


def read(context: Context, value: ir.Expr, part: str) -> ir.Expr:
    """The value of the key that an attribute stands for."""
    type_ = context.assumptions.get(("field", str(value.type), part))
    if isinstance(type_, NoneType):
        return literal(None, value.span)
    if isinstance(type_, SymbolType):
        return ir.Literal(type_.name, type_, value.span)
    return ir.Field(value, part, type_, value.span)


def element(context: Context, node: cst.Subscript, value: ir.Expr) -> cst.Attribute | None:
    """`cfg["lr"]` as `cfg.lr`; None where the value is no such dict."""
    keys = keys_of(context, value.type)
    if keys is None:
        return None
    part = node.slice[0].slice
    if len(node.slice) != 1 or not isinstance(part, cst.Index):
        context.refuse("PCA103", node, "a slice of a dict has no translation")
    attribute = attributes_of(keys)[key_of(context, part.value, keys)]
    made = cst.Attribute(node.value, cst.Name(attribute))
    context.place_at(made, context.span(node))
    return made


def key_of(context: Context, node: cst.BaseExpression, keys: Sequence[DictKey]) -> DictKey:
    """The key that is written, or known when the program is translated; one of `keys`."""
    key: Constant = written_key(node)
    if key is None and isinstance(node, cst.Name | cst.Attribute):
        key = flags.constant_of(context, node)
    if key is None:
        message = "the key of a dict whose values have several types must be a literal"
        context.refuse("PCA404", node, message, f"{_ADVICE}: {', '.join(map(repr, keys))}")
    if key not in keys:
        message = f"this dict, whose values have several types, has no key {key!r}"
        context.refuse("PCA305", node, message, f"{_ADVICE}: {', '.join(map(repr, keys))}")
    return next(known for known in keys if known == key)


def written_key(node: cst.BaseExpression) -> DictKey | None:
    """The key that a literal is."""
    found = node.evaluated_value if isinstance(node, cst.SimpleString | cst.Integer) else None
    return found if isinstance(found, DictKey) else None


def contains(context: Context, item: ir.Expr, container: ir.Expr) -> ir.Expr | None:
    """`key in cfg`; None where the container is no such dict."""
    keys = keys_of(context, container.type)
    if keys is None or not is_plain(container):
        return None
    if isinstance(item, ir.Literal):
        return literal(item.value in keys, item.span)
    known = listed(keys, container.span)
    if item.type != known.elements[0].type:
        return None
    return ir.Compare("in", item, known, BOOL, item.span)


def listed(keys: Sequence[DictKey], span: Span) -> ir.ListDisplay:
    """The keys of such a dict, which are all texts, or all ints."""
    held = tuple(literal(key, span) for key in keys)
    return ir.ListDisplay(held, ListType(held[0].type, fixed=True), span)


def check_changes(context: Context, node: cst.CSTNode, type_: InstanceType) -> None:
    """Refuse to change a dict that a class body makes: classes that are lowered more than once have one each."""
    if (SHARED, type_.name) in context.assumptions.facts and context.scope.self_class != type_.name:
        message = "a dict in a class body, whose values have several types, cannot change"
        context.refuse("PCA404", node, message, "make it in __init__, or at module level")


def refuse_attribute(context: Context, node: cst.Attribute, type_: Type) -> None:
    """Refuse `cfg.lr` of a dict."""
    keys = keys_of(context, type_)
    if keys is not None and context.scope.self_class != str(type_):
        name = node.attr.value
        context.refuse("PCA305", node, f"a dict has no attribute '{name}'", f'write the key: ["{name}"]')
