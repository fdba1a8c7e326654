"""Literals, displays, comprehensions and f-strings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import Bindings, target_names
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import join
from py2cpp_autograd.frontend.lower import records
from py2cpp_autograd.frontend.lower.aliases import note_held
from py2cpp_autograd.frontend.lower.iteration import lower_iterable, lower_target
from py2cpp_autograd.frontend.lower.narrowing import facts_of, narrowed
from py2cpp_autograd.frontend.lower.values import INT64_MAX, coerce, literal, truth
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.frontend.sharing import made_at
from py2cpp_autograd.types import (
    NEVER,
    STR,
    BoolType,
    DictType,
    FloatType,
    IntType,
    ListType,
    StrType,
    TensorType,
    TupleType,
    Type,
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


def lower_format(context: Context, node: cst.FormattedString, expected: Type | None) -> ir.Expr:
    """An f-string."""
    parts: list[str | ir.FormatField] = []
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            parts.append(_unescaped(node, part))
        elif isinstance(part, cst.FormattedStringExpression):
            parts.extend(_field(context, part))
    return ir.Format(tuple(parts), STR, context.span(node))


def _unescaped(node: cst.FormattedString, part: cst.FormattedStringText) -> str:
    text = part.value.replace("{{", "{").replace("}}", "}")
    if "r" in node.prefix.lower():
        return text
    quoted = cst.parse_expression(f'"""{text}"""' if not text.endswith('"') else f"'''{text}'''")
    return cast("str", cast("cst.SimpleString", quoted).evaluated_value)


def _field(context: Context, part: cst.FormattedStringExpression) -> list[str | ir.FormatField]:
    value = context.expression(part.expression)
    spec = ""
    for piece in part.format_spec or ():
        if not isinstance(piece, cst.FormattedStringText):
            context.refuse("PCA404", part, "a computed format specification has no translation")
        spec += piece.value
    if not has_text(value.type):
        context.refuse("PCA502", part, f"the text of a value of type {value.type} differs between Python and C++")
    field = ir.FormatField(value, cast("ir.Conversion", part.conversion or ""), spec)
    if part.equal is None:
        return [field]
    return [f"{context.source.module.code_for_node(part.expression)}=", field]


def has_text(type_: Type) -> bool:
    """Whether Python's text of such a value can be reproduced exactly."""
    match type_:
        case IntType() | FloatType() | BoolType() | StrType():
            return True
        case ListType(element=element):
            return not isinstance(element, TensorType) and has_text(element)
        case _:
            return False


def lower_list(context: Context, node: cst.List, expected: Type | None) -> ir.Expr:
    """`[a, b]`: one element type, or (immutable, of known length) a tuple when they differ."""
    wanted = expected.element if isinstance(expected, ListType) else None
    elements = _elements(context, node.elements, lambda _: wanted)
    span = context.span(node)
    joined: Type = wanted if wanted is not None and not elements else NEVER
    for element in elements:
        note_held(context, made_at(span), element)
        both = join(joined, element.type)
        if both is None:
            context.refuse("PCA307", node, f"this list holds {joined} and {element.type}")
        joined = both
    return ir.ListDisplay(
        tuple(coerce(context, element, joined, "the element") for element in elements), ListType(joined), span
    )


def _elements(
    context: Context, nodes: Sequence[cst.BaseElement], wanted: Callable[[int], Type | None]
) -> list[ir.Expr]:
    for element in nodes:
        if isinstance(element, cst.StarredElement):
            context.refuse("PCA104", element, "a starred element has no translation")
    return [context.expression(element.value, wanted(index)) for index, element in enumerate(nodes)]


def lower_tuple(context: Context, node: cst.Tuple, expected: Type | None) -> ir.Expr:
    """`(a, b)`."""
    types = expected.elements if isinstance(expected, TupleType) else ()
    elements = _elements(context, node.elements, lambda index: types[index] if index < len(types) else None)
    for element in elements:
        note_held(context, made_at(context.span(node)), element)
    return ir.TupleDisplay(tuple(elements), TupleType(tuple(e.type for e in elements)), context.span(node))


def lower_dict(context: Context, node: cst.Dict, expected: Type | None) -> ir.Expr:
    """`{key: value}`."""
    record = _record(context, node)
    if record is not None:
        return record
    key: Type = expected.key if isinstance(expected, DictType) else NEVER
    value: Type = expected.value if isinstance(expected, DictType) else NEVER
    items = []
    for element in node.elements:
        if not isinstance(element, cst.DictElement):
            context.refuse("PCA104", element, "a double-starred element has no translation")
        pair = context.expression(element.key), context.expression(element.value)
        note_held(context, made_at(context.span(node)), pair[1])
        both_keys, both_values = join(key, pair[0].type), join(value, pair[1].type)
        if both_keys is None or both_values is None:
            context.refuse("PCA307", element, "this dict holds keys or values of several types")
        key, value = both_keys, both_values
        items.append(pair)
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


def lower_comprehension(context: Context, node: cst.ListComp | cst.GeneratorExp, expected: Type | None) -> ir.Expr:
    """`[element for target in iterable if condition]`."""
    clause = node.for_in
    if clause.inner_for_in is not None:
        context.refuse("PCA103", node, "a comprehension with several `for` has no translation", "write nested loops")
    iterable, item = lower_iterable(context, clause.iter)
    scope = _comprehension_scope(context, clause)
    with context.within(scope):
        target = lower_target(context, clause.target, item, iterable)
        condition: ir.Expr | None = None
        facts: dict[str, Type] = {}
        for test in clause.ifs:
            part = truth(context, test.test)
            facts = {**facts, **facts_of(context, test.test).when_true}
            condition = part if condition is None else ir.Logical("and", (condition, part), part.type, part.span)
        with narrowed(context, facts):
            element = context.expression(node.elt)
        note_held(context, made_at(context.span(node)), element)
    return ir.Comprehension(element, target, iterable, condition, ListType(element.type), context.span(node))


def _comprehension_scope(context: Context, clause: cst.CompFor) -> Scope:
    bindings = Bindings()
    for name in target_names(clause.target):
        bindings.counts[name] += 1
    position = context.span(clause).start
    identity = f"{context.scope.identity}@{position.line}:{position.column}"
    outer = context.scope
    scope = Scope(identity, "lambda", outer, bindings, narrowed=dict(outer.narrowed))
    scope.inherit(outer)
    return scope
