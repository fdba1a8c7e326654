"""C++ for displays: `[a, b]`, `(a, b)`, `{a, b}` and `{key: value}`."""

from __future__ import annotations

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.types import DictType, ListType, StrType, TupleType, is_family

Display = ir.ListDisplay | ir.TupleDisplay | ir.DictDisplay | ir.SetDisplay
_Items = tuple[tuple[ir.Expr, ir.Expr], ...]


def display(selection: Selection, node: Display) -> cpp.Expr:
    """The value with its elements, which braces evaluate in their order."""
    spelled = selection.type(node.type)
    match node:
        case ir.SetDisplay(elements=elements, made="frozen" | "copy" as way):
            constructor = "frozen" if way == "frozen" else "of_constants"
            return cpp.Call(cpp.Name(f"{spelled}::{constructor}"), (cpp.Brace(None, _values(selection, elements)),))
        case ir.ListDisplay(elements=elements) | ir.SetDisplay(elements=elements):
            return cpp.Brace(cpp.Name(spelled), _values(selection, tuple(map(_plain, elements))))
        case ir.TupleDisplay(elements=elements):
            values = _values(selection, elements)
            return cpp.Call(cpp.Name(spelled), values) if values else cpp.Brace(cpp.Name(spelled), ())
        case ir.DictDisplay(items=items, type=DictType(key=key, value=value)) if not _are_distinct(items):
            made = selection.type(ListType(TupleType((key, value))))
            return selection.shim("dict", "dict", cpp.Brace(cpp.Name(made), _pairs(selection, items)))
        case ir.DictDisplay(items=items, type=type_):
            pairs = _pairs(selection, items)
            if len(items) == 2 and isinstance(type_, DictType) and isinstance(type_.value, StrType):
                pairs = (_with_text(pairs[0]), pairs[1])
            return cpp.Brace(cpp.Name(spelled), (cpp.Brace(None, pairs),) if pairs else ())


def _values(selection: Selection, elements: tuple[ir.Expr, ...]) -> tuple[cpp.Expr, ...]:
    return tuple(selection.expression(element) for element in elements)


def _pairs(selection: Selection, items: _Items) -> tuple[cpp.Brace, ...]:
    pairs = ((selection.expression(key), selection.expression(_plain(value))) for key, value in items)
    return tuple(cpp.Brace(None, pair) for pair in pairs)


def _with_text(pair: cpp.Brace) -> cpp.Brace:
    """A pair of texts whose first is surely one: C++ takes two pairs of literals for two texts, from here to there."""
    key, value = pair.elements
    is_literal = isinstance(key, cpp.String)
    return cpp.Brace(None, (cpp.Call(cpp.Name("std::string"), (key,)), value)) if is_literal else pair


def _plain(node: ir.Expr) -> ir.Expr:
    """An object as it is made: the display has the type that it is known by."""
    return node.operand if isinstance(node, ir.Convert) and is_family(node.type) else node


def _are_distinct(items: _Items) -> bool:
    """Whether no two keys of a dict can be equal."""
    known = {key.value for key, _ in items if isinstance(key, ir.Literal)}
    return len(items) < 2 or len(known) == len(items)
