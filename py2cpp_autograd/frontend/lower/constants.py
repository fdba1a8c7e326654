"""Displays of literals, whose values are known wherever their types are: configurations, rows of tables.

    [64, "M", (128, 2)]    # a tuple in C++; its type says what it holds
"""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import symbols
from py2cpp_autograd.frontend.lower.values import literal
from py2cpp_autograd.ir_walk import walk
from py2cpp_autograd.span import Span
from py2cpp_autograd.types import Constant, Constants, MixedListType, SymbolType, TupleType, Type

#: A loop runs over rows of constants: what lists in them hold is never changed, or is refused.
ROWS = ("rows of constants",)


def fixed(context: Context, display: ir.TupleDisplay) -> ir.TupleDisplay:
    """A list that nothing changes, with what it holds where all of that is known."""
    plain = not any(isinstance(part, ir.ListDisplay) for element in display.elements for part in walk(element))
    if not all(map(is_known, display.elements)) or not (plain or ROWS in context.assumptions.facts):
        return display
    return _fixed(display)


def want_rows(context: Context, node: cst.CSTNode, type_: MixedListType) -> None:
    """Begin anew with the rows of a list known, where that may tell what a loop over it does."""
    if not type_.literals and len(set(type_.elements)) > 1 and ROWS not in context.assumptions.facts:
        context.assumptions.note(ROWS)
        context.assumptions.again = True
        context.pending(node)


def _fixed(display: ir.TupleDisplay) -> ir.TupleDisplay:
    elements = tuple(map(frozen, display.elements))
    types = tuple(element.type for element in elements)
    made = MixedListType(types, literals=tuple(map(_value, elements)))
    return ir.TupleDisplay(elements, made, display.span)


def is_known(value: ir.Expr) -> bool:
    """Whether a value is a literal, a class, a function, or a display of these."""
    match value:
        case ir.Literal(value=found):
            return isinstance(found, Constant)
        case ir.TupleDisplay(elements=elements) | ir.ListDisplay(elements=elements):
            return bool(elements) and all(map(is_known, elements))
        case _:
            return False


def frozen(value: ir.Expr) -> ir.Expr:
    """A display of what is known, whose lists are such that nothing changes; any other value as it is."""
    match value:
        case ir.ListDisplay(elements=elements):
            inner = ir.TupleDisplay(elements, MixedListType(tuple(element.type for element in elements)), value.span)
            return _fixed(inner)
        case ir.TupleDisplay(elements=elements, type=TupleType() as type_) if not isinstance(type_, MixedListType):
            held = tuple(map(frozen, elements))
            return replace(value, elements=held, type=replace(type_, elements=tuple(part.type for part in held)))
        case _:
            return value


def _value(value: ir.Expr) -> Constants:
    match value:
        case ir.Literal(value=found) if isinstance(found, Constant):
            return found
        case ir.TupleDisplay(elements=elements):
            return tuple(map(_value, elements))
        case _:
            return None


def display(value: Constants, type_: Type, span: Span) -> ir.Expr:
    """The literal, or the display of literals, that has a value and a type."""
    if isinstance(type_, SymbolType):
        return symbols.read(type_, span)
    if isinstance(value, tuple):
        assert isinstance(type_, TupleType)
        parts = tuple(display(part, held, span) for part, held in zip(value, type_.elements, strict=True))
        return ir.TupleDisplay(parts, type_, span)
    return literal(value, span)


def written(value: ir.Expr) -> cst.BaseExpression:
    """What a person would write for a literal, or a display of literals."""
    if not isinstance(value, ir.TupleDisplay):
        assert isinstance(value, ir.Literal)
        text = str(value.value) if isinstance(value.type, SymbolType) else repr(value.value)
        return cst.parse_expression(text)
    parts = [cst.Element(written(part)) for part in value.elements]
    return cst.List(parts) if isinstance(value.type, MixedListType) else cst.Tuple(parts)
