"""Literals, displays, comprehensions and f-strings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from itertools import groupby
from typing import Literal, cast

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import join
from py2cpp_autograd.frontend.lower import constants, records
from py2cpp_autograd.frontend.lower.aliases import note_held, note_returned_parts
from py2cpp_autograd.frontend.lower.classes import dict_displays
from py2cpp_autograd.frontend.lower.hashes import check_element, check_hashable
from py2cpp_autograd.frontend.lower.looseness import held
from py2cpp_autograd.frontend.lower.part_names import note_named
from py2cpp_autograd.frontend.lower.shared_state import note_modules
from py2cpp_autograd.frontend.lower.values import INT64_MAX, coerce, literal
from py2cpp_autograd.frontend.own_names import builtin
from py2cpp_autograd.frontend.sharing import made_at
from py2cpp_autograd.types import (
    NEVER,
    STR,
    DictType,
    ListType,
    MixedListType,
    SetType,
    TupleType,
    Type,
    is_number,
)


def lower_integer(context: Context, node: cst.Integer, expected: Type | None) -> ir.Expr:
    """An int that fits in 64 bits."""
    value = int(node.value, 0)
    if value > INT64_MAX:
        context.refuse("PCA304", node, f"{node.value} does not fit in 64 bits")
    return literal(value, context.span(node))


def lower_float(context: Context, node: cst.Float, expected: Type | None) -> ir.Expr:
    """A float."""
    return literal(float(node.value.replace("_", "")), context.span(node))


def lower_imaginary(context: Context, node: cst.Imaginary, expected: Type | None) -> ir.Expr:
    """`2j`."""
    return literal(complex(node.value.replace("_", "")), context.span(node))


def lower_string(context: Context, node: cst.SimpleString | cst.ConcatenatedString, expected: Type | None) -> ir.Expr:
    """A string without fields."""
    value = node.evaluated_value
    if isinstance(value, bytes):
        context.refuse("PCA103", node, "bytes have no translation")
    if value is None:
        return _concatenated(context, cast("cst.ConcatenatedString", node))
    if any("\ud800" <= character <= "\udfff" for character in value):
        context.refuse("PCA103", node, "a string with a lone surrogate has no UTF-8 form")
    return literal(value, context.span(node))


def _concatenated(context: Context, node: cst.ConcatenatedString) -> ir.Expr:
    parts: list[str | ir.FormatField] = []
    for piece in (node.left, node.right):
        lowered = context.expression(piece)
        parts.extend(lowered.parts if isinstance(lowered, ir.Format) else [str(cast("ir.Literal", lowered).value)])
    return ir.Format(tuple(parts), STR, context.span(node))


def lower_list(context: Context, node: cst.List, expected: Type | None) -> ir.Expr:
    """`[a, b]`: one element type, or a list that nothing changes, whose elements keep their types."""
    if any(isinstance(element, cst.StarredElement) for element in node.elements):
        return _spread(context, node, expected)
    wanted = expected.element if isinstance(expected, ListType) else None
    elements = _elements(context, node.elements, lambda _: wanted)
    span = context.span(node)
    joined: Type = wanted if wanted is not None and not elements else NEVER
    note_modules(context, *elements)
    for element in elements:
        note_held(context, made_at(span), element)
        both = join(joined, element.type)
        if both is None and wanted is not None:
            context.refuse("PCA307", node, f"this list holds {joined} and {element.type}")
        loses = isinstance(expected, MixedListType) and joined not in (NEVER, element.type)
        if both is None or (loses and is_number(both)):
            types = tuple(element.type for element in elements)
            return constants.fixed(context, ir.TupleDisplay(tuple(elements), MixedListType(types), span))
        joined = both
    return ir.ListDisplay(
        tuple(coerce(context, element, joined, "the element") for element in elements), ListType(joined), span
    )


def _spread(context: Context, node: cst.List | cst.Tuple, expected: Type | None) -> ir.Expr:
    """`[*a, b]` as `list(a) + [b]`, `(*a, b)` as `tuple(a) + (b,)`."""
    made_of = "list" if isinstance(node, cst.List) else "tuple"
    parts: list[cst.BaseExpression] = []
    for starred, group in groupby(node.elements, lambda element: isinstance(element, cst.StarredElement)):
        if starred:
            parts += [cst.Call(builtin(made_of), [cst.Arg(element.value)]) for element in group]
        else:
            parts.append(type(node)([cst.Element(element.value) for element in group]))
    made = reduce(lambda whole, part: cst.BinaryOperation(whole, cst.Add(), part), parts)
    return _written_as(context, node, made, expected)


def _spread_dict(context: Context, node: cst.Dict, expected: Type | None) -> ir.Expr:
    """`{**a, "b": c}` as `dict(a) | {"b": c}`."""
    merged = dict_displays.merged(context, node)
    if merged is not None:
        return merged
    parts: list[cst.BaseExpression] = []
    for starred, group in groupby(node.elements, lambda element: isinstance(element, cst.StarredDictElement)):
        if starred:
            parts += [cst.Call(builtin("dict"), [cst.Arg(element.value)]) for element in group]
        else:
            plain = [element for element in group if isinstance(element, cst.DictElement)]
            parts.append(cst.Dict([cst.DictElement(element.key, element.value) for element in plain]))
    made = reduce(lambda whole, part: cst.BinaryOperation(whole, cst.BitOr(), part), parts)
    return _written_as(context, node, made, expected)


def _written_as(context: Context, node: cst.CSTNode, made: cst.BaseExpression, expected: Type | None) -> ir.Expr:
    context.place_at(made, context.span(node))
    return context.expression(made, expected)


def _elements(
    context: Context, nodes: Sequence[cst.BaseElement], wanted: Callable[[int], Type | None]
) -> list[ir.Expr]:
    for element in nodes:
        if isinstance(element, cst.StarredElement):
            context.refuse("PCA104", element, "a starred element has no translation")
    return [held(context, context.expression(element.value, wanted(index))) for index, element in enumerate(nodes)]


def lower_tuple(context: Context, node: cst.Tuple, expected: Type | None) -> ir.Expr:
    """`(a, b)`."""
    if any(isinstance(element, cst.StarredElement) for element in node.elements):
        return _spread(context, node, expected)
    types = expected.elements if isinstance(expected, TupleType) else ()
    elements = _elements(context, node.elements, lambda index: types[index] if index < len(types) else None)
    if len(elements) == 2:
        note_named(context, node.elements[0].value, elements[0].type, elements[1])
    made = ir.TupleDisplay(tuple(elements), TupleType(tuple(e.type for e in elements)), context.span(node))
    if context.scope.returned is node:
        note_returned_parts(context, made)
        return made
    for element in elements:
        note_held(context, made_at(made.span), element)
    return made


def lower_dict(context: Context, node: cst.Dict, expected: Type | None) -> ir.Expr:
    """`{key: value}`."""
    if any(isinstance(element, cst.StarredDictElement) for element in node.elements):
        return _spread_dict(context, node, expected)
    record = _record(context, node)
    if record is not None:
        return record
    elements = [element for element in node.elements if isinstance(element, cst.DictElement)]
    items = [(context.expression(element.key), context.expression(element.value)) for element in elements]
    made = dict_displays.made(context, node, items, expected)
    return made or _dict_of(context, node, list(zip(elements, items, strict=True)), expected)


def _dict_of(
    context: Context,
    node: cst.Dict,
    items_of: Sequence[tuple[cst.DictElement, tuple[ir.Expr, ir.Expr]]],
    expected: Type | None,
) -> ir.Expr:
    """A dict of one type of keys and one of values."""
    key: Type = expected.key if isinstance(expected, DictType) else NEVER
    value: Type = expected.value if isinstance(expected, DictType) else NEVER
    for element, pair in items_of:
        check_hashable(context, element.key, pair[0].type)
        note_held(context, made_at(context.span(node)), pair[1])
        note_modules(context, pair[1])
        note_named(context, element.key, pair[0].type, pair[1])
        both_keys, both_values = join(key, pair[0].type), join(value, pair[1].type)
        if both_keys is None or both_values is None:
            context.refuse("PCA307", element, "this dict holds keys or values of several types")
        key, value = both_keys, both_values
    items = [pair for _, pair in items_of]
    coerced = tuple((coerce(context, k, key, "the key"), coerce(context, v, value, "the value")) for k, v in items)
    return ir.DictDisplay(coerced, DictType(key, value), context.span(node))


def _record(context: Context, node: cst.Dict) -> ir.Expr | None:
    """The dict as a record of the API table, where its keys are words that say so."""
    values: dict[str, cst.BaseExpression] = {}
    for element in node.elements:
        if not isinstance(element, cst.DictElement) or not isinstance(element.key, cst.SimpleString):
            return None
        values[str(element.key.evaluated_value)] = element.value
    return records.record(context, node, values)


def lower_set(context: Context, node: cst.Set, expected: Type | None) -> ir.Expr:
    """`{a, b}`."""
    elements = _elements(context, node.elements, lambda _: None)
    joined: Type = NEVER
    for element in elements:
        check_element(context, node, element.type)
        both = join(joined, element.type)
        if both is None or (joined != NEVER and both != joined):
            context.refuse("PCA307", node, f"this set holds {joined} and {element.type}")
        joined = both
    made: Literal["filled", "copy"] = "copy" if len(elements) > 2 and _is_made_ahead(node, elements) else "filled"
    return ir.SetDisplay(tuple(elements), SetType(joined), context.span(node), made)


def frozen(node: cst.BaseExpression, made: ir.SetDisplay) -> ir.SetDisplay:
    """What a loop over a display runs over: of constants, the set that Python's compiler has made."""
    return replace(made, made="frozen") if _is_made_ahead(node, made.elements) else made


def _is_made_ahead(node: cst.BaseExpression, elements: Sequence[ir.Expr]) -> bool:
    """Whether Python's compiler makes a set, of constants, in a way that its order may show."""
    constant = isinstance(node, cst.Set) and all(_is_constant(element.value) for element in node.elements)
    return constant and not _have_own_places(elements)


def _have_own_places(elements: Sequence[ir.Expr]) -> bool:
    """Whether every way to make a set of these gives the same table: of up to four, none has another one's place."""
    values = [element.value for element in elements if isinstance(element, ir.Literal)]
    places = {value % 8 for value in values if type(value) is int and value >= 0}
    return len(elements) <= 4 and len(places) == len(elements)


def _is_constant(node: cst.BaseExpression) -> bool:
    """Whether Python's compiler knows the value."""
    match node:
        case cst.Integer() | cst.Float() | cst.Imaginary() | cst.SimpleString():
            return True
        case cst.Name(value=name):
            return name in {"True", "False", "None"}
        case cst.ConcatenatedString(left=left, right=right) | cst.BinaryOperation(left=left, right=right):
            return _is_constant(left) and _is_constant(right)
        case cst.UnaryOperation(expression=operand):
            return _is_constant(operand)
        case cst.Tuple(elements=elements):
            return all(_is_constant(element.value) for element in elements)
        case _:
            return False
