"""What runs over an iterable and gives one value, or a list: sum, any, all, min, max, sorted, next, map, filter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import join
from py2cpp_autograd.frontend.lower import generators, looseness, rows, streams
from py2cpp_autograd.frontend.lower.aliases import note_mutation
from py2cpp_autograd.frontend.lower.builtin_calls import orders
from py2cpp_autograd.frontend.lower.builtin_calls.arguments import only, split
from py2cpp_autograd.frontend.lower.callables import function_of, mapped
from py2cpp_autograd.frontend.lower.comprehensions import Elements, collected, elements
from py2cpp_autograd.frontend.lower.eager import LAZY, NOW
from py2cpp_autograd.frontend.lower.values import coerce, literal
from py2cpp_autograd.held_types import is_loose
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.convert import is_ordered
from py2cpp_autograd.types import (
    BOOL,
    FLOAT,
    INT,
    BoolType,
    FloatType,
    FunctionType,
    ListType,
    NeverType,
    SetType,
    TensorType,
    Type,
    is_number,
    is_vector,
)


def _plain_list(found: Elements) -> ir.Expr | None:
    """The list that elements are simply those of."""
    match found:
        case Elements(clauses=(ir.Clause(iterable=ir.Items(value=value), condition=None),), item=ir.Name()) if (
            is_vector(value.type)
        ):
            return value
        case _:
            return None


def _sum(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`sum(iterable, start)`: the loop runs as the elements are made."""
    values, named = split(context, node, ("start",))
    if not 1 <= len(values) + len(named) <= 2 or not values:
        context.refuse("PCA306", node, "sum takes an iterable and a start")
    with elements(context, values[0]) as found:
        element = found.value(context)
    written = values[1] if len(values) == 2 else named.get("start")
    start = None if written is None else context.expression(written)
    type_ = _sum_type(context, node, element.type, start)
    element = coerce(context, element, type_, "the element") if is_number(type_) and type_ != INT else element
    given = start if start is None or isinstance(start.type, TensorType) else coerce(context, start, type_, "the start")
    plain = _plain_list(found)
    if plain is not None and element.type == type_:
        return rows.apply_function(context, node, "builtins.sum", [plain, *([] if given is None else [given])])
    return ir.Comprehension("sum", None, element, found.clauses, given, type_, context.span(node))


def _sum_type(context: Context, node: cst.CSTNode, element: Type, start: ir.Expr | None) -> Type:
    """The type of a sum: numbers count from the int 0, tensors too."""
    if isinstance(element, NeverType):
        context.pending(node)
    if isinstance(start, ir.Literal) and start.value == 0 and isinstance(start.value, int):
        start = None
    match element, None if start is None else start.type:
        case (TensorType(), None | TensorType()):
            return element
        case (_, None) if is_number(element):
            return element if element == FLOAT else INT
        case (_, other) if other is not None and is_number(element) and is_number(other):
            return FLOAT if FLOAT in (element, other) else INT
        case (ListType(), ListType() as other) if join(element, other) in (element, other):
            return element
        case _:
            context.refuse("PCA303", node, f"the sum of values of type {element} has no translation")


def _test(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`any(iterable)`, `all(iterable)`: stop at the first element that decides."""
    into: ir.Into = "any" if context.qualified(node.func) == "builtins.any" else "all"
    with elements(context, only(context, node)) as found:
        element = found.truth(context, node)
    generators.refuse_searched(context, node, found.clauses)
    return ir.Comprehension(into, None, element, found.clauses, None, BOOL, context.span(node))


def _sequence(context: Context, node: cst.BaseExpression) -> ir.Expr:
    """The elements of anything that a loop runs over, as a list."""
    if isinstance(node, cst.GeneratorExp | cst.ListComp):
        return collected(context, node, node)
    value = context.expression(node)
    if is_vector(value.type):
        return value
    if isinstance(value.type, SetType):
        return rows.apply_method(context, node, value, "__iter__", ())
    return collected(context, node, node)


def _key(context: Context, node: cst.BaseExpression, item: Type) -> ir.Expr:
    """A function that gives what items are compared by."""
    function = function_of(context, node, (item,))
    if not isinstance(function.type, FunctionType):
        context.refuse("PCA303", node, f"the key of an order must be a function, not {function.type}")
    if not is_ordered(function.type.result):
        context.refuse("PCA303", node, f"values of type {function.type.result} have no order in C++")
    return function


def _by_value(node: cst.BaseExpression, items: cst.BaseExpression) -> cst.BaseExpression:
    """`key=counts.get` of what is in `counts`: every key has a value."""
    match node, items:
        case cst.Attribute(value=cst.Name(value=owner), attr=cst.Name("get")), (
            cst.Name(value=name) | cst.Call(func=cst.Attribute(value=cst.Name(value=name), attr=cst.Name("keys")))
        ) if owner == name:
            key = cst.Name("key_of_item")
            subscript = cst.Subscript(cst.Name(name), [cst.SubscriptElement(cst.Index(key))])
            return cst.Lambda(cst.Parameters([cst.Param(key)]), subscript)
        case _:
            return node


def _sorted(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`sorted(iterable, key=..., reverse=...)`."""
    values, named = split(context, node, ("key", "reverse"))
    if len(values) != 1:
        context.refuse("PCA306", node, "sorted takes one iterable")
    items = _sequence(context, values[0])
    if "key" in named:
        by_value = _by_value(named["key"], values[0])
        context.place_at(by_value, context.span(named["key"]))
        named = named | {"key": by_value}
    return sorted_by(context, node, items, named)


def sorted_by(context: Context, node: cst.CSTNode, items: ir.Expr, named: dict[str, cst.BaseExpression]) -> ir.Expr:
    """The items in order."""
    given = {}
    assert isinstance(items.type, ListType)
    if isinstance(items.type.element, NeverType):
        context.pending(node)
    less = orders.of_pairs(context, node, items.type.element, named.get("key"), "<")
    if less is None and "key" in named and not _is_none(named["key"]):
        given["key"] = _key(context, named["key"], items.type.element)
    if "reverse" in named:
        given["reverse"] = context.expression(named["reverse"])
    if less is not None:
        return rows.apply_function(context, node, "py2cpp.sorted_with", [items, less], **given)
    return rows.apply_function(context, node, "builtins.sorted", [items], **given)


def sort_in_place(context: Context, node: cst.Call, items: ir.Expr) -> ir.Expr:
    """`items.sort(key=..., reverse=...)`."""
    values, named = split(context, node, ("key", "reverse"))
    if values:
        context.refuse("PCA306", node, "sort takes its arguments by keyword")
    note_mutation(context, items)
    ordered = sorted_by(context, node, items, named)
    return rows.apply_method(context, node, items, "__setitems__", (ordered,))


def _is_none(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"


def _extreme(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr | None:
    """`min` and `max`: of an iterable, with a key or a default; of several values they are rows."""
    name = context.qualified(node.func)
    assert name is not None
    values, named = split(context, node, ("key", "default"))
    if len(values) != 1:
        return _of_several(context, node, name, values, named)
    items = _sequence(context, values[0])
    assert isinstance(items.type, ListType)
    symbol = "<" if name == "builtins.min" else ">"
    wins = None if "default" in named else orders.of_pairs(context, node, items.type.element, named.get("key"), symbol)
    if wins is not None:
        return rows.apply_function(context, node, "py2cpp.extreme_with", [items, wins])
    given = {}
    if "key" in named:
        by_value = _by_value(named["key"], values[0])
        context.place_at(by_value, context.span(named["key"]))
        given["key"] = _key(context, by_value, items.type.element)
    if "default" in named:
        given["default"] = context.expression(named["default"], items.type.element)
    return rows.apply_function(context, node, name, [items], **given)


def _of_several(
    context: Context, node: cst.Call, name: str, values: list[cst.BaseExpression], named: dict[str, cst.BaseExpression]
) -> ir.Expr:
    if len(values) < 2 or "default" in named:
        context.refuse("PCA306", node, f"{name.partition('.')[2]} takes an iterable, or several values")
    lowered = [context.expression(value) for value in values]
    types = [value.type for value in lowered]
    if FLOAT in types and "key" not in named and (INT in types or any(map(is_loose, types))):
        return _loose(context, node, name, lowered)
    if any(isinstance(type_, BoolType) for type_ in types) and len(set(types)) > 1:
        context.refuse("PCA302", node, "this is a bool or a number, whichever wins")
    if "key" in named or len(lowered) > 2:
        joined = ListType(types[0], fixed=True)
        items = ir.ListDisplay(tuple(lowered), joined, context.span(node))
        given = {"key": _key(context, named["key"], types[0])} if "key" in named else {}
        return rows.apply_function(context, node, name, [items], **given)
    return rows.apply_function(context, node, name, lowered)


def _loose(context: Context, node: cst.Call, name: str, values: list[ir.Expr]) -> ir.Expr:
    """`max(0, x)`: the value as a float, though Python may give the int."""
    floats: list[ir.Expr] = [coerce(context, value, FLOAT, "the value") for value in values]
    loose = FloatType(loose=True, start=looseness.only_int(context, values))
    if len(floats) > 2:
        items = ir.ListDisplay(tuple(floats), ListType(FLOAT, fixed=True), context.span(node))
        return replace(rows.apply_function(context, node, name, [items]), type=loose)
    return replace(rows.apply_function(context, node, name, floats), type=loose)


def _next(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr | None:
    """`next(generator expression, default)`, `next(iter(x))`: the first element."""
    source = node.args[0].value if node.args and not node.args[0].star else None
    if isinstance(source, cst.Call) and context.qualified(source.func) == "builtins.iter":
        source = only(context, source)
    elif source is not None and len(node.args) == 1 and _is_walk(context, source):
        return _first(context, node, source)
    elif not isinstance(source, cst.GeneratorExp):
        return None if source is None else streams.lower_next(context, node)
    if len(node.args) > 2:
        context.refuse("PCA306", node, "next takes an iterator and a default")
    with elements(context, source) as found:
        element = found.value(context)
    default = context.expression(node.args[1].value, element.type) if len(node.args) == 2 else None
    type_ = element.type if default is None else join(element.type, default.type)
    if type_ is None:
        context.refuse("PCA302", node, f"this is {element.type}, or else another type")
    element = coerce(context, element, type_, "the element")
    start = None if default is None else coerce(context, default, type_, "the default")
    generators.refuse_searched(context, node, found.clauses)
    return ir.Comprehension("first", None, element, found.clauses, start, type_, context.span(node))


def _iter(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`iter(values)`, which is kept."""
    return streams.lower_iter(context, node)


def _first(context: Context, node: cst.Call, source: cst.BaseExpression) -> ir.Expr:
    """The first of the list that stands for the iterator."""
    found = context.expression(source)
    assert isinstance(found.type, ListType)
    return ir.Subscript(found, literal(0, found.span), found.type.element, context.span(node))


def _is_walk(context: Context, node: cst.BaseExpression) -> bool:
    """`net.parameters()`, `net.children()` and the like, each a new iterator."""
    match node:
        case cst.Call(func=cst.Attribute(value=receiver, attr=cst.Name(value=name)), args=[]):
            pass
        case _:
            return False
    if context.qualified(node.func) is not None or name not in roles.WALKS:
        return False
    return rows.is_module_type(context, context.expression(receiver).type)


def _map(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr | None:
    """`map(function, iterable)`: an iterator where one is wanted, else a list of the results."""
    return streams.lower_lazy(context, node, expected is NOW) if expected in (LAZY, NOW) else mapped(context, node)


LOWERINGS: dict[str, Callable[[Context, cst.Call, Type | None], ir.Expr | None]] = {
    "builtins.sum": _sum,
    "builtins.any": _test,
    "builtins.all": _test,
    "builtins.min": _extreme,
    "builtins.max": _extreme,
    "builtins.sorted": _sorted,
    "builtins.next": _next,
    "builtins.iter": _iter,
    "itertools.cycle": lambda context, node, expected: streams.lower_cycle(context, node),
    "itertools.islice": lambda context, node, expected: streams.lower_slice(context, node),
    "builtins.map": _map,
    "builtins.filter": _map,
}
