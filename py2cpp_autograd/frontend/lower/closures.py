"""Functions inside functions and functions as values: local `def`s, lambdas, hooks."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import Bindings
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import kept
from py2cpp_autograd.frontend.lower.aliases import note_function_value
from py2cpp_autograd.frontend.lower.confined import names_used
from py2cpp_autograd.frontend.lower.function_bodies import lower_body
from py2cpp_autograd.frontend.lower.functions import instance_of, lower_instance
from py2cpp_autograd.frontend.lower.parameters import FunctionNode, apply_annotations, signature_of
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.types import FunctionType, NeverType, Type


def lower_local_function(context: Context, node: cst.FunctionDef) -> list[ir.Stmt]:
    """A `def` inside a function: a C++ lambda. At module level, functions are lowered where they are called."""
    scope = context.scope
    if scope.kind == "module":
        return []
    return [local_function(context, node.name.value, node, node)]


def local_function(context: Context, name: str, definition: FunctionNode, node: cst.CSTNode) -> ir.Stmt:
    """The statement that makes a function, or a lambda that is given a name, inside a function."""
    identity = f"{context.scope.identity}.{name}"
    signature = signature_of(context, definition)
    apply_annotations(context, identity, signature, convention=False)
    function = lower_body(context, identity, name, definition, 0, context.scope)
    if ("kept", identity) in context.assumptions.facts:
        function = replace(function, captures=kept.captures(context, definition, context.scope))
    return ir.LocalFunction(function, context.span(node))


def lower_lambda(context: Context, node: cst.Lambda, expected: Type | None) -> ir.Expr:
    """A lambda expression given where its parameter types are known."""
    if not isinstance(expected, FunctionType):
        context.refuse(
            "PCA301", node, "the types of this lambda's parameters are not known", "write a def, and call it"
        )
    signature = signature_of(context, node)
    if len(signature.names) != len(expected.parameters):
        context.refuse("PCA306", node, f"a function of {len(expected.parameters)} parameters is needed here")
    position = context.span(node).start
    identity = f"{context.scope.identity}@{position.line}:{position.column}"
    outer = context.scope
    scope = Scope(
        identity,
        "lambda",
        outer,
        Bindings(),
        frozenset(signature.names),
    )
    scope.inherit(outer)
    scope.bound.update(signature.names)
    note_function_value(context, identity, signature.names)
    parameters = []
    for parameter, type_ in zip(signature.parameters, expected.parameters, strict=True):
        context.assumptions.join(("variable", identity, parameter.name.value, 1), type_)
        parameters.append(ir.Parameter(parameter.name.value, type_, None, False, context.span(parameter)))
    with context.within(scope):
        body = context.expression(node.body)
    type_ = FunctionType(expected.parameters, body.type)
    return ir.Lambda(tuple(parameters), body, type_, context.span(node))


def function_value(context: Context, node: cst.Name, scope: Scope, expected: FunctionType) -> ir.Expr:
    """A function of the program given where a function of these parameter types is wanted."""
    name = node.value
    definition = scope.functions[name]
    signature = signature_of(context, definition)
    if len(signature.names) != len(expected.parameters):
        context.refuse("PCA306", node, f"a function of {len(expected.parameters)} parameters is needed here")
    if scope.kind == "module":
        instance = instance_of(context, name, definition, signature, expected.parameters)
        lower_instance(context, instance, node)
        identity = instance.identity
    else:
        identity = f"{scope.identity}.{name}"
        for parameter, type_ in zip(signature.names, expected.parameters, strict=True):
            context.assumptions.join(("variable", identity, parameter, 1), type_)
    note_function_value(context, identity, signature.names)
    result = context.assumptions.get(("result", identity))
    if isinstance(result, NeverType):
        context.pending(node)
    return ir.FunctionRef(name, FunctionType(expected.parameters, result), context.span(node))


def refuse_as_value(context: Context, node: cst.Name, scope: Scope) -> NoReturn:
    """Refuse a function where a value is wanted; one that would outlive the variables it uses for that reason."""
    name = node.value
    definition = scope.functions[name]
    used = names_used(definition.body)
    captured = sorted(variable for variable in used if scope.kind != "module" and scope.owns(variable))
    if captured:
        context.refuse("PCA503", node, f"'{name}' would outlive {', '.join(map(repr, captured))}, which it uses")
    context.refuse("PCA103", node, f"function '{name}' as a value has no translation here", "call it")
