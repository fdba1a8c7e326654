"""Uses of the API table: every call, property and guard of the API goes through here."""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass, replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import are_other_objects, is_settled, join
from py2cpp_autograd.frontend.lower import (
    call_effects,
    dispatch,
    filled_lists,
    flags,
    forms,
    freed_graphs,
    ignored,
    lookup,
    looseness,
    plain_states,
    registrations,
    scalar_arguments,
    slots,
    variants,
)
from py2cpp_autograd.frontend.lower import doubtful as doubt
from py2cpp_autograd.frontend.lower.aliases import is_container
from py2cpp_autograd.frontend.lower.arguments import describe, given_for, lower_arguments
from py2cpp_autograd.frontend.lower.certain import certain
from py2cpp_autograd.frontend.lower.classes import enumerations
from py2cpp_autograd.frontend.lower.kept import keep
from py2cpp_autograd.frontend.lower.legacy_arguments import spelled_today
from py2cpp_autograd.frontend.lower.shared_state import note_modules
from py2cpp_autograd.frontend.lower.values import coerce, literal
from py2cpp_autograd.frontend.scope import EMPTY, TRANSIENT
from py2cpp_autograd.held_types import with_held
from py2cpp_autograd.span import Span
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.bind import NOT_LITERAL, Bound, CallArgument, Mismatch, parameter_type
from py2cpp_autograd.table.row import Row
from py2cpp_autograd.types import (
    BOOL,
    FLOAT,
    ApiType,
    InstanceType,
    NeverType,
    NoneType,
    OptionalType,
    TensorType,
    Type,
    is_module_container,
    is_module_instance,
)

# --------------------------------------------------------------------------------------------- calls


def call(
    context: Context, node: cst.Call, name: str, arguments: abc.Sequence[cst.Arg], expected: Type | None
) -> ir.Expr:
    """A call of the API name."""
    row = context.table.find(name)
    if row is None:
        lookup.refuse_unmapped(context, node, name)
    lookup.check_refused(context, node, row)
    variant = row.variants[0]
    if variant.kind == "guard" and "cpp" not in variant.words:
        advice = f"write `with {name}(...):`"
        context.refuse("PCA103", node, f"'{name}' has no translation outside a with statement", advice)
    if variant.kind == "class" and "sig" not in variant.words:
        made = context.table.find(f"{row.key}.__new__")
        if made is None:
            context.refuse("PCA400", node, f"'{name}(...)' is not in the API table")
        row = made
    return apply(context, node, row, None, arguments)


def call_method(
    context: Context,
    node: cst.Call,
    receiver: ir.Expr,
    name: str,
    arguments: abc.Sequence[cst.Arg],
    expected: Type | None,
) -> ir.Expr:
    """A call of a method of a value. Layers have one way of being called, whether hooks run or not."""
    where = node.func.attr if isinstance(node.func, cst.Attribute) else node
    if name == "forward" and is_module_type(context, receiver.type):
        name = "__call__"
    row = lookup.required(context, where, receiver.type, name)
    return apply(context, node, row, receiver, arguments)


def apply(
    context: Context, node: cst.Call, row: Row, receiver: ir.Expr | None, arguments: abc.Sequence[cst.Arg]
) -> ir.Expr:
    """A use of a row with the arguments that the source gives, those that need it lowered first."""
    values: list[ir.Expr | cst.BaseExpression] = [] if receiver is None else [receiver]
    described = [] if receiver is None else [CallArgument(None, receiver.type, NOT_LITERAL)]
    places: list[cst.CSTNode] = [node] * (receiver is not None)
    for argument in spelled_today(context, row, arguments):
        for value, description in lower_arguments(context, argument, row):
            given = value if isinstance(value, cst.BaseExpression) else _given(context, argument, row, receiver, value)
            if given is not value and not isinstance(given, cst.BaseExpression):
                value, description = given, describe(context, description.keyword, given)
            values.append(value)
            described.append(description)
            places.append(argument)
    return _chosen(context, node, row, receiver, _Given(values, described, places))


def _given(
    context: Context, node: cst.CSTNode, row: Row, receiver: ir.Expr | None, value: ir.Expr
) -> ir.Expr:
    """An argument, as the object or container that takes it has it."""
    if not (receiver is not None and is_container(receiver.type)) and not row.is_generic:
        value = enumerations.plain_items(context, node, value)
    if slots.is_own_optimizer(context, value.type):
        return slots.held(context, value)
    return looseness.held(context, value) if receiver is not None and is_container(receiver.type) else value


def call_with(context: Context, node: cst.Call, receiver: ir.Expr, name: str, values: abc.Sequence[ir.Expr]) -> ir.Expr:
    """A call of a method of a value with lowered arguments."""
    return _with_receiver(context, node, lookup.required(context, node, receiver.type, name), receiver, values)


def changing(context: Context, node: cst.Call, name: str, values: abc.Sequence[ir.Expr]) -> ir.Expr:
    """A call of a function that changes its first argument, a list."""
    row = context.table.find(name)
    assert row is not None
    return _with_receiver(context, node, row, values[0], values[1:])


def _with_receiver(
    context: Context, node: cst.Call, row: Row, receiver: ir.Expr, values: abc.Sequence[ir.Expr]
) -> ir.Expr:
    given = [receiver, *values]
    described = [describe(context, None, value) for value in given]
    return _bound(context, node, row, receiver, _Given([*given], described, [node] * len(given)))


@dataclass(frozen=True)
class _Given:
    """The arguments of a call, the receiver first: lowered or left for later, described, and where they stand."""

    values: list[ir.Expr | cst.BaseExpression]
    described: list[CallArgument]
    places: list[cst.CSTNode]

    def with_value(self, context: Context, index: int, value: ir.Expr) -> _Given:
        """The same with another value for one argument."""
        values, described = list(self.values), list(self.described)
        values[index] = value
        described[index] = replace(describe(context, described[index].keyword, value), starred=described[index].starred)
        return _Given(values, described, self.places)


def _chosen(context: Context, node: cst.Call, row: Row, receiver: ir.Expr | None, given: _Given) -> ir.Expr:
    """The call; a call with None and one without where C++ has no one call for an argument that may be either."""
    doubtful = doubt.may_be_none(given.values)
    if doubtful:
        found = variants.bind_applicable(context, row, given.described)
        fails = isinstance(found, Mismatch)
        needed = doubtful if isinstance(found, Mismatch) else [i for i in doubtful if doubt.has_own_call(found, i)]
        if needed and len(needed) <= doubt.MOST:
            made = _either(context, node, row, receiver, given, needed[0])
            if made is not None:
                return made
        if needed and not fails:
            context.refuse("PCA303", given.places[needed[0]], "this argument may be None", "test it for None before")
    given = _certain(context, row, given)
    for index, number in scalar_arguments.numbers(context, row, given.values, given.described):
        given = given.with_value(context, index, number)
    return _bound(context, node, row, receiver, given)


def _certain(context: Context, row: Row, given: _Given) -> _Given:
    """The arguments, each without its doubt where the call takes no None."""
    if not any(isinstance(one.type, OptionalType) for one in given.described):
        return given
    if not isinstance(variants.bind_applicable(context, row, given.described), Mismatch):
        return given
    for index, value in enumerate(given.values):
        if not isinstance(value, cst.BaseExpression):
            given = given.with_value(context, index, certain(value))
    return given


def _either(
    context: Context, node: cst.Call, row: Row, receiver: ir.Expr | None, given: _Given, index: int
) -> ir.Expr | None:
    """`value is None`: one call or another; None where one of them cannot be."""
    value = given.values[index]
    assert isinstance(value, ir.Name | ir.Field)
    assert isinstance(value.type, OptionalType)
    span = context.span(node)
    ways = [
        given.with_value(context, index, ir.Convert(value, value.type.inner, value.span)),
        given.with_value(context, index, literal(None, value.span)),
    ]
    fails = any(isinstance(variants.bind_applicable(context, row, way.described), Mismatch) for way in ways)
    if fails and not all(doubt.may_be_none(way.values) for way in ways):
        return None
    body, orelse = (_chosen(context, node, row, receiver, way) for way in ways)
    joined = join(body.type, orelse.type)
    if joined is None or isinstance(joined, NoneType | OptionalType):
        return None
    test = ir.IsNone(value, True, BOOL, span)
    body, orelse = (coerce(context, part, joined, "the value") for part in (body, orelse))
    return ir.Conditional(test, body, orelse, joined, span)


def _bound(context: Context, node: cst.Call, row: Row, receiver: ir.Expr | None, given: _Given) -> ir.Expr:
    row = plain_states.loading(context, node, row)
    values, described, places = given.values, given.described, given.places
    found = bind_call(context, node, row, described, places)
    lowered = [_settle(context, value, found, index) for index, value in enumerate(values)]
    if any(isinstance(value, cst.BaseExpression) for value in values):
        typed = [replace(given, type=value.type) for given, value in zip(described, lowered, strict=True)]
        found = bind_call(context, node, row, typed, places)
    lowered = looseness.numbers(context, row, found, lowered)
    own = 0 if receiver is None else 1  # what the call widens
    lowered[own:] = [_filled(context, value, found, index) for index, value in enumerate(lowered) if index >= own]
    call_effects.note(context, found, receiver, lowered)
    ignored.check_calls(context, found, lowered)
    registrations.check_parameters(context, found, lowered)
    if found.variant.effect == "write" or is_module_type(context, found.result):
        kept = lowered[receiver is not None :]
        dispatch.check_kept(context, kept)
        note_modules(context, *kept)
    return application(context, node, found, lowered)


def _filled(context: Context, value: ir.Expr, bound: Bound, index: int) -> ir.Expr:
    """An empty list or dict, of what the parameter holds; None, where that may be None; an object, as its family."""
    is_empty = not is_settled(value.type) and isinstance(value, ir.ListDisplay | ir.DictDisplay | ir.SetDisplay)
    is_plain = not any(isinstance(held, NoneType | InstanceType) for held in with_held(value.type))
    if not is_empty and is_plain:
        return value
    parameter = next(name for name, indices in bound.positions.items() if index in indices)
    wanted = parameter_type(context.table, bound, parameter)
    if wanted is None or isinstance(wanted, ApiType) or not is_settled(wanted):
        return value
    held = wanted in bound.variables.values() and isinstance(value.type, NoneType)  # not what may be left out
    is_other = are_other_objects(value.type, wanted)
    return coerce(context, value, wanted, "the argument") if is_empty or held or is_other else value


def bind_call(
    context: Context,
    node: cst.CSTNode,
    row: Row,
    described: abc.Sequence[CallArgument],
    places: abc.Sequence[cst.CSTNode],
) -> Bound:
    """The arguments bound to a variant of the row; a mismatch is reported at the argument that is to blame."""
    found = variants.bind_applicable(context, row, described)
    if isinstance(found, Mismatch):
        at = node if found.argument is None else places[found.argument]
        if found.code in ("PCA402", "PCA404") and flags.decides(context, at):
            context.pending(node)
        context.refuse(found.code, at, found.message, found.help)
    lookup.check_variant(context, node, found.variant)
    if "persistent" in found.variant.words and TRANSIENT in context.assumptions.facts:
        message = "LibTorch's state has every buffer, Python's leaves out those with persistent=False"
        context.refuse("PCA402", node, message, "leave persistent=False out")
    if isinstance(found.result, NeverType) and str(found.variant.signature.result) == "Scalar":
        return _as_float(context, node, found, described)
    return found


def _as_float(context: Context, node: cst.CSTNode, bound: Bound, described: abc.Sequence[CallArgument]) -> Bound:
    """A number read from a tensor of unknown dtype is taken as a float, which the C++ checks when it runs."""
    if any(isinstance(given.type, TensorType) and given.type.category == "complex" for given in described):
        context.refuse("PCA301", node, "complex numbers have no translation", "read the real part: x.real.item()")
    return replace(bound, result=FLOAT)


def _settle(context: Context, value: ir.Expr | cst.BaseExpression, bound: Bound, index: int) -> ir.Expr:
    if not isinstance(value, cst.BaseExpression):
        return value
    parameter = next(name for name, indices in bound.positions.items() if index in indices)
    lowered = context.expression(value, parameter_type(context.table, bound, parameter))
    return keep(context, value, lowered, bound, index)


def application(context: Context, node: cst.CSTNode | Span, bound: Bound, lowered: abc.Sequence[ir.Expr]) -> ir.Expr:
    """The Apply node, its arguments in the order of evaluation."""
    span = node if isinstance(node, Span) else context.span(node)
    arguments = []
    for parameter, indices in sorted(bound.positions.items(), key=lambda item: item[1] or (0,)):
        values = [(index, lowered[index]) for index in indices]
        arguments.append(ir.Argument(parameter, given_for(bound, parameter, values, span)))
    row = context.table.find(bound.variant.key)
    constructs = row is not None and row.variants[0].kind == "class"
    if constructs and is_module_type(context, bound.result) and is_settled(bound.result):
        dispatch.note_class(context, bound.result)
        spread = bound.variant.words.get("spread")
        given = [argument.value for argument in arguments if argument.parameter == spread]
        if spread is not None and not any(filled_lists.surely_filled(context, value) for value in given):
            context.assumptions.note(EMPTY)
        for part in bound.variant.words.get("parts", ()):
            dispatch.note_class(context, roles.instance_of(context.table, part))
    variants.note_kinds(context, bound.variant, arguments)
    freed_graphs.note(context, bound.variant, arguments)
    if "slots" in bound.variant.words:
        slots.note_given(context, span, bound.variant.words["slots"], arguments)
    made = ir.Apply(bound.variant.key, bound.variant.index, "call", tuple(arguments), bound.result, span)
    return forms.told(context, made, bound, lowered, span)


def apply_function(
    context: Context, node: cst.CSTNode | Span, name: str, values: abc.Sequence[ir.Expr], **keywords: ir.Expr
) -> ir.Expr:
    """A call of the API name with lowered arguments."""
    row = context.table.find(name)
    assert row is not None
    given = [*values, *keywords.values()]
    if not all(is_settled(value.type) for value in given):
        context.pending(node)
    names = [*(None for _ in values), *keywords]
    bound = variants.bind_applicable(context, row, [describe(context, k, v) for k, v in zip(names, given, strict=True)])
    if isinstance(bound, Mismatch):
        context.refuse(bound.code, node, bound.message, bound.help)
    return application(context, node, bound, given)


def apply_method(
    context: Context,
    node: cst.CSTNode,
    receiver: ir.Expr,
    method: str,
    arguments: tuple[ir.Expr, ...],
    reflected: bool = False,
) -> ir.Expr:
    """A special method on lowered operands; `reflected`: the argument stands, and is evaluated, first."""
    held = slots.element(context, node, receiver, method, arguments)
    if held is not None:
        return held
    row = lookup.required(context, node, receiver.type, method)
    if not any(
        isinstance(value.type, TensorType) and value.type.category == "float" for value in (receiver, *arguments)
    ):
        arguments = tuple(looseness.shown(context, value) for value in arguments)
    if any(isinstance(value.type, NeverType) for value in (receiver, *arguments)):
        context.pending(node)
    described = [describe(context, None, value) for value in (receiver, *arguments)]
    bound = variants.bind_applicable(context, row, described)
    if isinstance(bound, Mismatch) and any(isinstance(value.type, OptionalType) for value in arguments):
        arguments = tuple(map(certain, arguments))
        bound = variants.bind_applicable(context, row, [describe(context, None, one) for one in (receiver, *arguments)])
    if isinstance(bound, Mismatch):
        types = " and ".join(str(value.type) for value in (receiver, *arguments))
        context.refuse(bound.code, node, f"{method} does not take {types}", bound.help)
    lookup.check_variant(context, node, bound.variant)
    registrations.check_parameters(context, bound, (receiver, *arguments))
    if bound.variant.effect == "write":
        note_modules(context, *arguments)
    applied = application(context, node, bound, (receiver, *arguments))
    assert isinstance(applied, ir.Apply)
    if not reflected:
        return applied
    return ir.Apply(applied.row, applied.variant, "call", applied.arguments[::-1], applied.type, applied.span)


# ------------------------------------------------------------------------------------------- modules


def is_module_type(context: Context, type_: Type) -> bool:
    """Whether a value is a module: of the API, or of a class of the program."""
    if is_module_instance(type_) or is_module_container(type_):
        return True
    return isinstance(type_, ApiType) and roles.is_module(context.table, type_.name)


def registering_method(context: Context, class_name: str, method: str) -> str | None:
    """What a method such as `register_buffer` registers; None for other methods."""
    row = context.table.attribute(ApiType(roles.MODULE), method)
    return None if row is None else row.variants[0].registers
