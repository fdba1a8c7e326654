"""Named tuples: `class Output(NamedTuple)`, a tuple whose elements have names."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import parameters
from py2cpp_autograd.frontend.lower.parameters import Signature
from py2cpp_autograd.frontend.lower.values import is_atomic, literal
from py2cpp_autograd.types import TupleType


def check(context: Context, node: cst.ClassDef) -> None:
    """Refuse what a `std::tuple` cannot have."""
    for item in node.body.body:
        if isinstance(item, cst.FunctionDef):
            context.refuse("PCA102", item.name, "methods of a named tuple have no translation", "write a function")


def signature(context: Context, class_name: str) -> Signature:
    """The fields as the parameters of the class."""
    found = []
    for item in context.classes[class_name].body.body:
        for part in item.body if isinstance(item, cst.SimpleStatementLine) else ():
            if isinstance(part, cst.AnnAssign) and isinstance(part.target, cst.Name):
                made = cst.Param(part.target, annotation=part.annotation, default=part.value)
                context.place_at(made, context.span(part))
                found.append(made)
    return Signature(tuple(found), frozenset())


def lower_new(context: Context, node: cst.Call, class_name: str) -> ir.Expr:
    """`Output(a, b=1)`."""
    fields = signature(context, class_name)
    given = parameters.bind_arguments(context, node, fields, f"{class_name}()")
    types = parameters.argument_types(context, fields, given)
    values = parameters.ordered(context, fields, given, types, True)
    context.building.add(class_name)
    return ir.TupleDisplay(values, TupleType(types, fields.names), context.span(node))


def replaced(context: Context, node: cst.Call, value: ir.Expr, names: Sequence[str]) -> ir.Expr:
    """`output._replace(b=1)`: a new tuple, with other elements in some places."""
    assert isinstance(value.type, TupleType)
    given = {a.keyword.value: context.expression(a.value) for a in node.args if a.keyword is not None}
    if len(given) != len(node.args) or not set(given) <= set(names) or not is_atomic(value):
        context.refuse("PCA306", node, "_replace of a variable takes elements by their names")
    span = value.span
    old = [ir.Subscript(value, literal(i, span), type_, span) for i, type_ in enumerate(value.type.elements)]
    parts = tuple(given.get(name, part) for name, part in zip(names, old, strict=True))
    return ir.TupleDisplay(parts, TupleType(tuple(part.type for part in parts), tuple(names)), context.span(node))


def is_named_tuple(context: Context, class_name: str) -> bool:
    """Whether a class of the program is a named tuple."""
    return hierarchy.kind_of(context, class_name) == "tuple"
