"""Class attributes: constants in a class body, shared by all instances, or the start values of instances' own."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.annotations import annotated
from py2cpp_autograd.frontend.bindings import Bindings
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.classes import dict_classes
from py2cpp_autograd.frontend.lower.values import coerce
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.types import SymbolType, Type


def value_of(context: Context, class_name: str, name: str) -> ir.Expr | None:
    """The value in the class body, which must be the same whenever it is evaluated."""
    found = hierarchy.attribute(context, class_name, name)
    if found is None:
        return None
    scope = Scope(f"{found.owner}.", "lambda", context.module_scope, Bindings(), class_body=found.owner)
    with context.within(scope):
        value = context.expression(found.value)
        wanted = annotated(context, found.annotation)
        value = value if wanted is None else coerce(context, value, wanted, f"'{name}'")
    is_own = ("instance attribute", class_name, name) in context.assumptions.facts
    if not _is_constant(value) and (is_own or not _is_record(context, value)):
        message = "a class attribute must be a constant in C++"
        context.refuse("PCA404", found.value, message, "assign it in __init__, or at module level")
    return value


def _is_constant(value: ir.Expr) -> bool:
    match value:
        case ir.Literal() | ir.Apply(form="value") | ir.ClassAttribute():
            return True
        case ir.TupleDisplay(elements=elements) | ir.ListDisplay(elements=elements):
            return all(map(_is_constant, elements))
        case ir.DictDisplay(items=items):
            return all(_is_constant(part) for item in items for part in item)
        case ir.Unary(operand=operand) | ir.Convert(operand=operand):
            return _is_constant(operand)
        case ir.Binary(left=left, right=right):
            return _is_constant(left) and _is_constant(right)
        case _:
            return False


def _is_record(context: Context, value: ir.Expr) -> bool:
    """Whether a value is a dict of several types, made of constants: one object, which all instances share."""
    is_dict = isinstance(value, ir.New) and value.class_name in context.dict_classes
    return isinstance(value, ir.New) and is_dict and all(map(_is_constant, value.arguments))


def read(context: Context, node: cst.CSTNode, class_name: str, name: str) -> ir.Expr | None:
    """`C.name`, or `self.name` where no instance has an attribute of that name; None where there is none."""
    value = value_of(context, class_name, name)
    if value is None:
        return None
    key = ("class attribute", class_name, name)
    if ("instance attribute", class_name, name) in context.assumptions.facts:
        return value  # the class's own value: instances start from it
    if isinstance(value.type, SymbolType):
        return value
    if isinstance(value, ir.New):
        context.assumptions.note((dict_classes.SHARED, value.class_name))
    joined = context.settled(context.assumptions.join(key, value.type), node, f"'{name}'")
    return ir.ClassAttribute(class_name, name, joined, context.span(node))


def assign(context: Context, node: cst.CSTNode, class_name: str, name: str, type_: Type) -> ir.ClassAttributeTarget:
    """`C.name = value`: seen by all instances."""
    if ("instance attribute", class_name, name) in context.assumptions.facts:
        context.refuse("PCA302", node, f"'{name}' is an attribute of the class here, and of instances elsewhere")
    if hierarchy.method(context, class_name, name) is not None:
        message = f"method '{name}' of class '{class_name}' is replaced when the program runs"
        context.refuse("PCA206", node, message, "derive a class that defines it, or keep a function in an attribute")
    derived = [user for user in context.classes if user != class_name and class_name in hierarchy.mro(context, user)]
    owner = hierarchy.attribute(context, class_name, name)
    if derived or owner is None or owner.owner != class_name:
        message = "assigning a class attribute has no translation where classes inherit it"
        context.refuse("PCA102", node, message, "keep the value in a variable of the module, or in each instance")
    read(context, node, class_name, name)
    context.assumptions.note(("class attribute assigned", class_name, name))
    joined = context.assumptions.join(("class attribute", class_name, name), type_)
    return ir.ClassAttributeTarget(class_name, name, context.settled(joined, node, f"'{name}'"), context.span(node))


def declared(context: Context, class_name: str) -> tuple[ir.ClassAttributeDeclaration, ...]:
    """The class attributes that the program uses."""
    found = []
    for name, type_ in context.assumptions.of("class attribute", class_name).items():
        own = ("field", class_name, name) in context.assumptions.types
        if own or ("instance attribute", class_name, name) in context.assumptions.facts:
            continue
        value = value_of(context, class_name, name)
        assert value is not None
        assigned = ("class attribute assigned", class_name, name) in context.assumptions.facts
        made = coerce(context, value, type_, f"'{name}'")
        found.append(ir.ClassAttributeDeclaration(name, type_, made, assigned))
    return tuple(found)
