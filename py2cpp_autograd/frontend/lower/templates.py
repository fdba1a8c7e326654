"""Texts with places for values, `"{} of {}".format(a, b)`: known when the program is translated."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import construction
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.classes import attributes, dict_classes
from py2cpp_autograd.frontend.lower.star_arguments import spread
from py2cpp_autograd.frontend.lower.values import is_atomic
from py2cpp_autograd.types import InstanceType, StrType


def text_of(context: Context, node: cst.CSTNode, value: ir.Expr) -> str:
    """The text that is formatted."""
    found = known(context, value)
    if found is None:
        context.refuse("PCA404", node, "the text that is formatted must be known here", "write an f-string")
    return found


def known(context: Context, value: ir.Expr) -> str | None:
    """A text that is known: a literal, or a variable or class attribute that is always one."""
    found: object = None
    match value:
        case ir.Literal():
            found = value.value
        case ir.Name(name=name, type=StrType()):
            found = context.constant(name)
        case ir.ClassAttribute(class_name=class_name, name=name):
            assigned = ("class attribute assigned", class_name, name) in context.assumptions.facts
            written = None if assigned else attributes.value_of(context, class_name, name)
            found = written.value if isinstance(written, ir.Literal) else None
    return found if isinstance(found, str) else None


def kept(context: Context, values: Sequence[ir.Expr]) -> tuple[list[ir.Expr], Callable[[ir.Expr], ir.Expr]]:
    """Values to use any number of times, and what evaluates them, each once and in order, before an expression."""
    names = [
        value if is_atomic(value) else ir.Name(context.scope.fresh_name("value"), value.type, value.span)
        for value in values
    ]

    def behind(node: ir.Expr) -> ir.Expr:
        for name, value in zip(reversed(names), reversed(values), strict=True):
            if name is not value:
                assert isinstance(name, ir.Name)
                node = ir.Let(name.name, value, node, node.type, node.span)
        return node

    return names, behind


def arguments(context: Context, node: cst.Call) -> tuple[list[ir.Expr], dict[str, ir.Expr]]:
    """The values that `format` takes, by number and by name; those of stars are as many as are known."""
    positional: list[ir.Expr] = []
    named: dict[str, ir.Expr] = {}
    for argument in node.args:
        if argument.star == "**" and (owner := _owner(context, argument.value)) is not None:
            named |= _attributes(context, argument, owner)
        elif argument.star == "**":
            named |= {key: value for key, value, _ in dict_classes.spread(context, argument)}
        elif argument.star:
            positional += spread(context, argument, context.expression(argument.value))
        elif argument.keyword is None:
            positional.append(context.expression(argument.value))
        else:
            named[argument.keyword.value] = context.expression(argument.value)
    return positional, named


def _owner(context: Context, node: cst.BaseExpression) -> cst.Name | None:
    """The object in a variable of `x.__dict__` or `vars(x)`."""
    match node:
        case cst.Attribute(value=cst.Name() as owner, attr=cst.Name("__dict__")):
            return owner
        case cst.Call(func=cst.Name("vars"), args=[cst.Arg(value=cst.Name() as owner, keyword=None, star="")]):
            return owner if context.qualified(node.func) == "builtins.vars" else None
        case _:
            return None


def _attributes(context: Context, argument: cst.Arg, owner: cst.Name) -> dict[str, ir.Expr]:
    """The attributes of an object, by name: those that every object of its class has."""
    type_ = context.expression(owner).type
    if not isinstance(type_, InstanceType) or type_.kind not in ("object", "module") or context.scope.constructing:
        context.refuse("PCA104", argument, "the names that a double-starred argument gives are not known")
    sure = construction.surely_assigned(context, type_.name)
    found: dict[str, ir.Expr] = {}
    for name in context.assumptions.of("field", type_.name):
        if name in sure:
            read = cst.Attribute(owner, cst.Name(name))
            context.place_at(read, context.span(argument))
            found[name] = context.expression(read)
    return found
