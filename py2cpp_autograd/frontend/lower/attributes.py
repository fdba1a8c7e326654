"""Names and attributes: variables, API constants, properties of the table, fields of the program's classes."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import classes, closures, rows
from py2cpp_autograd.frontend.lower.values import literal, read_variable
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    INT,
    ApiType,
    FunctionType,
    InstanceType,
    NeverType,
    TupleType,
    Type,
)


def lower_name(context: Context, node: cst.Name, expected: Type | None) -> ir.Expr:
    """A bare name."""
    name = node.value
    if name in {"True", "False", "None"}:
        return literal({"True": True, "False": False, "None": None}[name], context.span(node))
    if name == context.scope.instance and context.scope.instance_type is not None and not context.scope.owns(name):
        return ir.Name(name, context.scope.instance_type, context.span(node))
    resolved = context.resolve(name)
    match resolved.kind:
        case "variable" if resolved.scope is not None:
            return read_variable(context, node, name, resolved.scope)
        case "function" if resolved.scope is not None:
            if isinstance(expected, FunctionType):
                return closures.function_value(context, node, resolved.scope, expected)
            closures.refuse_as_value(context, node, resolved.scope)
        case "apply":
            context.refuse("PCA103", node, f"'{resolved.name}.apply' as a value has no translation here", "call it")
        case "class":
            context.refuse("PCA103", node, f"class '{name}' as a value has no translation")
        case "api":
            return _api_value(context, node, resolved.name)
        case _:
            if name in context.scope.poisoned:
                context.pending(node)
            context.refuse("PCA201", node, f"name '{name}' is not defined")


def _api_value(context: Context, node: cst.BaseExpression, name: str) -> ir.Expr:
    found = rows.constant(context, node, name)
    if found is not None:
        return found
    row = context.table.find(name)
    if row is None:
        rows.refuse_unmapped(context, node, name)
    context.refuse("PCA103", node, f"'{name}' as a value has no translation", "call it")


def lower_attribute(context: Context, node: cst.Attribute, expected: Type | None) -> ir.Expr:
    """`value.name`."""
    name = context.qualified(node)
    if name is not None:
        return _api_value(context, node, name)
    value = context.expression(node.value)
    attribute = node.attr.value
    match value.type:
        case InstanceType(name=class_name):
            return _field(context, node, value, class_name, attribute)
        case TupleType(names=names) if attribute in names:
            position = names.index(attribute)
            index = ir.Literal(position, INT, context.span(node.attr))
            return ir.Subscript(value, index, value.type.elements[position], context.span(node))
        case _:
            return _property(context, node, value, attribute)


def _field(context: Context, node: cst.Attribute, value: ir.Expr, class_name: str, name: str) -> ir.Expr:
    key = ("field", class_name, name)
    type_ = context.assumptions.get(key)
    if not isinstance(type_, NeverType):
        return ir.Field(value, name, type_, context.span(node))
    if classes.defines(context, class_name, name):
        context.refuse("PCA103", node, f"method '{name}' as a value has no translation", "call it")
    found = rows.property_(context, node, value, name)
    if found is not None:
        return found
    if classes.assigns(context, class_name, name):
        context.pending(node)
    context.refuse("PCA305", node, f"class '{class_name}' has no attribute '{name}'")


def _property(context: Context, node: cst.Attribute, value: ir.Expr, name: str) -> ir.Expr:
    found = rows.property_(context, node, value, name)
    if found is not None:
        return found
    if roles.is_context(value.type):
        key = ("context", context.scope.self_class or "", name)
        type_ = context.assumptions.get(key)
        if isinstance(type_, NeverType):
            context.pending(node)
        return ir.Field(value, name, type_, context.span(node))
    if isinstance(value.type, ApiType):
        found = rows.state(context, node, value, name)
        if found is not None:
            return found
    rows.refuse_attribute(context, node, value.type, name)
