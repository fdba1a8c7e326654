"""What a loop would run over, as an iterator that is kept: `py2cpp::Iterator<T>` in C++."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import is_settled
from py2cpp_autograd.frontend.lower import generators, rows
from py2cpp_autograd.frontend.lower.aliases import holds_containers, note_alias
from py2cpp_autograd.frontend.sharing import made_at
from py2cpp_autograd.ir_walk import children, iterable_children
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    ApiType,
    FunctionType,
    IteratorType,
    ListType,
    NoneType,
    OptionalType,
    TupleType,
    Type,
)

_ADVICE = "make a list of it: list(...)"


def of(context: Context, node: cst.CSTNode, iterable: ir.Iterable, item: Type) -> ir.Expr:
    """An iterator over an iterable; refused where it gives lists or dicts, which C++ would copy out of it."""
    if holds_containers(item):
        message = f"a kept iterator that gives a {item} has no translation"
        context.refuse("PCA103", node, message, "write a loop, or give its parts: tensors, numbers, tuples of these")
    match iterable:
        case ir.Items(value=value) if isinstance(value.type, IteratorType):
            return value
        case ir.Generated(call=call):
            return started(context, node, call)
        case ir.Range(start=start, stop=stop, step=step):
            return rows.apply_function(context, node, "builtins.iter", (start, stop, step))
        case ir.Enumerate(inner=inner, start=start):
            items = _part(context, node, inner, item, 1)
            return rows.apply_function(context, node, "builtins.enumerate", (items, start))
        case ir.Zip(inners=inners):
            parts = [_part(context, node, inner, item, place) for place, inner in enumerate(inners)]
            return rows.apply_function(context, node, "builtins.zip", parts)
        case ir.Items(value=ir.Apply(row=roles.COLUMNS)):
            context.refuse("PCA103", node, "a kept iterator over columns has no translation", _ADVICE)
        case ir.Items(value=value) if is_row(value):
            return _over_row(context, node, value, item)
        case _:
            _note_kept(context, node, iterable)
            held = iterable.value if isinstance(iterable, ir.Items) else None
            if held is None or not isinstance(held.type, ListType):
                held = listed(context, node, iterable, item, fixed=True)
            return rows.apply_function(context, node, "builtins.iter", (held,))


def _part(context: Context, node: cst.CSTNode, inner: ir.Iterable, item: Type, place: int) -> ir.Expr:
    assert isinstance(item, TupleType)
    return of(context, node, inner, item.elements[place])


def is_row(value: ir.Expr) -> bool:
    """Whether a list is the batches of a loader, which it gives one by one."""
    called = isinstance(value, ir.Apply) and value.row.endswith(".__iter__")
    return called and isinstance(value, ir.Apply) and isinstance(value.arguments[0].value.type, ApiType)


def has_iterator(context: Context, value: ir.Expr) -> bool:
    """Whether a list is the batches of a loader that has an iterator, too."""
    owner = value.arguments[0].value.type if isinstance(value, ir.Apply) and is_row(value) else None
    return isinstance(owner, ApiType) and context.table.member(owner.name, "__iterate__") is not None


def _over_row(context: Context, node: cst.CSTNode, value: ir.Expr, item: Type) -> ir.Expr:
    assert isinstance(value, ir.Apply)
    receiver = value.arguments[0].value
    if not has_iterator(context, value):
        context.refuse("PCA103", node, f"an iterator over a {receiver.type} has no translation", _ADVICE)
    made = rows.apply_method(context, node, receiver, "__iterate__", ())
    return replace(made, type=IteratorType(item))


def listed(
    context: Context, node: cst.CSTNode, iterable: ir.Iterable, item: Type, fixed: bool = False
) -> ir.Comprehension:
    """The items of an iterable in a list of their own; `fixed`: nothing changes it."""
    span = context.span(node)
    name = context.scope.fresh_name("item")
    clause = ir.Clause(ir.NameTarget(name, item, span), iterable, None)
    element = ir.Name(name, item, span)
    return ir.Comprehension("list", None, element, (clause,), None, ListType(item, fixed), span)


def _note_kept(context: Context, node: cst.CSTNode, iterable: ir.Iterable) -> None:
    """The iterator keeps what it runs over: a list that is changed while it is there is refused."""
    for value in iterable_children(iterable):
        note_alias(context, value, made_at(context.span(node)), kept=True)


# ------------------------------------------------------------------------------------------ generators


def started(context: Context, node: cst.CSTNode, call: ir.Expr) -> ir.Expr:
    """The iterator of a generator that has been called."""
    assert isinstance(call, ir.Call | ir.MethodCall | ir.StaticCall)
    if not isinstance(call.type, ListType) or not is_settled(call.type):
        context.pending(node)
    if isinstance(call.type.element, NoneType) or holds_containers(call.type.element):
        context.refuse("PCA103", node, f"a kept generator of {call.type.element} has no translation", _ADVICE)
    _check_started(context, node, call)
    for value in children(call):
        note_alias(context, value, made_at(value.span))
    return ir.Started(call, IteratorType(call.type.element), context.span(node))


def _check_started(context: Context, node: cst.CSTNode, call: ir.Call | ir.MethodCall | ir.StaticCall) -> None:
    """Refuse generators that would outlive what they use, or that do something when they are given up."""
    name = call.function if isinstance(call, ir.Call) else call.method
    if isinstance(call, ir.Call) and name not in context.module_scope.functions:
        context.refuse("PCA103", node, f"'{name}' is a function inside a function: its generator is not kept", _ADVICE)
    owner = call.instance if isinstance(call, ir.MethodCall) else None
    if owner is not None and str(owner.type) in context.loaders:
        message = "the iterator of a loader of this data set is not kept: it would draw random numbers too late"
        context.refuse("PCA103", node, message, "write a loop over the loader, and over no other loader beside it")
    if isinstance(owner, ir.Name) and owner.name == context.scope.instance:
        context.refuse("PCA103", node, "a generator of the object itself is not kept", _ADVICE)
    for value in children(call):
        inner = value.type.inner if isinstance(value.type, OptionalType) else value.type
        plain = not isinstance(inner, ApiType | FunctionType) or rows.is_module_type(context, inner)
        if not plain and not (isinstance(inner, ApiType) and inner.name in roles.SHAREABLE):
            context.refuse("PCA103", node, f"a kept generator that takes a {value.type} has no translation", _ADVICE)
    definition = _definition(context, call, name)
    if definition is None or generators.guards_yields(definition):
        message = "a generator that yields inside `with` or `try` is not kept: it would have to be closed"
        context.refuse("PCA103", node, message, _ADVICE)


def _definition(context: Context, call: ir.Call | ir.MethodCall | ir.StaticCall, name: str) -> cst.FunctionDef | None:
    if isinstance(call, ir.Call):
        found: cst.CSTNode | None = context.module_scope.functions.get(name)
    else:
        owner = call.class_name if isinstance(call, ir.StaticCall) else str(call.instance.type)
        method = hierarchy.method(context, owner, name)
        found = None if method is None else method.node
    return found if isinstance(found, cst.FunctionDef) else None
