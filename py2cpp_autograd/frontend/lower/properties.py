"""Properties and constants of the API, and the parameters and buffers of its modules."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import lookup, parametrized
from py2cpp_autograd.frontend.lower.variants import applicable
from py2cpp_autograd.table.bind import property_type, setter
from py2cpp_autograd.types import TENSOR, ApiType, FunctionType, InstanceType, ListType, OptionalType


def constant(context: Context, node: cst.CSTNode, name: str) -> ir.Expr | None:
    """An API constant such as a dtype."""
    row = context.table.find(name)
    if row is None:
        return None
    lookup.check_refused(context, node, row)
    variant = row.variants[0]
    if variant.kind != "value":
        return None
    return ir.Apply(variant.key, variant.index, "value", (), property_type(context.table, variant), context.span(node))


def property_(context: Context, node: cst.Attribute, value: ir.Expr, name: str) -> ir.Expr | None:
    """A read of a property, or None when the table has none of that name."""
    row = lookup.find(context, node, value.type, name)
    if row is None:
        return None
    lookup.check_refused(context, node.attr, row)
    variant = applicable(context, row).variants[0]
    lookup.check_variant(context, node.attr, variant)
    if variant.kind != "get" and "type" not in variant.words:
        context.refuse("PCA103", node, f"method '{name}' as a value has no translation", "call it")
    arguments = (ir.Argument(variant.self_name, value),)
    type_ = property_type(context.table, variant, value.type)
    return ir.Apply(variant.key, variant.index, "get", arguments, type_, context.span(node))


def property_item(
    context: Context, node: cst.Subscript, attribute: cst.Attribute, index: cst.BaseExpression
) -> ir.Expr | None:
    """`value.name[index]` where the row can read one item alone."""
    if not context.table.has_items(attribute.attr.value):
        return None
    value = context.expression(attribute.value)
    row = None if isinstance(value.type, InstanceType) else lookup.find(context, node, value.type, attribute.attr.value)
    if row is None or "item" not in row.variants[0].words:
        return None
    position = context.expression(index)
    variant = row.variants[0]
    type_ = property_type(context.table, variant, value.type)
    if not isinstance(type_, ListType) or str(position.type) != "int":
        return None
    arguments = (ir.Argument(variant.self_name, value), ir.Argument("index", position))
    return ir.Apply(variant.key, variant.index, "item", arguments, type_.element, context.span(node))


def property_target(
    context: Context, node: cst.Attribute, instance: ir.Expr, name: str, value: ir.Expr
) -> ir.PropertyTarget | None:
    """The target `instance.name = value` when the table has a setter for such values."""
    row = lookup.find(context, node, instance.type, name)
    if row is None:
        return None
    lookup.check_refused(context, node.attr, row)
    variant = setter(context.table, row, value.type)
    if variant is not None:
        return ir.PropertyTarget(variant.key, variant.index, instance, value.type, context.span(node))
    if isinstance(value.type, FunctionType):
        message = f"'{name}' of a {instance.type} is replaced when the program runs"
        context.refuse("PCA203", node, message, "derive a class that defines it, and make one of these")
    context.refuse("PCA303", node, f"'{name}' of {instance.type} cannot be set to a value of type {value.type}")


def state(context: Context, node: cst.Attribute, value: ir.Expr, name: str) -> ir.Expr | None:
    """A parameter or buffer of an API module, or of a class that derives from one, such as a layer's weight."""
    type_ = hierarchy.api_class(value.type) if isinstance(value.type, InstanceType) else value.type
    row = context.table.find(type_.name) if isinstance(type_, ApiType) else None
    if row is None or name not in row.variants[0].state:
        return None
    parametrized.check_read(context, node, type_, name)
    return ir.Field(value, name, OptionalType(TENSOR), context.span(node))
