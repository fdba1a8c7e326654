"""Elements as targets: `values[index] = value` of lists, dicts, tensors, objects and values of PyTorch."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import rows
from py2cpp_autograd.frontend.lower.aliases import is_key, note_held, note_mutation, place_of
from py2cpp_autograd.frontend.lower.certain import certain
from py2cpp_autograd.frontend.lower.classes import members
from py2cpp_autograd.frontend.lower.hashes import check_hashable
from py2cpp_autograd.frontend.lower.part_names import note_named
from py2cpp_autograd.frontend.lower.shared_state import note_modules
from py2cpp_autograd.frontend.lower.subscripts import tensor_index_parts, written_index
from py2cpp_autograd.frontend.lower.values import coerce, is_tensor_like, widen
from py2cpp_autograd.types import (
    ApiType,
    CounterType,
    DictType,
    InstanceType,
    IntType,
    ListType,
    NeverType,
    TensorType,
    is_number,
)


def item_of_api(context: Context, target: cst.Subscript, value: ir.Expr) -> ir.Stmt | None:
    """`value[index] = ...` of an instance of an API class, which its row says."""
    container = context.expression(target.value)
    part = target.slice[0].slice
    if not isinstance(container.type, ApiType) or len(target.slice) != 1 or not isinstance(part, cst.Index):
        return None
    index = context.expression(part.value)
    stored = rows.apply_method(context, target, container, "__setitem__", (index, value))
    return ir.ExprStmt(stored, context.span(target))


def subscript(context: Context, target: cst.Subscript, value: ir.Expr) -> ir.Target | ir.MethodCall:
    """An element as a target; of an object, the call of its `__setitem__`."""
    container = certain(context.expression(target.value))
    span = context.span(target)
    if isinstance(container.type, TensorType):
        parts = tensor_index_parts(context, target)
        if not (is_tensor_like(value.type) or is_number(value.type)):
            context.refuse("PCA303", target, f"elements of a tensor cannot be set to {value.type}")
        return ir.TensorIndexTarget(container, parts, value.type, span)
    index_node = written_index(context, target)
    if index_node is None:
        context.refuse("PCA102", target, "assigning to a slice of a list has no translation")
    index = context.expression(index_node)
    if isinstance(container.type, InstanceType):
        called = members.call_special(context, target, container, "__setitem__", (index, value))
        if not isinstance(called, ir.MethodCall):
            context.refuse("PCA303", target, f"elements of a {container.type} cannot be assigned")
        return called
    note_named(context, index_node, index.type, value)
    return element(context, target, container, index, value)


def _check_count(context: Context, target: cst.CSTNode, container: DictType, value: ir.Expr) -> None:
    if isinstance(container, CounterType) and not isinstance(value.type, IntType | NeverType):
        message = f"a Counter counts with ints, not with {value.type}"
        context.refuse("PCA302", target, message, "use a dict: sums[key] = sums.get(key, 0.0) + x")


def element(
    context: Context, target: cst.CSTNode, container: ir.Expr, index: ir.Expr, value: ir.Expr, is_there: bool = False
) -> ir.SubscriptTarget:
    """An element of a list or dict, which then holds the value, as a target; `is_there`: it has been read."""
    span = context.span(target)
    known = is_there or is_key(context, index)
    note_mutation(context, container, resized=isinstance(container.type, DictType) and not known)
    note_held(context, place_of(context, container), value)
    note_modules(context, value)
    match container.type:
        case ListType(element=element, fixed=False) if not is_tensor_like(index.type):
            widen(context, container, ListType(value.type))
            return ir.SubscriptTarget(container, index, element, span)
        case DictType(key=key, value=held):
            check_hashable(context, target, index.type)
            _check_count(context, target, container.type, value)
            widen(context, container, replace(container.type, key=index.type, value=value.type))
            return ir.SubscriptTarget(container, coerce(context, index, key, "the key"), held, span)
        case _:
            context.refuse("PCA303", target, f"elements of a value of type {container.type} cannot be assigned")
