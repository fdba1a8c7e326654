"""Classes that lowering writes as Python, for what C++ lacks of the library; they are lowered like the program's."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import libcst as cst

from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.span import Position, Span
from py2cpp_autograd.types import Type, is_family

#: What makes a container: each place of such a container has to be told from the others.
_MAKES = (cst.List, cst.Dict, cst.Set, cst.BaseComp, cst.Call)


def free_name(context: Context, wanted: str) -> str:
    """The name of a class that the program has not given to something else."""
    name = wanted
    while name in context.source.once(names_used, context.source.module):
        name += "_"
    return name


def named_arguments(node: cst.Call, parameters: Sequence[str]) -> dict[str, cst.BaseExpression] | None:
    """The arguments of a call by the names of their parameters; None where stars give some, or there are too many."""
    if len(node.args) > len(parameters) or any(argument.star for argument in node.args):
        return None
    return {
        parameter if argument.keyword is None else argument.keyword.value: argument.value
        for parameter, argument in zip(parameters, node.args, strict=False)
    }


def one_class(context: Context, node: cst.CSTNode, type_: Type) -> Type:
    """The type of a data set or sampler, for which a class is written; refused where it may be of several classes."""
    if is_family(type_):
        context.refuse("PCA303", node, f"this may be of several classes ({type_})", "make one for each class")
    return type_


def define(context: Context, name: str, text: str, near: str = "") -> None:
    """Define a class, once, where the class `near` stands, or in front of all."""
    if name in context.classes:
        return
    made = cst.parse_statement(text)
    assert isinstance(made, cst.ClassDef)
    span = context.span(context.classes.get(near, context.source.module.body[0]))
    context.place_at(made, span)
    last = context.span(context.source.module.body[-1]).end.line
    for number, part in enumerate(part for part in walk(made) if isinstance(part, _MAKES)):
        context.made_up[part] = _within(span, last, crc32(name.encode()) % 997 + number)
    context.classes[name] = made


def _within(span: Span, last: int, number: int) -> Span:
    """One of the ranges from the beginning of a definition to a later line of a file with so many."""
    lines = last - span.start.line
    if lines < 1:
        return span
    start = Position(span.start.line, span.start.column + min(number // lines % 8, 5))
    return Span(start, Position(span.start.line + 1 + number % lines, 0))
