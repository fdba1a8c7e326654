"""Calls of the program's functions: each is specialised to the types of the call."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.context import Context, FunctionInstance
from py2cpp_autograd.frontend.join import same_family
from py2cpp_autograd.frontend.lower import generators
from py2cpp_autograd.frontend.lower.function_bodies import lower_body
from py2cpp_autograd.frontend.lower.parameters import (
    FunctionNode,
    Signature,
    argument_types,
    bind_arguments,
    note_arguments,
    ordered,
    parameter_types,
    signature_of,
)
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.types import NeverType, SymbolType, Type


def lower_function_call(context: Context, node: cst.Call, name: str, scope: Scope) -> ir.Expr:
    """A call of a function of the program."""
    definition = scope.functions[name]
    generators.check_consumed(context, node, definition)
    signature = signature_of(context, definition)
    given = bind_arguments(context, node, signature, f"{name}()")
    types = argument_types(context, signature, given)
    is_local = scope.kind != "module"
    identity = f"{scope.identity}.{name}" if is_local else name
    if is_local:
        instance = local_instance(context, identity, definition, signature, types, node)
    else:
        instance = instance_of(context, identity, definition, signature, types)
        lower_instance(context, instance, node)
    note_arguments(context, instance.identity, given)
    settled = parameter_types(context, instance.identity, signature)
    result = context.assumptions.get(("result", instance.identity))
    if isinstance(result, NeverType):
        context.pending(node)
    explicit = len(context.instances.get(identity, ())) > 1 or generators.is_generator(context, definition)
    is_recursive = is_local and name in context.source.once(names_used, definition.body)
    explicit = explicit or is_recursive  # what C++ calls has no defaults then
    arguments = ordered(context, signature, given, settled, explicit)
    return ir.Call(spelled(context, instance), arguments, result, context.span(node))


def local_instance(
    context: Context,
    identity: str,
    definition: FunctionNode,
    signature: Signature,
    types: tuple[Type, ...],
    node: cst.Call,
) -> FunctionInstance:
    """The one specialisation of a local function: C++ lambdas do not overload."""
    for parameter, type_ in zip(signature.names, types, strict=True):
        joined = context.assumptions.join(("variable", identity, parameter, 1), type_)
        context.settled(joined, node, f"parameter '{parameter}'")
    return FunctionInstance(identity, definition, types)


def instance_of(
    context: Context, identity: str, definition: FunctionNode, signature: Signature, types: tuple[Type, ...]
) -> FunctionInstance:
    """The specialisation whose parameters take these types, widened if need be, or a new one."""
    found = context.instances.setdefault(identity, [])
    for instance in found:
        known = parameter_types(context, instance.identity, signature)
        if all(same_family(a, b) for a, b in zip(known, types, strict=True)):
            break
    else:
        suffix = f"#{len(found) + 1}" if found else ""
        instance = FunctionInstance(identity + suffix, definition, types)
        found.append(instance)
        context.assumptions.changed |= len(found) > 1  # calls before this one did not know that there are overloads
    for parameter, type_ in zip(signature.names, types, strict=True):
        context.assumptions.join(("variable", instance.identity, parameter, 1), type_)
    return instance


def lower_instance(context: Context, instance: FunctionInstance, node: cst.CSTNode) -> None:
    """Lower the body, once per round; a recursive call finds the result type of the last round."""
    if instance.started:
        return
    _refuse_endless(context, instance, node)
    instance.started = instance.is_open = True
    assert isinstance(instance.node, cst.FunctionDef | cst.Lambda)
    name = spelled(context, instance)
    try:
        instance.lowered = lower_body(context, instance.identity, name, instance.node, 0, context.module_scope)
    finally:
        instance.is_open = False


#: A function that calls itself with so many types has no end of them: `f([x])` in `f(x)`.
_MOST_NESTED = 8


def _refuse_endless(context: Context, instance: FunctionInstance, node: cst.CSTNode) -> None:
    """Refuse to lower the body for yet another type, from within many bodies of the same function."""
    name = instance.identity.partition("#")[0]
    if sum(one.is_open for one in context.instances.get(name, ())) > _MOST_NESTED:
        message = f"'{name}' calls itself with ever other types"
        context.refuse("PCA301", node, message, "let its parameters have the same types in each call")


def spelled(context: Context, instance: FunctionInstance) -> str:
    """The name in C++: overloads have one name, unless only the classes or functions that they are given differ."""
    name, _, number = instance.identity.rpartition(".")[2].partition("#")
    if not number or not any(isinstance(type_, SymbolType) for type_ in instance.parameter_types):
        return name
    return context.module_scope.spelled(name, int(number))
