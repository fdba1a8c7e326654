"""Names and attributes: variables, API constants, properties of the table, fields of the program's classes."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import (
    api_functions,
    class_names,
    closures,
    flags,
    keyword_dicts,
    late_attributes,
    lookup,
    looseness,
    method_values,
    named_parts,
    open_functions,
    operator_functions,
    properties,
    symbols,
    totals,
)
from py2cpp_autograd.frontend.lower.calls import class_named
from py2cpp_autograd.frontend.lower.certain import certain
from py2cpp_autograd.frontend.lower.classes import attributes as class_attributes
from py2cpp_autograd.frontend.lower.classes import dict_classes, enumerations, families, members
from py2cpp_autograd.frontend.lower.classes.building import build_class
from py2cpp_autograd.frontend.lower.operator_names import is_operator
from py2cpp_autograd.frontend.lower.targets import choose_version_read
from py2cpp_autograd.frontend.lower.values import literal
from py2cpp_autograd.frontend.lower.variable_reads import read_variable, without_doubt
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    INT,
    ApiType,
    FunctionType,
    InstanceType,
    NeverType,
    NoneType,
    OptionalType,
    SymbolType,
    TupleType,
    Type,
)

#: The refusal of what may define names that the program does not show: `import *`.
_HIDES_NAMES = "PCA202"


def lower_name(context: Context, node: cst.Name, expected: Type | None) -> ir.Expr:
    """A bare name."""
    name = node.value
    if name in {"True", "False", "None"}:
        return literal({"True": True, "False": False, "None": None}[name], context.span(node))
    if name == context.scope.instance and context.scope.instance_type is not None and not context.scope.owns(name):
        return ir.Name(name, context.scope.instance_type, context.span(node))
    dispatched = context.scope.standing(name)
    if dispatched is not None:
        return replace(dispatched, span=context.span(node))
    resolved = context.resolve(name)
    match resolved.kind:
        case "variable" if resolved.scope is not None:
            choose_version_read(context, resolved.scope, node)
            value = read_variable(context, node, name, resolved.scope)
            value = totals.read(context, node, resolved.scope, value)
            return closures.as_function(context, node, value, expected)
        case "function" if resolved.scope is not None:
            if isinstance(expected, FunctionType) and open_functions.is_known(expected):
                return closures.function_value(context, node, resolved.scope, expected)
            if symbols.is_default(context):
                return symbols.symbol(context, node, name, "function")
            return closures.open_value(context, node, resolved.scope)
        case "apply":
            context.refuse("PCA103", node, f"'{resolved.name}.apply' as a value has no translation here", "call it")
        case "unknown" if context.scope.class_body is not None:
            found = class_attributes.read(context, node, context.scope.class_body, name)
            if found is not None:
                return found
            context.refuse("PCA201", node, f"name '{name}' is not defined")
        case "class":
            return symbols.symbol(context, node, name, "class")
        case "api":
            return _api_value(context, node, resolved.name, expected)
        case _:
            if name in context.scope.poisoned:
                context.pending(node)
            if name == context.scope.keywords:
                return keyword_dicts.whole(context, node)
            if any(found.code == _HIDES_NAMES for found in context.report.diagnostics):
                context.pending(node)
            context.refuse("PCA201", node, f"name '{name}' is not defined")


def _api_value(context: Context, node: cst.BaseExpression, name: str, expected: Type | None) -> ir.Expr:
    found = properties.constant(context, node, name)
    if found is not None:
        return found
    if is_operator(name):
        return operator_functions.value(context, node, name, expected)
    row = context.table.find(name)
    if row is None and name in class_names.BUILTINS:
        return symbols.symbol(context, node, name, "api")
    if row is None:
        lookup.refuse_unmapped(context, node, name)
    function = None if symbols.is_default(context) else api_functions.value(context, node, row, expected)
    return symbols.symbol(context, node, row.key, "api") if function is None else function


def lower_attribute(context: Context, node: cst.Attribute, expected: Type | None) -> ir.Expr:
    """`value.name`."""
    name = context.qualified(node)
    if name is not None:
        return _api_value(context, node, name, expected)
    attribute = node.attr.value
    instance = class_names.instance_of(context, node)
    if instance is not None:
        return class_names.lower(context, node, instance)
    own = class_names.of_definition(context, node)
    if own is not None:
        return own
    named = class_named(context, node.value)
    if named is not None:
        return _of_class(context, node, named, attribute)
    value = certain(context.expression(node.value))
    match value.type:
        case InstanceType(name=class_name, kind="enum"):
            return enumerations.attribute(context, node, value, class_name)
        case InstanceType(kind="family"):
            return closures.as_function(context, node, families.attribute(context, node, value), expected)
        case InstanceType(name=class_name):
            dict_classes.refuse_attribute(context, node, value.type)
            method = method_read(context, value, class_name, attribute)
            if method is not None:
                return method_values.bound(context, node, method, expected)
            return closures.as_function(context, node, field(context, node, value, class_name, attribute), expected)
        case TupleType(names=names) if attribute in names:
            position = names.index(attribute)
            index = ir.Literal(position, INT, context.span(node.attr))
            return ir.Subscript(value, index, value.type.elements[position], context.span(node))
        case _:
            return _property(context, node, value, attribute)


def _of_class(context: Context, node: cst.Attribute, class_name: str, name: str) -> ir.Expr:
    """`C.name`."""
    if hierarchy.kind_of(context, class_name) == "function":
        context.refuse("PCA103", node, f"class '{class_name}' as a value has no translation")
    if hierarchy.method(context, class_name, name) is not None:
        context.refuse("PCA103", node, f"method '{name}' as a value has no translation", "call it")
    if hierarchy.kind_of(context, class_name) == "enum":
        return enumerations.member(context, node, class_name, name)
    found = class_attributes.read(context, node, class_name, name)
    if found is None:
        context.refuse("PCA305", node, f"class '{class_name}' has no attribute '{name}'")
    if isinstance(found, ir.ClassAttribute):
        build_class(context, class_name)
    return found


def method_read(context: Context, value: ir.Expr, class_name: str, name: str) -> hierarchy.Method | None:
    """The method that an attribute is; None for what objects have of their own, and for properties."""
    method = hierarchy.method(context, class_name, name)
    own = not isinstance(context.assumptions.get(("field", class_name, name)), NeverType)
    return None if own or method is None or method.kind == "property" else method


def field(context: Context, node: cst.Attribute, value: ir.Expr, class_name: str, name: str) -> ir.Expr:
    """An attribute of an instance of a class of the program."""
    definition = hierarchy.method(context, class_name, name)
    if definition is not None and definition.kind == "property":
        read = members.call_special(context, node, value, name, ())
        assert read is not None
        return read
    type_ = context.assumptions.get(("field", class_name, name))
    if not isinstance(type_, NeverType):
        checked = late_attributes.is_checked(context, node, class_name, type_)
        if isinstance(type_, NoneType):
            return literal(None, context.span(node))
        if isinstance(type_, SymbolType):
            return symbols.read(type_, context.span(node))
        read_as = looseness.read_field(context, class_name, name, type_)
        read = ir.Field(value, name, read_as, context.span(node), checked)
        return flags.field(context, class_name, name, _narrowed(context, node, read))
    if definition is not None:
        context.refuse("PCA103", node, f"method '{name}' as a value has no translation", "call it")
    shared = class_attributes.read(context, node, class_name, name)
    if shared is not None:
        return shared
    assert isinstance(value.type, InstanceType)
    found = properties.property_(context, node, value, name) if value.type.kind == "module" else None
    found = found or properties.state(context, node, value, name)
    if found is not None:
        return found
    part = named_parts.literal_read(context, node, value)
    if part is not None:
        return part
    if hierarchy.assigns(context, class_name, name):
        context.pending(node)
    context.refuse("PCA305", node, f"class '{class_name}' has no attribute '{name}'")


def _narrowed(context: Context, node: cst.Attribute, read: ir.Field) -> ir.Expr:
    """An optional attribute that a test, or an assignment, has shown not to be None."""
    if not isinstance(node.value, cst.Name) or not isinstance(read.type, OptionalType):
        return read
    known = context.scope.narrowed.get(f"{node.value.value}.{node.attr.value}")
    return read if known is None else without_doubt(read, read.type.inner)


def _property(context: Context, node: cst.Attribute, value: ir.Expr, name: str) -> ir.Expr:
    found = properties.property_(context, node, value, name)
    if found is not None:
        return found
    if roles.is_context(value.type):
        key = ("context", context.scope.self_class or "", name)
        type_ = context.assumptions.get(key)
        if isinstance(type_, NeverType):
            context.pending(node)
        return ir.Field(value, name, type_, context.span(node))
    if isinstance(value.type, ApiType):
        found = properties.state(context, node, value, name)
        if found is not None:
            return found
    part = named_parts.literal_read(context, node, value)
    if part is not None:
        return part
    lookup.refuse_attribute(context, node, value.type, name)
