"""Conversions: bool, str, repr, list, tuple, dict, set, and the iterators that lists stand for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import join
from py2cpp_autograd.frontend.lower import generators, mapped_tuples, rows, streams
from py2cpp_autograd.frontend.lower.aliases import note_held
from py2cpp_autograd.frontend.lower.builtin_calls.arguments import only
from py2cpp_autograd.frontend.lower.classes import dict_displays, object_text
from py2cpp_autograd.frontend.lower.comprehensions import collected, collected_set, note_items
from py2cpp_autograd.frontend.lower.eager import LAZY
from py2cpp_autograd.frontend.lower.formats import tensor_text, text_of
from py2cpp_autograd.frontend.lower.hashes import check_hashable
from py2cpp_autograd.frontend.lower.iteration import lower_iterable
from py2cpp_autograd.frontend.lower.part_names import note_named
from py2cpp_autograd.frontend.lower.values import coerce, literal, truth
from py2cpp_autograd.frontend.sharing import made_at
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    INT,
    NEVER,
    STR,
    ApiType,
    DictType,
    InstanceType,
    ListType,
    RangeType,
    SetType,
    StrType,
    TensorType,
    TupleType,
    Type,
    is_vector,
    without_none,
)

#: What of Python gives a container, where all else that converts gives an iterator or a list.
_CONTAINERS = frozenset({"builtins.dict", "builtins.set", "builtins.tuple", "copy.copy", "copy.deepcopy"})


def _bool(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    if not node.args:
        return literal(False, context.span(node))
    return truth(context, only(context, node))


def _number(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr | None:
    """`int()` and `float()`; with an argument they are rows."""
    if node.args:
        return None
    return literal(0 if context.qualified(node.func) == "builtins.int" else 0.0, context.span(node))


def _str(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    if not node.args:
        return literal("", context.span(node))
    value = context.expression(only(context, node))
    if isinstance(value.type, StrType):
        return value
    if isinstance(value.type, InstanceType) and value.type.kind != "module":
        return _object_text(context, node, value, "__str__")
    if isinstance(without_none(value.type), TensorType):
        return tensor_text(context, node, value, "__repr__")
    return ir.Format((text_of(context, node, value, "", ""),), STR, context.span(node))


def _object_text(context: Context, node: cst.CSTNode, value: ir.Expr, method: str) -> ir.Expr:
    called = object_text.text(context, node, value, method)
    if called is None:
        context.refuse("PCA502", node, f"the text of a {value.type} has no C++ counterpart", "define its __repr__")
    return called


def _repr(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    value = context.expression(only(context, node))
    if isinstance(value.type, InstanceType) and value.type.kind != "module":
        return _object_text(context, node, value, "__repr__")
    return ir.Format((text_of(context, node, value, "r", ""),), STR, context.span(node))


def _format(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr | None:
    """`format(value, "spec")`."""
    match [argument.value for argument in node.args]:
        case [value, cst.SimpleString() as spec]:
            lowered = context.expression(value)
            part = text_of(context, node, lowered, "", str(spec.evaluated_value))
            return ir.Format((part,), STR, context.span(node))
        case _:
            context.refuse("PCA404", node, "format needs a value and a literal format specification")


def _list(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`list(x)`: a new list."""
    span = context.span(node)
    if not node.args:
        return ir.ListDisplay((), expected if isinstance(expected, ListType) else ListType(NEVER), span)
    return _as_list(context, node, only(context, node), fixed=False)


def _as_list(context: Context, node: cst.Call, argument: cst.BaseExpression, fixed: bool) -> ir.Expr:
    if isinstance(argument, cst.GeneratorExp | cst.ListComp):
        return collected(context, node, argument, fixed)
    iterable, item = lower_iterable(context, argument)
    if isinstance(iterable, ir.Items) and isinstance(iterable.value, ir.Comprehension):
        return replace(iterable.value, type=ListType(item, fixed))
    if isinstance(iterable, ir.Items) and is_vector(iterable.value.type):
        note_items(context, node, iterable, item)
        return ir.ListSlice(iterable.value, None, None, ListType(item, fixed), context.span(node))
    return collected(context, node, argument, fixed)


def _whole(context: Context, node: cst.BaseExpression) -> ir.Expr | None:
    """What an expression gives, where that may be a container; None for comprehensions, iterators and views."""
    match node:
        case cst.GeneratorExp() | cst.ListComp():
            return None
        case cst.Call(func=cst.Attribute(attr=cst.Name("items" | "keys" | "values")), args=[]):
            return None
        case cst.Call(func=function):
            name = context.qualified(function)
            if generators.gives(context, node) or (name is not None and name not in _CONTAINERS):
                return None
    return context.expression(node)


def _tuple(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`tuple(x)`: of a tuple itself, or a tuple made of one; of anything else a sequence of unknown length."""
    if not node.args:
        return ir.TupleDisplay((), TupleType(()), context.span(node))
    argument = only(context, node)
    value = _whole(context, argument)
    if value is not None and type(value.type) is TupleType:
        return value
    made = mapped_tuples.lower(context, node, argument)
    return made if made is not None else _as_list(context, node, argument, fixed=True)


def _set(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    if not node.args:
        return ir.SetDisplay((), expected if isinstance(expected, SetType) else SetType(NEVER), context.span(node))
    argument = only(context, node)
    value = _whole(context, argument)
    if value is not None and isinstance(value.type, SetType):
        return rows.apply_method(context, node, value, "copy", ())
    if value is not None and type(value.type) is DictType:
        return rows.apply_function(context, node, "py2cpp.set_of_keys", (value,))
    return collected_set(context, node, argument)


def _dict(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`dict()`, `dict(name=value)`, `dict(mapping)`, `dict(pairs)`."""
    positional = [argument for argument in node.args if argument.keyword is None]
    if len(positional) == len(node.args) == 1 and not positional[0].star:
        return _dict_of(context, node, positional[0].value)
    if context.table.record([a.keyword.value for a in node.args if a.keyword is not None]) and not positional:
        return context.expression(_displayed(context, node), expected)
    given = []
    for argument in node.args:
        if argument.keyword is None:
            context.refuse("PCA103", node, "only dict(), dict(pairs) and dict(name=value) have a translation")
        name = literal(argument.keyword.value, context.span(argument))
        value = context.expression(argument.value)
        note_named(context, cst.SimpleString(repr(name.value)), STR, value)
        given.append((name, value))
    return dict_displays.made(context, node, given, expected) or _dict_of_keywords(context, node, given, expected)


def _displayed(context: Context, node: cst.Call) -> cst.Dict:
    """`dict(params=[w], lr=0.1)` as a display, which may be a record of the API."""
    named = [(argument.keyword.value, argument.value) for argument in node.args if argument.keyword is not None]
    made = cst.Dict([cst.DictElement(cst.SimpleString(repr(name)), value) for name, value in named])
    context.place_at(made, context.span(node))
    return made


def _dict_of_keywords(
    context: Context, node: cst.Call, given: Sequence[tuple[ir.Literal, ir.Expr]], expected: Type | None
) -> ir.Expr:
    items = []
    key, held = (expected.key, expected.value) if isinstance(expected, DictType) else (NEVER, NEVER)
    for argument, (name, value) in zip(node.args, given, strict=True):
        note_held(context, made_at(context.span(node)), value)
        both = join(held, value.type)
        are_modules = both == ApiType(roles.ANY_MODULE)
        if both is None or (held != NEVER and both != held and value.type != both and not are_modules):
            context.refuse("PCA307", argument, f"this dict holds {held} and {value.type}")
        key, held = STR, both
        items.append((name, value))
    coerced = tuple((name, coerce(context, value, held, "the value")) for name, value in items)
    return ir.DictDisplay(coerced, DictType(key, held), context.span(node))


def _dict_of(context: Context, node: cst.Call, argument: cst.BaseExpression) -> ir.Expr:
    """A new dict of the pairs that something gives, or of another dict's."""
    display = _written_out(context, argument)
    if display is not None:
        return context.expression(display)
    value = _whole(context, argument)
    if value is not None and isinstance(value.type, DictType):
        return rows.apply_function(context, node, "builtins.dict.copy", (value,))
    span = context.span(node)
    pairs = collected(context, node, argument)
    assert isinstance(pairs, ir.Comprehension) and isinstance(pairs.type, ListType)
    match pairs.type.element, pairs.element:
        case TupleType(elements=(key, held)), ir.TupleDisplay(elements=(first, second)):
            check_hashable(context, node, key)
            return ir.Comprehension("dict", first, second, pairs.clauses, None, DictType(key, held), span)
        case TupleType(elements=(key, held)), ir.Name() as pair:
            check_hashable(context, node, key)
            parts = [ir.Subscript(pair, literal(place, span), t, span) for place, t in enumerate((key, held))]
            return ir.Comprehension("dict", parts[0], parts[1], pairs.clauses, None, DictType(key, held), span)
        case _:
            context.refuse("PCA303", node, f"a dict is made of pairs, not of {pairs.type.element}")


def _written_out(context: Context, argument: cst.BaseExpression) -> cst.Dict | None:
    """`[("a", x), ("b", y)]` as the display `{"a": x, "b": y}`."""
    if not isinstance(argument, cst.List | cst.Tuple) or not argument.elements:
        return None
    items = []
    names = set()
    for element in argument.elements:
        match element.value:
            case cst.Tuple(elements=[key, held]) | cst.List(elements=[key, held]) if isinstance(
                key.value, cst.SimpleString
            ) and not isinstance(held, cst.StarredElement):
                items.append(cst.DictElement(key.value, held.value))
                names.add(key.value.evaluated_value)
            case _:
                return None
    display = cst.Dict(items)
    context.place_at(display, context.span(argument))
    return display if len(names) == len(items) else None


def _iterator(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr | None:
    """`zip(a, b)` and the like where a list of their items will do."""
    return streams.lower_lazy(context, node) if expected is LAZY else collected(context, node, node, fixed=True)


def _range(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`range(n)` that is kept, or given to something else than a loop."""
    return replace(collected(context, node, node, fixed=True), type=RangeType(INT, fixed=True))


LOWERINGS: dict[str, Callable[[Context, cst.Call, Type | None], ir.Expr | None]] = {
    "builtins.bool": _bool,
    "builtins.int": _number,
    "builtins.float": _number,
    "builtins.str": _str,
    "builtins.repr": _repr,
    "builtins.format": _format,
    "builtins.list": _list,
    "builtins.tuple": _tuple,
    "builtins.set": _set,
    "builtins.frozenset": _set,
    "builtins.dict": _dict,
    "builtins.range": _range,
    "builtins.zip": _iterator,
    "builtins.enumerate": _iterator,
    "builtins.reversed": _iterator,
}
