"""Questions about types and attributes, which have their answer before the program runs."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import flags, late_attributes, named_parts
from py2cpp_autograd.frontend.lower.builtin_calls import instances, python_attributes
from py2cpp_autograd.frontend.lower.classes import dict_classes, enumerations, members
from py2cpp_autograd.frontend.lower.rows import is_module_type
from py2cpp_autograd.frontend.lower.tuples import is_plain
from py2cpp_autograd.frontend.lower.values import answered, literal
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    ApiType,
    InstanceType,
    NeverType,
    OptionalType,
    TupleType,
    Type,
)


def _special(method: str) -> Callable[[Context, cst.Call, Type | None], ir.Expr | None]:
    """A builtin that calls a special method of an object, and is a row for everything else."""

    def lowering(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr | None:
        if len(node.args) != 1 or node.args[0].keyword is not None or node.args[0].star:
            return None
        if not any(hierarchy.method(context, name, method) for name in context.classes):
            return None
        value = context.expression(node.args[0].value)
        if not isinstance(value.type, InstanceType) or value.type.kind == "enum":
            return None
        return members.call_special(context, node, value, method, ())

    return lowering


def _len(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr | None:
    """`len(x)`: of an object by its method, of a tuple of known length a constant."""
    match [argument.value for argument in node.args]:
        case [cst.Name(value=name)] if context.resolve(name).kind == "class":
            if hierarchy.kind_of(context, name) == "enum":
                return literal(len(enumerations.member_names(context, name)), context.span(node))
    called = _special("__len__")(context, node, expected)
    if called is not None or len(node.args) != 1 or isinstance(node.args[0].value, cst.Call):
        return called
    value = context.expression(node.args[0].value)
    keys = dict_classes.keys_of(context, value.type)
    if keys is not None:
        return answered(value, len(keys), context.span(node))
    if isinstance(value.type, TupleType) and (is_plain(value) or isinstance(value, ir.Subscript)):
        return literal(len(value.type.elements), context.span(node))
    return None


def _hasattr(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr | None:
    """`hasattr(value, "name")`."""
    match [argument.value for argument in node.args]:
        case [value, cst.SimpleString(evaluated_value=str(name))]:
            module = context.qualified(value)
            if module is not None and context.table.find(f"{module}.{name}") is not None:
                return literal(True, context.span(node))  # a function or class of a library's module
            instance = context.expression(value)
            if late_attributes.may_have(context, instance.type, name):
                return late_attributes.asked(context, node, instance, name)
            return answered(instance, _has(context, node, instance, name), context.span(node))
        case [_, name]:
            return _chosen(context, node, name)
        case _:
            return None


def _has(context: Context, node: cst.Call, value: ir.Expr, name: str) -> bool:
    """Whether a value surely has, or surely lacks, an attribute."""
    match value.type:
        case InstanceType(kind="family"):
            return _all_have(context, node, value, name)
        case InstanceType(name=class_name):
            if late_attributes.may_have(context, value.type, name):
                late_attributes.refuse_doubtful(context, node, name)
            is_module = value.type.kind == "module"
            known = is_module and hierarchy.has_api_attribute(context, value.type, name)
            defined = hierarchy.method(context, class_name, name) or hierarchy.attribute(context, class_name, name)
            is_object = value.type.kind == "object" and python_attributes.of_object(name)
            return bool(known or defined or is_object) or hierarchy.assigns(context, class_name, name)
        case OptionalType() | NeverType():
            context.refuse("PCA203", node, f"the attributes of a value of type {value.type} are not known")
        case _:
            found = python_attributes.has(context, value.type, name)
            if found is None and not python_attributes.is_listed(value.type, name):
                context.refuse("PCA203", node, f"whether a value of type {value.type} has '{name}' is not known")
            if found is not None:
                return found
            public = context.table.public_names(context.table.class_key(value.type))
            if name in public or context.table.attribute(value.type, name) is not None:
                return True
            return isinstance(value.type, ApiType) and _is_state(context, node, value.type, name)


def _all_have(context: Context, node: cst.Call, value: ir.Expr, name: str) -> bool:
    """Whether objects of each class that a value may be of have an attribute, or of none."""
    assert isinstance(value.type, InstanceType)
    types = [hierarchy.instance_type(context, owner) for owner in hierarchy.members_of(context, value.type)]
    if not types:
        context.pending(node)
    answers = {_has(context, node, ir.Convert(value, type_, value.span), name) for type_ in types}
    if len(answers) > 1:
        message = f"only some of the classes that this may be of have '{name}'"
        context.refuse("PCA203", node, message, "ask for the class: isinstance(x, C)")
    return answers.pop()


def _is_state(context: Context, node: cst.Call, type_: ApiType, name: str) -> bool:
    """Whether a module of the API has a parameter or buffer; of what else it has, the table does not know all."""
    row = context.table.find(type_.name)
    if row is None or not is_module_type(context, type_):
        return False
    variant = row.variants[0]
    given = "sig" in variant.words and variant.signature.parameter(name) is not None
    is_known = any(name in one.variants[0].state for one in context.table.rows())
    if name not in variant.state and (given or not is_known or roles.is_open(type_)):
        message = f"whether a {type_} has an attribute '{name}' is not known"
        context.refuse("PCA203", node, message, "ask for its class: isinstance(m, nn.Linear)")
    return name in variant.state


def _getattr(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr | None:
    """`getattr(value, "name")`, `getattr(value, "name", default)`."""
    match [argument.value for argument in node.args]:
        case [value, cst.SimpleString(evaluated_value=str(name))] if name.isidentifier():
            return context.expression(_attribute(context, node, value, name), expected)
        case [value, cst.SimpleString(evaluated_value=str(name)), default] if name.isidentifier():
            instance = context.expression(value)
            if isinstance(value, cst.Name) and late_attributes.may_have(context, instance.type, name):
                return late_attributes.or_default(context, node, value, name, default, expected)
            if _has(context, node, instance, name):
                return context.expression(_attribute(context, node, value, name), expected)
            return context.expression(default, expected)
        case [value, name, *rest] if not isinstance(name, cst.SimpleString):
            return _chosen(context, node, name) or (None if rest else named_parts.read(context, node))
        case _:
            return None


def called(context: Context, node: cst.Call) -> cst.Call | None:
    """`getattr(nn, name)(x)` as `nn.ReLU(x)`; None for calls of something else."""
    match node.func:
        case cst.Call(func=func, args=[cst.Arg(value=value), cst.Arg(value=name)]) if (
            context.qualified(func) == "builtins.getattr"
        ):
            text = name.evaluated_value if isinstance(name, cst.SimpleString) else _known(context, name)
        case _:
            return None
    if not isinstance(text, str) or not text.isidentifier():
        return None
    made = node.with_changes(func=cst.Attribute(value, cst.Name(text)))
    context.place_at(made, context.span(node))
    return made


def _known(context: Context, name: cst.BaseExpression) -> str | None:
    return flags.text_of(context, name) if isinstance(name, cst.Name | cst.Attribute) else None


def _chosen(context: Context, node: cst.Call, name: cst.BaseExpression) -> ir.Expr | None:
    """`getattr(nn, activation)` of a name that is known when the program is translated; None for others."""
    text = _known(context, name)
    if text is None:
        return None
    written = cst.SimpleString(repr(text))
    first, _, *rest = node.args
    made = node.with_changes(args=[first, cst.Arg(written), *rest])
    context.place_at(made, context.span(node))
    return context.expression(made)


def _attribute(context: Context, node: cst.Call, value: cst.BaseExpression, name: str) -> cst.Attribute:
    made = cst.Attribute(value, cst.Name(name))
    context.source.place(made, node)
    context.source.place(made.attr, node)
    return made


def _cast(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr | None:
    """`typing.cast(int, value)`: the value; what people tell checkers is known anyway, or does not hold."""
    match node.args:
        case [cst.Arg(keyword=None, star=""), cst.Arg(value=value, keyword=None, star="")]:
            return context.expression(value, expected)
        case _:
            return None


LOWERINGS: dict[str, Callable[[Context, cst.Call, Type | None], ir.Expr | None]] = {
    "builtins.isinstance": instances.lower,
    "builtins.len": _len,
    "builtins.abs": _special("__abs__"),
    "builtins.hasattr": _hasattr,
    "builtins.getattr": _getattr,
    "typing.cast": _cast,
}
