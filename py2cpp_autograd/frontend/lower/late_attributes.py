"""Attributes that only some ways, or other methods than `__init__`, assign: C++ holds them in a `std::optional`.

def start(self): self.best = 0.0     ->  std::optional<double> best;
def show(self): print(self.best)     ->  py2cpp::print(py2cpp::attribute(best, "best"));

Reading one without a value raises AttributeError, as in Python. Tensors, modules and objects of the program need
nothing for this: an undefined one raises where it is used.
"""

from __future__ import annotations

from typing import NoReturn

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.diagnostics import Refusal
from py2cpp_autograd.frontend import construction, hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import flags
from py2cpp_autograd.frontend.lower.rows import is_module_type
from py2cpp_autograd.frontend.scope import LATE, SET_AT_FIRST, there
from py2cpp_autograd.frontend.walk import dotted, walk
from py2cpp_autograd.types import (
    BOOL,
    ApiType,
    BoolType,
    ComplexType,
    DictType,
    FloatType,
    InstanceType,
    IntType,
    ListType,
    NeverType,
    NoneType,
    OptionalType,
    SetType,
    StrType,
    TensorType,
    TupleType,
    Type,
    is_module_container,
    without_none,
)

#: What a `std::optional` holds well.
_HELD = (BoolType, IntType, FloatType, ComplexType, StrType, ListType, TupleType, DictType, SetType)


def is_checked(context: Context, node: cst.Attribute, class_name: str, type_: Type) -> bool:
    """Whether C++ has to look for a value; refused where it cannot, as it would have a zero there."""
    name = node.attr.value
    fails_in_cpp = isinstance(type_, TensorType | ApiType | InstanceType)
    if fails_in_cpp or context.scope.constructing or _is_there(context, node, class_name):
        return False
    if not _has_form(context, class_name, name, type_):
        if class_name == context.scope.self_class and flags.specialise(context):
            context.pending(node)
        advice = f"assign it in __init__ of '{class_name}'"
        context.report.add("PCA205", context.span(node), f"attribute '{name}' may have no value here", advice)
        if not isinstance(type_, NoneType):  # a test for None may lead to other values, which this round does not know
            raise Refusal
        return False
    context.assumptions.note((LATE, class_name, name))
    return True


def _is_there(context: Context, node: cst.Attribute, class_name: str) -> bool:
    """Whether the attribute surely has a value here."""
    name = node.attr.value
    if name in construction.surely_assigned(context, class_name):
        return True
    if (SET_AT_FIRST, class_name, name) in context.assumptions.facts:
        return True
    read = f"{node.value.value}.{name}" if isinstance(node.value, cst.Name) else ""
    return read in context.scope.narrowed or there(read) in context.scope.narrowed


def _has_form(context: Context, class_name: str, name: str, type_: Type) -> bool:
    """Whether C++ can hold that an attribute has no value: what a module registers has a place in its tree."""
    facts = context.assumptions.facts
    if any((("registered", class_name, name, kind) in facts) for kind in ("parameter", "buffer")):
        return False
    inner = without_none(type_)
    if isinstance(inner, TensorType):
        return isinstance(type_, OptionalType)
    return isinstance(inner, _HELD) and not is_module_container(inner)


def asked(context: Context, node: cst.CSTNode, value: ir.Expr, name: str) -> ir.Expr:
    """`hasattr(value, "name")` of an attribute that only some ways assign."""
    assert isinstance(value.type, InstanceType)
    class_name = value.type.name
    type_ = context.assumptions.get(("field", class_name, name))
    span = context.span(node)
    if isinstance(type_, NeverType):
        context.postpone(node)
        return ir.HasAttribute(value, name, type_, BOOL, span)
    if is_module_type(context, type_):
        return ir.IsNone(ir.Field(value, name, type_, span), True, BOOL, span)
    if isinstance(type_, NoneType):
        report_doubtful(context, node, name)
    elif not isinstance(type_, TensorType):
        if not _has_form(context, class_name, name, type_):
            refuse_doubtful(context, node, name)
        context.assumptions.note((LATE, class_name, name))
    return ir.HasAttribute(value, name, type_, BOOL, span)


def or_default(
    context: Context, node: cst.Call, owner: cst.Name, name: str, default: cst.BaseExpression, expected: Type | None
) -> ir.Expr:
    """`getattr(value, "name", default)` of an attribute that only some ways assign."""
    known = context.assumptions.get(("field", str(context.expression(owner).type), name))
    if isinstance(known, NeverType):
        context.postpone(node)
    if isinstance(known, NeverType) or (
        isinstance(known, NoneType) and isinstance(default, cst.Name) and default.value == "None"
    ):
        return context.expression(default, expected)
    read = cst.Attribute(owner, cst.Name(name))
    made = cst.IfExp(node.with_changes(func=cst.Name("hasattr"), args=node.args[:2]), read, default)
    context.place_at(made, context.span(node))
    return context.expression(made, expected)


def asks(node: cst.CSTNode) -> bool:
    """Whether an expression asks for an attribute."""
    return any(isinstance(part, cst.Call) and dotted(part.func) == "hasattr" for part in walk(node))


def may_have(context: Context, type_: Type, name: str) -> bool:
    """Whether some ways through a class assign an attribute, and others do not, or not yet."""
    if not isinstance(type_, InstanceType) or type_.kind == "family":
        return False
    if hierarchy.method(context, type_.name, name) or hierarchy.attribute(context, type_.name, name):
        return False
    given = not isinstance(context.assumptions.get(("field", type_.name, name)), NeverType)
    if not given and not hierarchy.assigns(context, type_.name, name):
        return False
    early = context.scope.constructing and context.scope.self_class == type_.name
    return early or name not in construction.surely_assigned(context, type_.name)


def refuse_doubtful(context: Context, node: cst.CSTNode, name: str) -> NoReturn:
    """Refuse to ask for an attribute whose lack C++ cannot hold."""
    report_doubtful(context, node, name)
    raise Refusal


def report_doubtful(context: Context, node: cst.CSTNode, name: str) -> None:
    """Report such a question, and go on: a later round may know more."""
    message = f"whether '{name}' is assigned is not known before the program runs"
    context.report.add("PCA203", context.span(node), message, "assign it in __init__, None at first")
