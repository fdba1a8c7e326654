"""What calls of methods tell of them: the types of their parameters, and when they run; and what they give so far."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.hierarchy import Method
from py2cpp_autograd.frontend.lower import generators, parameters
from py2cpp_autograd.frontend.lower.classes.building import lower_method
from py2cpp_autograd.frontend.lower.parameters import Signature
from py2cpp_autograd.types import Type


def given_to(
    context: Context, node: cst.Call, identity: str, definition: Method, skip: int = 0
) -> tuple[Signature, dict[str, ir.Expr]]:
    """The parameters of a method, and what a call gives to them."""
    generators.check_consumed(context, node, definition.node)
    signature = parameters.signature_of(context, definition.node, definition.skip)
    return signature, parameters.bind_arguments(context, node, signature, f"{identity}()", skip)


def join_parameters(
    context: Context, node: cst.CSTNode, identity: str, signature: Signature, types: tuple[Type, ...]
) -> tuple[Type, ...]:
    """Let the parameters of a method take these types too; gives what they are then."""
    for parameter, type_ in zip(signature.names, types, strict=True):
        joined = context.assumptions.join(("variable", identity, parameter, 1), type_)
        context.settled(joined, node, f"parameter '{parameter}'")
    return parameters.parameter_types(context, identity, signature)


def told(
    context: Context,
    node: cst.CSTNode,
    identity: str,
    definition: Method,
    signature: Signature,
    types: tuple[Type, ...],
) -> tuple[tuple[Type, ...], Type]:
    """The types of the parameters of a method that is called with these types, and of what it gives, so far."""
    settled = join_parameters(context, node, identity, signature, types)
    class_name, _, name = identity.partition(".")
    lower_method(context, class_name, name, definition)
    return settled, context.assumptions.get(("result", identity))


def note_method_call(context: Context, identity: str, instance: ir.Expr) -> None:
    """Remember whether a method runs while its object is made, or later."""
    scope = context.scope
    on_self = isinstance(instance, ir.Name) and instance.name == scope.instance
    when = "constructing" if on_self and scope.constructing else "later"
    context.assumptions.note(("called", identity, when))
