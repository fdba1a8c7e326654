"""The classes of `collections`: OrderedDict, defaultdict, Counter and deque."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import is_settled
from py2cpp_autograd.frontend.lower import rows
from py2cpp_autograd.frontend.lower.aliases import note_elements
from py2cpp_autograd.frontend.lower.builtin_calls.arguments import split
from py2cpp_autograd.frontend.lower.callables import function_of
from py2cpp_autograd.frontend.lower.comprehensions import collected
from py2cpp_autograd.frontend.lower.hashes import check_hashable
from py2cpp_autograd.frontend.lower.kept import kept
from py2cpp_autograd.frontend.lower.values import coerce
from py2cpp_autograd.frontend.own_names import builtin
from py2cpp_autograd.frontend.sharing import made_at
from py2cpp_autograd.types import (
    BOOL,
    FLOAT,
    INT,
    NEVER,
    STR,
    CounterType,
    DefaultDictType,
    DequeType,
    DictType,
    FunctionType,
    IntType,
    ListType,
    NoneType,
    OrderedDictType,
    SetType,
    Type,
    is_vector,
)

#: The classes that make the values of a defaultdict, where they are called without arguments.
_FACTORIES: dict[str, Type] = {
    "builtins.int": INT,
    "builtins.float": FLOAT,
    "builtins.bool": BOOL,
    "builtins.str": STR,
    "builtins.list": ListType(NEVER),
    "builtins.dict": DictType(NEVER, NEVER),
    "builtins.set": SetType(NEVER),
    "collections.Counter": CounterType(NEVER, INT),
    "collections.deque": DequeType(NEVER),
}


def _mapping(context: Context, node: cst.Call, arguments: Sequence[cst.Arg], expected: Type | None) -> ir.Expr:
    """What `dict(...)` of the arguments gives."""
    made = cst.Call(builtin("dict"), list(arguments))
    context.source.place(made, node)
    wanted = DictType(expected.key, expected.value) if isinstance(expected, DictType) else None
    value = context.expression(made, wanted)
    if not isinstance(value.type, DictType):
        context.refuse("PCA307", node, "this dict holds values of several types")
    return value


def _ordered_dict(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`OrderedDict(...)`: whatever `dict(...)` makes, with a type of its own."""
    made = _mapping(context, node, node.args, expected)
    assert isinstance(made, ir.DictDisplay | ir.Comprehension | ir.Apply) and isinstance(made.type, DictType)
    return replace(made, type=OrderedDictType(made.type.key, made.type.value))


def _default_dict(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`defaultdict(factory, items)`."""
    if not node.args or node.args[0].star or node.args[0].keyword is not None:
        context.refuse("PCA401", node, "a defaultdict without a factory has no translation", "use a dict: {}")
    known = expected if isinstance(expected, DefaultDictType) else DefaultDictType(NEVER, NEVER)
    factory, *rest = node.args
    name = context.qualified(factory.value)
    arguments: list[ir.Expr] = []
    if name in _FACTORIES:
        made = DefaultDictType(known.key, _of_factory(context, node, known.value, _FACTORIES[name]))
    else:
        function, value = _factory(context, factory.value, known.value)
        made = DefaultDictType(known.key, value, plain=False)
        arguments.append(function)
    if rest:
        items = _mapping(context, node, rest, DictType(made.key, made.value))
        note_elements(context, made_at(context.span(node)), items)
        made = _with_items(context, node, made, items.type)
        arguments.append(items)
    if not is_settled(made) and expected is not None:
        made = replace(made, key=known.key)
    return ir.Collection(tuple(arguments), made, context.span(node))


def _of_factory(context: Context, node: cst.Call, known: Type, made: Type) -> Type:
    """What the values of a dict are: what the factory makes, once it is known what that holds."""
    if known == NEVER or type(known) is type(made):
        return made if known == NEVER else known
    context.refuse("PCA302", node, f"the values of this dict are {known} elsewhere, and {made} where they are made")


def _factory(context: Context, node: cst.BaseExpression, known: Type) -> tuple[ir.Expr, Type]:
    """The function that makes the values, and their type."""
    function = function_of(context, node, ())
    if not isinstance(function, ir.Lambda | ir.FunctionRef) or not isinstance(function.type, FunctionType):
        context.refuse("PCA303", node, f"a {function.type} makes no values", "write a lambda")
    result = function.type.result
    if isinstance(result, NoneType):
        context.refuse("PCA303", node, "this function gives no value")
    if isinstance(function, ir.Lambda) and not is_settled(result) and type(known) is type(result):
        function = replace(function, body=coerce(context, function.body, known, "the value"))
        function = replace(function, type=FunctionType((), known))
        result = known
    elif known not in (NEVER, result) and not is_settled(known):
        context.pending(node)
    return kept(context, node, function), result


def _with_items(context: Context, node: cst.Call, made: DefaultDictType, items: Type) -> DefaultDictType:
    assert isinstance(items, DictType)
    if made.value not in (NEVER, items.value) and is_settled(made.value) and is_settled(items.value):
        message = f"the values of this dict are {items.value}, and {made.value} where they are made"
        context.refuse("PCA302", node, message)
    value = items.value if is_settled(items.value) else made.value
    return replace(made, key=items.key if made.key == NEVER else made.key, value=value)


def _counter(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`Counter()`, `Counter(items)`, `Counter(mapping)`, `Counter(a=1)`."""
    span = context.span(node)
    if not node.args:
        return ir.Collection((), expected if isinstance(expected, CounterType) else CounterType(NEVER, INT), span)
    if len(node.args) == 1 and node.args[0].keyword is None and not node.args[0].star:
        counted = _counted(context, node.args[0].value)
    else:
        counted = _mapping(context, node, node.args, None)
    key = counted.type.key if isinstance(counted.type, DictType) else _element(context, node, counted.type)
    check_hashable(context, node, key)
    if isinstance(counted.type, DictType) and not isinstance(counted.type.value, IntType):
        context.refuse("PCA303", node, f"a Counter counts with ints, not with {counted.type.value}", "use a dict")
    return ir.Collection((counted,), CounterType(key, INT), span)


def _element(context: Context, node: cst.CSTNode, type_: Type) -> Type:
    assert isinstance(type_, ListType)
    if type_.element == NEVER:
        context.pending(node)
    return type_.element


def _counted(context: Context, node: cst.BaseExpression) -> ir.Expr:
    """What is counted: a mapping, or a list of the keys."""
    if not isinstance(node, cst.GeneratorExp | cst.ListComp):
        value = context.expression(node)
        if isinstance(value.type, DictType):
            return value
        if is_vector(value.type):
            return value
    return collected(context, node, node)


def _deque(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`deque()`, `deque(items, maxlen)`."""
    span = context.span(node)
    values, named = split(context, node, ("iterable", "maxlen"))
    items = values[0] if values else named.get("iterable")
    most = values[1] if len(values) > 1 else named.get("maxlen")
    if isinstance(most, cst.Name) and most.value == "None":
        most = None
    known = expected if isinstance(expected, DequeType) else DequeType(NEVER)
    held = ir.ListDisplay((), ListType(known.element), span) if items is None else _items(context, items, known)
    assert isinstance(held.type, ListType)
    element = known.element if held.type.element == NEVER else held.type.element
    if items is not None:
        note_elements(context, made_at(span), held)
    arguments = [held] if items is not None or most is not None else []
    if most is not None:
        bound = context.expression(most)
        if not isinstance(bound.type, IntType):
            context.refuse("PCA303", most, f"maxlen must be an int, not {bound.type}")
        arguments.append(bound)
    return ir.Collection(tuple(arguments), DequeType(element), span)


def _items(context: Context, node: cst.BaseExpression, known: DequeType) -> ir.Expr:
    """The items as a list: an empty one holds what the deque does."""
    if isinstance(node, cst.List | cst.Tuple) and not node.elements:
        return ir.ListDisplay((), ListType(known.element), context.span(node))
    if not isinstance(node, cst.GeneratorExp | cst.ListComp):
        value = context.expression(node)
        if is_vector(value.type):
            return value
    return collected(context, node, node)


def updated(context: Context, node: cst.Call, receiver: ir.Expr, name: str) -> ir.Expr | None:
    """`counter.update(items)`, `queue.extend(items)`, of anything that a loop runs over; None for other calls."""
    if len(node.args) != 1 or node.args[0].star or node.args[0].keyword is not None:
        return None
    match receiver.type:
        case CounterType() if name in {"update", "subtract"}:
            items = _counted(context, node.args[0].value)
        case DequeType() if name in {"extend", "extendleft"}:
            items = _items(context, node.args[0].value, receiver.type)
        case _:
            return None
    return rows.call_with(context, node, receiver, name, (items,))


def _changing(name: str, context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`heapq.heappush(heap, item)` and the like."""
    values, _ = split(context, node, ())
    if not values:
        context.refuse("PCA306", node, "a list is needed here")
    return rows.changing(context, node, name, [context.expression(value) for value in values])


_CHANGING = ("heapq.heappush", "heapq.heappop", "heapq.heapify", "bisect.insort", "bisect.insort_right")
LOWERINGS: dict[str, Callable[[Context, cst.Call, Type | None], ir.Expr | None]] = {
    "collections.OrderedDict": _ordered_dict,
    "collections.defaultdict": _default_dict,
    "collections.Counter": _counter,
    "collections.deque": _deque,
    **{name: partial(_changing, name) for name in _CHANGING},
}
