"""Assignments to attributes: of objects and classes of the program, of ctx, and properties of the API."""

from __future__ import annotations

from typing import NoReturn

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import is_settled
from py2cpp_autograd.frontend.lower import fields, flags, looseness, named_parts, properties, rows
from py2cpp_autograd.frontend.lower.aliases import note_alias
from py2cpp_autograd.frontend.lower.calls import class_named
from py2cpp_autograd.frontend.lower.classes import attributes as class_attributes
from py2cpp_autograd.frontend.lower.classes import dict_classes, families, members
from py2cpp_autograd.frontend.lower.part_names import note_named
from py2cpp_autograd.frontend.lower.values import coerce, is_tensor_like, widen
from py2cpp_autograd.frontend.scope import there
from py2cpp_autograd.frontend.walk import dotted
from py2cpp_autograd.nearest import did_you_mean
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    BOOL,
    STR,
    ApiType,
    InstanceType,
    ListType,
    NoneType,
    OptionalType,
    StrType,
    SymbolType,
    TensorType,
    Type,
    is_number,
    without_none,
)


def _refuse_patch(context: Context, target: cst.Attribute) -> None:
    """Refuse to replace a method of a class of the API."""
    row = context.table.find(context.qualified(target.value) or "")
    if row is not None and row.variants[0].kind == "class":
        message = f"'{target.attr.value}' of a class of the library is replaced when the program runs"
        context.refuse("PCA203", target, message, "derive a class that defines it, and use that")
    module = context.qualified(target.value)
    if module is not None and row is None and context.table.knows_module(module.partition(".")[0]):
        message = f"'{target.attr.value}' of module '{module}' is replaced when the program runs"
        context.refuse("PCA203", target, message, "define a function of your own, and call that")


def assign_attribute(context: Context, node: cst.CSTNode, target: cst.Attribute, value: ir.Expr) -> list[ir.Stmt]:
    """`value.name = ...` of a lowered value."""
    span = context.span(node)
    name = target.attr.value
    named = class_named(context, target.value)
    if named is not None:
        place = class_attributes.assign(context, target, named, name, value.type)
        note_alias(context, value, ("class attribute", named, name))
        return [ir.Assign(place, coerce(context, value, place.type, f"'{name}'"), span)]
    _refuse_patch(context, target)
    instance = context.expression(target.value)
    dict_classes.refuse_attribute(context, target, instance.type)
    return assign_field(context, node, target, instance, value)


def assign_field(
    context: Context, node: cst.CSTNode, target: cst.Attribute, instance: ir.Expr, value: ir.Expr
) -> list[ir.Stmt]:
    """`value.name = ...` of a lowered value and instance."""
    span, name = context.span(node), target.attr.value
    if isinstance(instance.type, InstanceType) and instance.type.kind == "family":
        return _assign_shared(context, target, instance, value)
    if isinstance(instance.type, InstanceType):
        dict_classes.check_changes(context, target, instance.type)
        setter = _setter(context, target, instance, name, value)
        if setter is not None:
            return [ir.ExprStmt(setter, span)]
        inherited = _inherited(context, node, target, instance, value)
        if inherited is not None:
            return inherited
        part = _part(context, target, instance, value)
        if part is not None:
            return [part]
        field = _field(context, target, instance, name, value)
        flags.note_field(context, str(instance.type), name, value)
        note_alias(context, value, ("field", str(instance.type), name))
        if not is_settled(value.type) and is_settled(field.type):
            widen(context, value, field.type)
        _narrow(context, target, value.type)
        if isinstance(field.type, NoneType | SymbolType):
            return []  # an attribute that is always None, or always one class, needs no place
        return [ir.Assign(field, coerce(context, value, field.type, f"'{name}'"), span)]
    if is_tensor_like(instance.type) or isinstance(instance.type, ApiType):
        of_api = _of_api(context, node, target, instance, value)
        if of_api is not None:
            return of_api
    if roles.is_context(instance.type):
        return [ir.Assign(_context_attribute(context, target, instance, name, value), value, span)]
    if is_tensor_like(instance.type) and not context.usage.is_asked_for(name):
        return _unread(context, node, target, instance, value)
    _refuse_unknown(context, target, instance.type)


def _refuse_unknown(context: Context, target: cst.Attribute, type_: Type) -> NoReturn:
    """Report an attribute that a value of the type cannot be given."""
    advice = "keep it in a variable, or in a dict by the tensor's name" if is_tensor_like(type_) else None
    message = f"attribute '{target.attr.value}' of {type_} cannot be assigned"
    context.refuse("PCA305", target, message, advice)


def _unread(
    context: Context, node: cst.CSTNode, target: cst.Attribute, instance: ir.Expr, value: ir.Expr
) -> list[ir.Stmt]:
    """`x.require_grad = True`: tensors take any attribute, and this one nothing reads. Only the parts are evaluated."""
    name = target.attr.value
    public = context.table.public_names(roles.TENSOR)
    if name in public or name.startswith("_"):
        _refuse_unknown(context, target, instance.type)
    advice = did_you_mean(name, public, 0.8) or "leave it out"
    context.report.add("PCA207", context.span(target), f"nothing reads '{name}', which tensors do not have", advice)
    parts = (value, instance)
    plain = (ir.Literal, ir.Name, ir.Field)
    return [ir.ExprStmt(part, context.span(node)) for part in parts if not isinstance(part, plain)]


def _assign_shared(context: Context, target: cst.Attribute, instance: ir.Expr, value: ir.Expr) -> list[ir.Stmt]:
    """The assignment of an attribute that objects of several classes have."""
    family, name = instance.type, target.attr.value
    assert isinstance(family, InstanceType)
    setter = members.call_special(context, target, instance, f"{name}.setter", (value,))
    if setter is not None:
        return [ir.ExprStmt(setter, context.span(target))]
    for owner in hierarchy.members_of(context, family):
        if hierarchy.method(context, owner, name) is not None:
            context.refuse("PCA206", target, f"'{name}' is a method", "give the attribute another name")
        one = ir.Convert(instance, hierarchy.instance_type(context, owner), instance.span)
        _field(context, target, one, name, value)
        flags.note_field(context, owner, name, value)
    type_ = families.field_type(context, target, family, name)
    note_alias(context, value, ("field", str(family), name))
    if not is_settled(value.type) and is_settled(type_):
        widen(context, value, type_)
    _narrow(context, target, value.type)
    place = ir.FieldTarget(instance, name, type_, context.span(target))
    return [ir.Assign(place, coerce(context, value, type_, f"'{name}'"), context.span(target))]


def _of_api(
    context: Context, node: cst.CSTNode, target: cst.Attribute, instance: ir.Expr, value: ir.Expr
) -> list[ir.Stmt] | None:
    """The assignment of a parameter of one of PyTorch's modules, or of a property."""
    note_alias(context, value, ("field", str(instance.type), target.attr.value))
    state = fields.state_target(context, target, instance, target.attr.value, value)
    found = state or properties.property_target(context, target, instance, target.attr.value, value)
    return None if found is None else [ir.Assign(found, value, context.span(node))]


def _inherited(
    context: Context, node: cst.CSTNode, target: cst.Attribute, instance: ir.Expr, value: ir.Expr
) -> list[ir.Stmt] | None:
    """The assignment of what a module has from the layer that its class derives from; None for its own attributes."""
    name = target.attr.value
    assert isinstance(instance.type, InstanceType)
    if instance.type.base is None or not hierarchy.has_api_attribute(context, instance.type, name):
        return None
    made = _of_api(context, node, target, instance, value)
    if made is None:
        context.refuse("PCA305", target, f"'{name}' of {instance.type.base} cannot be assigned")
    return made


def _setter(context: Context, target: cst.Attribute, instance: ir.Expr, name: str, value: ir.Expr) -> ir.Expr | None:
    """The setter of a property, called; None for other attributes."""
    definition = hierarchy.method(context, str(instance.type), name)
    if definition is None:
        return None
    if definition.kind != "property":
        context.refuse("PCA206", target, f"'{name}' is a method", "give the attribute another name")
    called = members.call_special(context, target, instance, f"{name}.setter", (value,))
    if called is None:
        context.refuse("PCA305", target, f"property '{name}' has no setter")
    return called


def _narrow(context: Context, target: cst.Attribute, type_: Type) -> None:
    """What an assignment tells about an attribute that may be None: of this object, and of others that may be it."""
    known = context.scope.narrowed
    for key in [key for key in known if key.endswith(f".{target.attr.value}")]:
        del known[key]
    if not isinstance(target.value, cst.Name):
        return
    name = f"{target.value.value}.{target.attr.value}"
    known[there(name)] = BOOL
    if not isinstance(type_, NoneType | OptionalType):
        known[name] = type_


def _field(context: Context, target: cst.Attribute, instance: ir.Expr, name: str, value: ir.Expr) -> ir.FieldTarget:
    class_name = str(instance.type)
    named_parts.check_attribute(context, target, class_name, name, without_none(value.type))
    registered = fields.registered(context, class_name, name, value)
    looseness.note_field(context, class_name, name, value)
    key = ("field", class_name, name)
    start = _start(context, class_name, name)
    if start is not None:
        looseness.note_field(context, class_name, name, start)
        context.assumptions.note(("instance attribute", class_name, name))
        context.settled(context.assumptions.join(key, start.type), target, f"'{name}'")
    type_ = flags.settled(context, context.assumptions.join(key, value.type), target, f"'{name}'")
    if not context.scope.constructing and hierarchy.is_frozen(context, class_name):
        context.refuse("PCA303", target, f"'{class_name}' is frozen: its attributes cannot be assigned")
    if not context.scope.constructing:
        context.assumptions.note(("field assigned", class_name, name))
    return ir.FieldTarget(instance, name, type_, context.span(target), registered)


def _part(context: Context, target: cst.Attribute, instance: ir.Expr, value: ir.Expr) -> ir.Stmt | None:
    """In Python a module that becomes an attribute of a Sequential is one that it runs."""
    is_sequential = isinstance(instance.type, InstanceType) and instance.type.base == roles.DERIVED_SEQUENTIAL
    if not is_sequential or not rows.is_module_type(context, without_none(value.type)):
        return None
    if isinstance(value.type, OptionalType):
        advice = f'write {dotted(target.value)}.add_module("{target.attr.value}", ...)'
        context.refuse("PCA102", target, "a module of an nn.Sequential that may be None has no translation", advice)
    name = cst.SimpleString(repr(target.attr.value))
    note_named(context, name, STR, value)
    given = (ir.Literal(target.attr.value, STR, context.span(target.attr)), value)
    return ir.ExprStmt(rows.apply_method(context, target, instance, "add_module", given), context.span(target))


def _start(context: Context, class_name: str, name: str) -> ir.Expr | None:
    """The class attribute that instances have before they are assigned one: not the default of a dataclass's field."""
    if any(field.name == name for field in hierarchy.dataclass_fields(context, class_name)):
        return None
    return class_attributes.value_of(context, class_name, name)


def _context_attribute(
    context: Context, target: cst.Attribute, instance: ir.Expr, name: str, value: ir.Expr
) -> ir.FieldTarget:
    key = ("context", context.scope.self_class or "", name)
    if not (is_number(value.type) or isinstance(value.type, StrType | TensorType | ListType)):
        context.refuse("PCA303", target, f"ctx cannot hold a value of type {value.type} in C++")
    type_ = context.settled(context.assumptions.join(key, value.type), target, f"'{name}'")
    return ir.FieldTarget(instance, name, type_, context.span(target))
