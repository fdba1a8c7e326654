"""Classes and functions as values: known when the program is translated, so that C++ has the calls alone.

def __init__(self, width, norm=nn.LayerNorm):     # every call gives the same class, which is the parameter's type
    self.norm = norm(width)                       # register_module("norm", torch::nn::LayerNorm(...))
"""

from __future__ import annotations

import ast

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.span import Span
from py2cpp_autograd.types import Constant, InstanceType, OptionalType, SymbolKind, SymbolType, Type

#: The scope that the defaults of parameters are evaluated in.
DEFAULT = "default"


def symbol(context: Context, node: cst.CSTNode, name: str, kind: SymbolKind) -> ir.Literal:
    """The value that a class or function is."""
    return ir.Literal(name, SymbolType(name, kind), context.span(node))


def read(type_: SymbolType, span: Span) -> ir.Literal:
    """What is read where the type tells all."""
    return ir.Literal(type_.name, type_, span)


def constant(type_: SymbolType) -> Constant:
    """The flag, text or number that is known; None for classes and functions."""
    if type_.kind == "text":
        return type_.name
    found: Constant = ast.literal_eval(type_.name) if type_.kind in ("flag", "number") else None
    return found


def known(context: Context, node: cst.BaseExpression) -> SymbolType | None:
    """The class or function that a variable, or an attribute of self, stands for."""
    scope = context.scope
    type_: Type | None = None
    match node:
        case cst.Name(value=name) if (standing := scope.standing(name)) is not None:
            type_ = standing.type
        case cst.Name(value=name):
            resolved = context.resolve(name)
            if resolved.kind == "variable" and resolved.scope is not None:
                type_ = context.assumptions.get(resolved.scope.key(name))
                type_ = scope.narrowed.get(name, type_) if isinstance(type_, OptionalType) else type_
        case cst.Attribute(value=cst.Name(value=owner), attr=cst.Name(value=name)) if (
            owner == scope.instance and isinstance(scope.instance_type, InstanceType)
        ):
            type_ = context.assumptions.get(("field", scope.instance_type.name, name))
        case _:
            return None
    return type_ if isinstance(type_, SymbolType) else None


def is_default(context: Context) -> bool:
    """Whether the default of a parameter is evaluated, which is a constant."""
    return context.scope.identity == DEFAULT


def applied(context: Context, node: cst.Call, partial: SymbolType) -> tuple[SymbolType, cst.Call]:
    """The call of `partial(f, ...)`: what it calls, and with which arguments; those of the call win."""
    inner, given = context.partials[partial.name]
    keywords = {argument.keyword.value for argument in node.args if argument.keyword is not None}
    first = [argument for argument in given if argument.keyword is None]
    rest = [argument for argument in given if argument.keyword is not None and argument.keyword.value not in keywords]
    positional = [argument for argument in node.args if argument.keyword is None]
    named = [argument for argument in node.args if argument.keyword is not None]
    made = node.with_changes(args=[*first, *positional, *rest, *named])
    context.place_at(made, context.span(node))
    return inner, made
