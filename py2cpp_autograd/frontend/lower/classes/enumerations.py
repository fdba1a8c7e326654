"""Enumerations: `class Color(Enum)`, whose members are constants with a name and a value."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.bindings import Bindings
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import join
from py2cpp_autograd.frontend.lower.block import comment_lines
from py2cpp_autograd.frontend.lower.classes.building import docstring
from py2cpp_autograd.frontend.lower.values import is_atomic, literal
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.types import BOOL, InstanceType, ListType


def member_names(context: Context, class_name: str) -> list[str]:
    """The members in order."""
    return list(hierarchy.own_attributes(context, class_name))


def check(context: Context, node: cst.ClassDef) -> None:
    """Refuse what an `enum class` cannot have."""
    for item in node.body.body:
        if isinstance(item, cst.FunctionDef):
            context.refuse("PCA102", item.name, "methods of an enumeration have no translation", "write a function")
    values = [value.value for value in _values(context, node, node.name.value)]
    if len({(type(value), value) for value in values}) != len(values):
        context.refuse("PCA102", node.name, "two members of this enumeration have one value", "leave one of them out")


def _values(context: Context, node: cst.CSTNode, class_name: str) -> list[ir.Literal]:
    found: list[ir.Literal] = []
    for name, attribute in hierarchy.own_attributes(context, class_name).items():
        value = attribute.value
        if isinstance(value, cst.Call) and context.qualified(value.func) == "enum.auto" and not value.args:
            previous = [item.value for item in found if isinstance(item.value, int)]
            found.append(literal(max(previous, default=0) + 1, context.span(value)))
            continue
        with context.within(Scope(f"{class_name}.", "lambda", context.module_scope, Bindings())):
            lowered = context.expression(value)
        if not isinstance(lowered, ir.Literal):
            context.refuse("PCA404", value, f"the value of '{name}' must be a literal")
        found.append(lowered)
    return found


def member(context: Context, node: cst.CSTNode, class_name: str, name: str) -> ir.Expr:
    """`Color.RED`."""
    if name not in member_names(context, class_name):
        context.refuse("PCA305", node, f"enumeration '{class_name}' has no member '{name}'")
    build(context, class_name)
    return ir.ClassAttribute(class_name, name, InstanceType(class_name, "enum"), context.span(node))


def members(context: Context, node: cst.CSTNode, class_name: str) -> ir.ListDisplay:
    """All members, which a loop over the enumeration runs over."""
    type_ = InstanceType(class_name, "enum")
    found = tuple(member(context, node, class_name, name) for name in member_names(context, class_name))
    return ir.ListDisplay(found, ListType(type_, fixed=True), context.span(node))


def attribute(context: Context, node: cst.Attribute, value: ir.Expr, class_name: str) -> ir.Expr:
    """`color.value`, `color.name`: looked up among the members."""
    span, wanted = context.span(node), node.attr.value
    names = member_names(context, class_name)
    if wanted not in {"value", "name"}:
        context.refuse("PCA305", node, f"enumeration '{class_name}' has no attribute '{wanted}'")
    values = _values(context, node, class_name) if wanted == "value" else [literal(name, span) for name in names]
    if isinstance(value, ir.ClassAttribute):
        return values[names.index(value.name)]
    if len({item.type for item in values}) != 1 or join(values[0].type, values[0].type) is None:
        context.refuse("PCA302", node, f"the values of '{class_name}' have several types")
    if not is_atomic(value):
        context.refuse("PCA103", node, "this would be evaluated several times", "put the member into a variable first")
    result: ir.Expr = values[-1]
    for name, item in list(zip(names, values, strict=True))[-2::-1]:
        test = ir.Compare("==", value, member(context, node, class_name, name), BOOL, span)
        result = ir.Conditional(test, item, result, item.type, span)
    return result


def build(context: Context, class_name: str) -> None:
    """Add the enumeration to the output, once per round."""
    if class_name in context.building:
        return
    context.building.add(class_name)
    node = context.classes[class_name]
    leading = (*comment_lines(context, node.leading_lines), *docstring(context, node))
    names = tuple(member_names(context, class_name))
    context.built_classes[class_name] = ir.Enumeration(class_name, names, leading, context.span(node))
