"""Parameters of the program's functions: how calls bind to them, their types and defaults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.annotations import annotated
from py2cpp_autograd.frontend.bindings import Bindings
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.aliases import is_container, note_argument
from py2cpp_autograd.frontend.lower.values import coerce, refuse_loose
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.types import FLOAT, INT, TENSOR, NeverType, NoneType, OptionalType, StrType, Type, is_number

FunctionNode = cst.FunctionDef | cst.Lambda


@dataclass(frozen=True)
class Signature:
    """The parameters of a Python function of the program: names, defaults, which are keyword-only."""

    parameters: tuple[cst.Param, ...]
    keyword_only: frozenset[str]

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' names in order."""
        return tuple(parameter.name.value for parameter in self.parameters)


def signature_of(context: Context, node: FunctionNode, skip: int = 0) -> Signature:
    """The signature, without the first `skip` parameters (self, ctx)."""
    parameters = node.params
    if isinstance(parameters.star_arg, cst.Param) or parameters.star_kwarg is not None:
        context.refuse("PCA104", parameters, "a function with *args or **kwargs has no translation")
    plain = (*parameters.posonly_params, *parameters.params)
    keyword_only = parameters.kwonly_params
    return Signature((*plain[skip:], *keyword_only), frozenset(parameter.name.value for parameter in keyword_only))


def bind_arguments(
    context: Context, node: cst.Call, signature: Signature, name: str, skip: int = 0
) -> dict[str, ir.Expr]:
    """The values that a call gives to parameters, in order of evaluation; defaults are left out.

    The first `skip` arguments of the call are for others.
    """
    given: dict[str, ir.Expr] = {}
    positional = [parameter for parameter in signature.names if parameter not in signature.keyword_only]
    for index, argument in enumerate(node.args[skip:]):
        if argument.star:
            context.refuse("PCA104", argument, "a starred argument has no translation")
        if argument.keyword is not None:
            parameter = argument.keyword.value
        elif index < len(positional):
            parameter = positional[index]
        else:
            context.refuse("PCA306", argument, f"{name} takes {len(positional)} positional arguments")
        if parameter not in signature.names:
            context.refuse("PCA306", argument, f"{name} has no parameter '{parameter}'")
        given[parameter] = context.expression(argument.value)
        refuse_loose(context, given[parameter])
    for required in signature.parameters:
        if required.default is None and required.name.value not in given:
            context.refuse("PCA306", node, f"{name} needs a value for '{required.name.value}'")
    return given


def argument_types(context: Context, signature: Signature, given: dict[str, ir.Expr]) -> tuple[Type, ...]:
    """The type of each parameter at this call, defaults included."""
    return tuple(
        given[parameter.name.value].type if parameter.name.value in given else default_value(context, parameter).type
        for parameter in signature.parameters
    )


def note_arguments(context: Context, identity: str, given: dict[str, ir.Expr]) -> None:
    """The lists and dicts that a call lends to a function."""
    for parameter, value in given.items():
        note_argument(context, identity, parameter, value)


def default_value(context: Context, parameter: cst.Param) -> ir.Expr:
    """A default, which must mean the same at every call: a literal, or made of literals."""
    assert parameter.default is not None
    with context.within(_empty_scope(context)):
        value = context.expression(parameter.default)
    if is_container(value.type) or not _is_constant(context, value):
        context.refuse("PCA404", parameter.default, "a default must be a literal", "use None and set it in the body")
    return value


def default_for(context: Context, parameter: cst.Param, type_: Type) -> ir.Expr | None:
    """The default as a value of the parameter's type; none where every call gives another value than its None."""
    if parameter.default is None:
        return None
    value = default_value(context, parameter)
    if isinstance(value.type, NoneType) and not isinstance(type_, NoneType | OptionalType):
        return None
    return coerce(context, value, type_, f"parameter '{parameter.name.value}'")


def _empty_scope(context: Context) -> Scope:
    return Scope("default", "function", context.module_scope, Bindings())


def _is_constant(context: Context, value: ir.Expr) -> bool:
    match value:
        case ir.Literal() | ir.ClassAttribute():
            return True
        case ir.Apply(form="value"):
            return True
        case ir.Name(name=name, type=type_):
            once = context.module_scope.owns(name) and context.module_scope.bindings.counts[name] == 1
            return once and (is_number(type_) or isinstance(type_, StrType))
        case ir.TupleDisplay(elements=elements):
            return all(_is_constant(context, element) for element in elements)
        case ir.Unary(operand=operand) | ir.Convert(operand=operand):
            return _is_constant(context, operand)
        case ir.Binary(left=left, right=right):
            return _is_constant(context, left) and _is_constant(context, right)
        case _:
            return False


def ordered(
    context: Context, signature: Signature, given: dict[str, ir.Expr], types: tuple[Type, ...], explicit: bool
) -> tuple[ir.Expr, ...]:
    """The arguments in the order of the parameters; trailing defaults left out unless `explicit`."""
    values: list[ir.Expr] = []
    count = len(signature.parameters)
    while not explicit and count and signature.names[count - 1] not in given:
        count -= 1
    for parameter, type_ in list(zip(signature.parameters, types, strict=True))[:count]:
        value = given.get(parameter.name.value)
        if value is None:
            value = default_value(context, parameter)
        values.append(coerce(context, value, type_, f"parameter '{parameter.name.value}'"))
    return tuple(values)


def parameter_types(context: Context, identity: str, signature: Signature) -> tuple[Type, ...]:
    """The types of a specialisation's parameters so far."""
    return tuple(context.assumptions.get(("variable", identity, parameter, 1)) for parameter in signature.names)


def _with_default(context: Context, parameter: cst.Param, used_as: Type | None) -> Type:
    """The type that a default tells; of `x=None`, together with the uses."""
    type_ = default_value(context, parameter).type
    if isinstance(type_, NoneType) and used_as is not None:
        return OptionalType(used_as)
    return FLOAT if used_as == FLOAT and type_ == INT else type_


def apply_annotations(
    context: Context,
    identity: str,
    signature: Signature,
    convention: bool,
    usual: Callable[[str], Type | None] = lambda name: None,
) -> None:
    """Types for the parameters of a function that nothing calls.

    By `convention`, a parameter with neither annotation nor default is of the `usual` type, which its uses tell: else
    a tensor, as in TorchScript.
    """
    for parameter in signature.parameters:
        key = ("variable", identity, parameter.name.value, 1)
        if not isinstance(context.assumptions.get(key), NeverType):
            continue
        type_ = annotated(context, parameter.annotation)
        if type_ is None and parameter.default is not None:
            type_ = _with_default(context, parameter, usual(parameter.name.value) if convention else None)
        if type_ is not None or convention:
            context.assumptions.join(key, type_ or usual(parameter.name.value) or TENSOR)
