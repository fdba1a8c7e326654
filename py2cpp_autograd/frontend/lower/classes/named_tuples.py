"""Named tuples: `class Output(NamedTuple)`, a tuple whose elements have names."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import parameters
from py2cpp_autograd.frontend.lower.parameters import Signature
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


def is_named_tuple(context: Context, class_name: str) -> bool:
    """Whether a class of the program is a named tuple."""
    return hierarchy.kind_of(context, class_name) == "tuple"
