"""Functions inside functions and functions as values: local `def`s, lambdas, hooks."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import Bindings, names_used
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import generators, kept, open_functions
from py2cpp_autograd.frontend.lower.aliases import note_function_value
from py2cpp_autograd.frontend.lower.function_bodies import lower_body
from py2cpp_autograd.frontend.lower.functions import instance_of, lower_instance
from py2cpp_autograd.frontend.lower.parameters import (
    FunctionNode,
    Signature,
    apply_annotations,
    refuse_local_defaults,
    signature_of,
)
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.types import FunctionType, NeverType, SymbolType, Type


def lower_local_function(context: Context, node: cst.FunctionDef) -> list[ir.Stmt]:
    """A `def` inside a function: a C++ lambda. At module level, functions are lowered where they are called."""
    scope = context.scope
    if scope.kind == "module":
        return []
    if not context.usage.is_named(node.name.value) and _waits_for_calls(node):
        message = f"'{node.name.value}' is left out: nothing calls it"
        context.report.add("PCA207", context.span(node.name), message, "remove it, or call it")
        return []
    return [local_function(context, node.name.value, node, node)]


def _waits_for_calls(node: cst.FunctionDef) -> bool:
    """Whether calls alone could tell the type of some parameter."""
    parameters = [*node.params.params, *node.params.kwonly_params]
    return any(parameter.annotation is None and parameter.default is None for parameter in parameters)


def local_function(context: Context, name: str, definition: FunctionNode, node: cst.CSTNode) -> ir.Stmt:
    """The statement that makes a function, or a lambda that is given a name, inside a function."""
    identity = f"{context.scope.identity}.{name}"
    signature = signature_of(context, definition)
    refuse_local_defaults(context, signature)
    apply_annotations(context, identity, signature)
    function = lower_body(context, identity, name, definition, 0, context.scope)
    if ("escapes", identity) in context.assumptions.facts:
        function = replace(function, captures=kept.escaping(context, definition, context.scope))
    elif ("kept", identity) in context.assumptions.facts:
        function = replace(function, captures=kept.captures(context, definition, context.scope))
    if function.captures == "copies" and name in context.source.once(names_used, definition.body):
        message = f"function '{name}' calls itself, and would outlive the function that it stands in"
        context.refuse("PCA503", node, message, "write it outside of the function")
    return ir.LocalFunction(function, context.span(node))


def lower_lambda(context: Context, node: cst.Lambda, expected: Type | None) -> ir.Expr:
    """A lambda expression given where its parameter types are known."""
    signature = signature_of(context, node)
    position = context.span(node).start
    identity = f"{context.scope.identity}@{position.line}:{position.column}"
    if not isinstance(expected, FunctionType):
        context.assumptions.note(("open", identity))
    is_open = ("open", identity) in context.assumptions.facts
    if not isinstance(expected, FunctionType) or not open_functions.is_known(expected):
        expected = open_functions.wanted(context, len(signature.names))
        if not open_functions.is_known(expected):
            return open_functions.unknown(context, node, expected)
    if len(signature.names) != len(expected.parameters):
        context.refuse("PCA306", node, f"a function of {len(expected.parameters)} parameters is needed here")
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
    captures = kept.escaping(context, node, outer) if is_open and not kept.is_lent(context, node) else "now"
    return ir.Lambda(tuple(parameters), body, type_, context.span(node), captures)


def as_function(context: Context, node: cst.BaseExpression, value: ir.Expr, expected: Type | None) -> ir.Expr:
    """A symbol where a function of known parameters is wanted: the lambda that calls it."""
    if not isinstance(value.type, SymbolType) or not isinstance(expected, FunctionType):
        return value
    made = open_functions.calling(context, node, len(expected.parameters), "item")
    return lower_lambda(context, made, expected)


def _with_defaults(context: Context, node: cst.Name, signature: Signature) -> cst.Lambda:
    """The lambda that calls a function with what it has no defaults for."""
    needed = [one for one in signature.parameters if one.default is None]
    if any(one.name.value in signature.keyword_only for one in needed):
        message = f"function '{node.value}', which needs a keyword, as a value has no translation"
        context.refuse("PCA103", node, message, "write a function of its own for this use")
    return open_functions.calling(context, node, len(needed), "item")


def function_value(context: Context, node: cst.Name, scope: Scope, expected: FunctionType) -> ir.Expr:
    """A function of the program given where a function of these parameter types is wanted."""
    name = node.value
    definition = scope.functions[name]
    signature = signature_of(context, definition)
    if len(signature.names) != len(expected.parameters):
        needed = sum(one.default is None and one.name.value != signature.rest for one in signature.parameters)
        if needed <= len(expected.parameters) < len(signature.names) and signature.rest is None:
            made = open_functions.calling(context, node, len(expected.parameters), "item")
            return lower_lambda(context, made, expected)
        context.refuse("PCA306", node, f"a function of {len(expected.parameters)} parameters is needed here")
    if scope.kind == "module":
        instance = instance_of(context, name, definition, signature, expected.parameters)
        lower_instance(context, instance, node)
        if len(context.instances[name]) > 1:
            message = f"'{name}' is used as a value, and called with several types"
            context.refuse("PCA302", node, message, "write one function for each type")
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


def open_value(context: Context, node: cst.Name, scope: Scope) -> ir.Expr:
    """A function of the program where the place does not say what it takes, and where it may be kept."""
    name = node.value
    definition = scope.functions[name]
    if generators.is_generator(context, definition):
        context.refuse("PCA103", node, f"function '{name}' as a value has no translation here", "call it")
    signature = signature_of(context, definition)
    if signature.rest is not None:
        message = f"function '{name}', which takes any number of arguments, as a value has no translation"
        context.refuse("PCA103", node, message, "write a function of its own for this use")
    if signature.keyword_only or any(parameter.default is not None for parameter in signature.parameters):
        return lower_lambda(context, _with_defaults(context, node, signature), None)
    if scope.kind != "module":
        context.assumptions.note(("escapes", f"{scope.identity}.{name}"))
    expected = open_functions.wanted(context, len(signature.names))
    if not open_functions.is_known(expected):
        return open_functions.unknown(context, node, expected)
    return function_value(context, node, scope, expected)
