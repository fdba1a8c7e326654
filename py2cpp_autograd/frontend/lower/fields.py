"""Stores into attributes of instances: their types, and what a module registers of them."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import properties, registrations, rows
from py2cpp_autograd.frontend.lower.shared_state import note_bound, note_stored
from py2cpp_autograd.frontend.lower.values import coerce, is_tensor_like, literal
from py2cpp_autograd.frontend.scope import TRANSIENT
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    TENSOR,
    ApiType,
    InstanceType,
    NoneType,
    OptionalType,
    is_module_instance,
    without_none,
)


def registered(context: Context, class_name: str, name: str, value: ir.Expr) -> str | None:
    """What a module of the class registers when the value becomes its attribute `name`, besides children."""
    if hierarchy.kind_of(context, class_name) != "module":
        return None
    kind = registrations.kind_of(context, value) or _known_buffer(context, class_name, name)
    if kind is not None:
        context.assumptions.note(("registered", class_name, name, kind))
    if kind is not None or rows.is_module_type(context, without_none(value.type)):
        note_stored(context, value)
    return kind


def _known_buffer(context: Context, class_name: str, name: str) -> str | None:
    return "buffer" if ("registered", class_name, name, "buffer") in context.assumptions.facts else None


def note_variable(context: Context, name: str, value: ir.Expr) -> None:
    """Remember that a variable holds a parameter, which an attribute of a module would register, or a module."""
    if registrations.kind_of(context, value) == "parameter":
        context.assumptions.note(("holds", context.scope.identity, name, "parameter"))
    note_bound(context, name, value)


def state_target(
    context: Context, node: cst.Attribute, instance: ir.Expr, name: str, value: ir.Expr
) -> ir.FieldTarget | None:
    """`layer.weight = parameter` of one of PyTorch's modules."""
    held = properties.state(context, node, instance, name)
    if held is None or not is_tensor_like(value.type):
        return None
    if registrations.kind_of(context, value) != "parameter":
        context.refuse("PCA303", node, f"'{name}' of a module takes a parameter", "wrap the tensor in nn.Parameter")
    note_stored(context, value)
    return ir.FieldTarget(instance, name, held.type, context.span(node), "parameter")


def lower_registration(context: Context, node: cst.Call) -> list[ir.Stmt] | None:
    """`self.register_buffer("name", tensor)` and the like: rows that say what they register."""
    scope = context.scope
    match node.func:
        case cst.Attribute(value=cst.Name(value=owner), attr=cst.Name(value=method)) if (
            owner == scope.instance and scope.self_class is not None
        ):
            kind = rows.registering_method(context, scope.self_class, method)
        case _:
            return None
    if kind is None or kind == "module":
        return None
    given = _given(context, node, method)
    name = _written_name(context, node, method, given)
    _check_persistent(context, node, given)
    value = context.expression(given["value"])
    span = context.span(node)
    is_none = isinstance(value.type, NoneType)
    if not is_none:
        context.assumptions.note(("registered", scope.self_class, name, kind))
    held = OptionalType(TENSOR) if is_none else value.type
    joined = context.assumptions.join(("field", scope.self_class, name), held)
    type_ = context.settled(joined, node, f"'{name}'")
    instance = ir.Name(owner, hierarchy.instance_type(context, scope.self_class), span)
    place = ir.FieldTarget(instance, name, type_, span, None if is_none else kind)
    return [ir.Assign(place, coerce(context, value, type_, name), span)]


def added_module(context: Context, node: cst.Call) -> tuple[cst.Attribute, cst.BaseExpression] | None:
    """`net.add_module("name", module)` of a class of the program: the attribute that it assigns, and the module."""
    match node.func:
        case cst.Attribute(value=owner, attr=cst.Name(value=method)) if context.qualified(node.func) is None:
            row = context.table.attribute(ApiType(roles.MODULE), method)
        case _:
            return None
    if row is None or row.variants[0].registers != "module":
        return None
    receiver = context.expression(owner)
    if isinstance(receiver.type, InstanceType) and receiver.type.base == roles.DERIVED_SEQUENTIAL:
        return None
    if not is_module_instance(receiver.type) or hierarchy.method(context, str(receiver.type), method) is not None:
        return None
    given = _given(context, node, method)
    target = cst.Attribute(owner, cst.Name(_written_name(context, node, method, given)))
    for made in (target, target.attr):
        context.source.place(made, node)
    return target, given["value"]


def _written_name(context: Context, node: cst.Call, method: str, given: dict[str, cst.BaseExpression]) -> str:
    written = given.get("name")
    is_name = isinstance(written, cst.SimpleString) and str(written.evaluated_value).isidentifier()
    if not isinstance(written, cst.SimpleString) or not is_name or "value" not in given:
        context.refuse("PCA404", node, f"{method} needs its name as a literal, and a value")
    return str(written.evaluated_value)


_REGISTERED = ("name", "value", "persistent")
_KEYWORDS = {"tensor": "value", "param": "value", "module": "value"}


def _given(context: Context, node: cst.Call, method: str) -> dict[str, cst.BaseExpression]:
    given: dict[str, cst.BaseExpression] = {}
    for index, argument in enumerate(node.args):
        keyword = None if argument.keyword is None else argument.keyword.value
        if argument.star or index >= len(_REGISTERED):
            context.refuse("PCA402", node, f"{method} takes a name and a value")
        given[_REGISTERED[index] if keyword is None else _KEYWORDS.get(keyword, keyword)] = argument.value
    return given


def _check_persistent(context: Context, node: cst.Call, given: dict[str, cst.BaseExpression]) -> None:
    """LibTorch's state has every buffer; Python's leaves those out that are not persistent."""
    if "persistent" not in given:
        return
    flag = context.expression(given["persistent"])
    if not isinstance(flag, ir.Literal):
        context.refuse("PCA404", node, "whether the buffer is persistent must be a literal")
    if flag == literal(False, flag.span):
        context.assumptions.note(TRANSIENT)
