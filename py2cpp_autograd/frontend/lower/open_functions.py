"""Functions as values where the place does not say what they take: in lists and dicts, returned, given to functions.

All functions of one number of parameters that are called as values take the same types: those of these calls. A call
that gives others is refused, so that nothing is converted that Python would not convert.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import is_settled, same_family
from py2cpp_autograd.frontend.lower.star_arguments import spread
from py2cpp_autograd.frontend.lower.values import coerce
from py2cpp_autograd.types import NEVER, FunctionType, NeverType, Type


def wanted(context: Context, count: int) -> FunctionType:
    """The type of a function of `count` parameters: what the calls that earlier rounds have seen give it."""
    taken = tuple(context.assumptions.get(("called value", count, place)) for place in range(count))
    return FunctionType(taken, NEVER)


def calling(context: Context, node: cst.BaseExpression, count: int, stem: str) -> cst.Lambda:
    """The lambda of `count` parameters that calls what an expression stands for."""
    names = [context.scope.fresh_name(stem) for _ in range(count)]
    call = cst.Call(node, [cst.Arg(cst.Name(name)) for name in names])
    made = cst.Lambda(cst.Parameters([cst.Param(cst.Name(name)) for name in names]), call)
    context.place_at(made, context.span(node))
    return made


def is_known(type_: FunctionType) -> bool:
    """Whether calls have told what the function takes."""
    return all(map(is_settled, type_.parameters))


def unknown(context: Context, node: cst.CSTNode, type_: FunctionType) -> ir.Expr:
    """A function that a later round will know."""
    span = context.span(node)
    context.unsettled.append(span)
    return ir.FunctionRef("", FunctionType((NEVER,) * len(type_.parameters), NEVER), span)


def arguments(context: Context, node: cst.Call, type_: FunctionType) -> tuple[ir.Expr, ...]:
    """The arguments of a call of a value, each of the type that the function takes."""
    wanted_types: Sequence[Type] = type_.parameters
    given: list[tuple[cst.Arg, ir.Expr]] = []
    for argument in node.args:
        if argument.star == "*":
            parts = spread(context, argument, context.expression(argument.value))
            given += [(argument, part) for part in parts]
        elif argument.keyword is None and not argument.star and len(given) < len(wanted_types):
            taken = wanted_types[len(given)]
            value = context.expression(argument.value, None if isinstance(taken, NeverType) else taken)
            given.append((argument, value))
        else:
            context.refuse("PCA306", node, f"this function takes {len(wanted_types)} positional arguments")
    if len(given) != len(wanted_types):
        context.refuse("PCA306", node, f"this function takes {len(wanted_types)} positional arguments")
    values = []
    for place, ((argument, value), taken) in enumerate(zip(given, wanted_types, strict=True)):
        context.assumptions.join(("called value", len(wanted_types), place), value.type)
        if is_settled(taken) and is_settled(value.type) and not same_family(value.type, taken):
            message = f"this function takes {taken} elsewhere, and {value.type} here"
            context.refuse("PCA302", argument, message, "write one function for each type")
        values.append(coerce(context, value, taken, "the argument"))
    return tuple(values)
