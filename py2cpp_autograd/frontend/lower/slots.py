"""Dicts of the API that hold what the program puts into them: groups of parameters, the states of optimizers.

    state["exp_avg"] = torch.zeros_like(p)    ->    state.set<torch::Tensor>("exp_avg", torch::zeros_like(p));
    state["exp_avg"].mul_(0.9)                ->    state.get<torch::Tensor>("exp_avg").mul_(0.9);

Keys are literals, and the type of what a key holds is that of all that the program stores under it. What has a row of
its own keeps it, unless the program stores something else there.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import is_settled
from py2cpp_autograd.frontend.lower.arguments import describe
from py2cpp_autograd.frontend.lower.values import coerce, literal
from py2cpp_autograd.frontend.lower.variants import bind_applicable
from py2cpp_autograd.frontend.scope import Key
from py2cpp_autograd.span import Span
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.bind import Mismatch
from py2cpp_autograd.types import (
    NONE,
    ApiType,
    BoolType,
    FloatType,
    InstanceType,
    IntType,
    NeverType,
    OptionalType,
    StrType,
    TensorType,
    TupleType,
    Type,
)

_WRITING = "__setitem__"


def element(
    context: Context, node: cst.CSTNode, receiver: ir.Expr, method: str, arguments: Sequence[ir.Expr]
) -> ir.Expr | None:
    """`dict[key]` or `dict[key] = value` of a key that has no row; None for other dicts, keys and methods."""
    owner = roles.slots(context.table, receiver.type)
    if owner is None or method not in {"__getitem__", _WRITING}:
        return None
    key = arguments[0]
    if not isinstance(key, ir.Literal) or not isinstance(key.value, str):
        context.refuse("PCA404", node, "the key of this dict must be a literal")
    place: Key = ("slot", owner, key.value)
    if method == _WRITING:
        return _stored(context, node, receiver, key, arguments[1], place)
    held = context.assumptions.get(place)
    known = _known(context, receiver, method, arguments)
    if known is not None and (isinstance(held, NeverType) or _fits(held, known)):
        return None
    if isinstance(held, NeverType):
        if not context.source.own_bases:
            return None
        context.pending(node)
    row = _row(context, receiver, "__slot__")
    given = (ir.Argument("self", receiver), ir.Argument("key", key))
    return ir.Apply(row, 0, "call", given, held, context.span(node))


def _stored(
    context: Context, node: cst.CSTNode, receiver: ir.Expr, key: ir.Literal, value: ir.Expr, place: Key
) -> ir.Expr | None:
    known = _known(context, receiver, _WRITING, (key, value)) is not None
    if not context.source.own_bases and (known or _has_row(context, receiver, str(key.value))):
        return None
    if not known and _has_row(context, receiver, str(key.value)) and isinstance(value.type, TensorType):
        return None
    if not is_settled(value.type):
        context.pending(node)
    if not _can_be_held(value.type):
        context.refuse("PCA303", node, f"a {value.type} under a key of this dict has no translation", "keep a tensor")
    held = context.settled(context.assumptions.join(place, value.type), node, f"key '{key.value}'")
    if known:
        return None
    return _set(context, node, receiver, key, coerce(context, value, held, f"key '{key.value}'"), NONE)


def _set(
    context: Context, node: cst.CSTNode, receiver: ir.Expr, key: ir.Literal, value: ir.Expr, type_: Type
) -> ir.Expr:
    row = _row(context, receiver, "__set_slot__")
    given = (ir.Argument("self", receiver), ir.Argument("key", key), ir.Argument("value", value))
    return ir.Apply(row, 0, "call", given, type_, context.span(node))


def with_default(context: Context, node: cst.Call, receiver: ir.Expr, name: str) -> ir.Expr | None:
    """`group.get("lr", 0.1)` is `group["lr"] if "lr" in group else 0.1`; None for other calls.

    A key that nothing else stores holds what is stored there, most often this very value.
    """
    owner = roles.slots(context.table, receiver.type)
    if owner is None or name != "get":
        return None
    match node:
        case cst.Call(
            func=cst.Attribute(value=cst.Name() as held),
            args=[cst.Arg(value=cst.SimpleString() as key), cst.Arg(value=default)],
        ):
            place: Key = ("slot", owner, str(key.evaluated_value))
            otherwise = context.expression(default).type
            if isinstance(context.assumptions.get(place), NeverType) and _can_be_held(otherwise):
                context.assumptions.join(place, otherwise)
            test = cst.Comparison(key, [cst.ComparisonTarget(cst.In(), held)])
            made = cst.IfExp(test, cst.Subscript(held, [cst.SubscriptElement(cst.Index(key))]), default)
            context.place_at(made, context.span(node))
            return context.expression(made)
        case _:
            return None


def extended(context: Context, node: cst.CSTNode, made: ir.Expr, key: str, value: ir.Expr) -> ir.Expr:
    """A new instance with one more key, which no row has: `{"params": [w], "lr_scale": 0.5}`."""
    owner = roles.slots(context.table, made.type)
    if owner is None or not _can_be_held(value.type):
        context.refuse("PCA303", node, f"a {value.type} under '{key}' of this dict has no translation", "keep a number")
    if not is_settled(value.type):
        context.pending(node)
    held = context.settled(context.assumptions.join(("slot", owner, key), value.type), node, f"key '{key}'")
    return _set(context, node, made, literal(key, made.span), coerce(context, value, held, f"key '{key}'"), made.type)


def note_given(context: Context, node: Span, owner: str, arguments: Sequence[ir.Argument]) -> None:
    """What an instance is made with under its keys, but for the key that makes a dict an instance."""
    row = context.table.find(owner)
    own = None if row is None else row.variants[0].words.get("record")
    for argument in arguments if context.source.own_bases else ():
        if argument.parameter != own and is_settled(argument.value.type) and _can_be_held(argument.value.type):
            joined = context.assumptions.join(("slot", owner, argument.parameter), argument.value.type)
            context.settled(joined, node, f"key '{argument.parameter}'")


def _row(context: Context, receiver: ir.Expr, name: str) -> str:
    row = context.table.attribute(receiver.type, name)
    assert row is not None
    return row.key


def _known(context: Context, receiver: ir.Expr, method: str, arguments: Sequence[ir.Expr]) -> Type | None:
    """What a row of its own gives for the key; None where there is none, or it does not take the value."""
    row = context.table.attribute(receiver.type, method)
    if row is None:
        return None
    given = [describe(context, None, value) for value in (receiver, *arguments)]
    found = bind_applicable(context, row, given)
    return None if isinstance(found, Mismatch) else found.result


def _has_row(context: Context, receiver: ir.Expr, key: str) -> bool:
    """Whether the key is one of those that the API's own optimizers have."""
    row = context.table.attribute(receiver.type, _WRITING)
    return row is not None and any(f"'{key}'" in str(variant.signature) for variant in row.variants)


def _fits(held: Type, known: Type) -> bool:
    return held == known or (isinstance(known, FloatType) and isinstance(held, FloatType))


def _can_be_held(type_: Type) -> bool:
    """Whether copies of a value are as good as the value: not so of lists and dicts."""
    match type_:
        case TensorType() | BoolType() | IntType() | FloatType() | StrType():
            return True
        case OptionalType(inner=inner):
            return _can_be_held(inner)
        case TupleType(elements=elements):
            return all(map(_can_be_held, elements))
        case _:
            return False


# ------------------------------------------------------------------------------- the program's own optimizers

#: What the written base of optimizers holds them in.
_HELD = "held"


def is_own_optimizer(context: Context, type_: Type) -> bool:
    """Whether a value is an optimizer of a class of the program."""
    if not isinstance(type_, InstanceType) or not context.source.own_bases:
        return False
    held = context.assumptions.get(("field", type_.name, _HELD))
    is_optimizer = isinstance(held, ApiType) and roles.is_a(context.table, held.name, roles.OPTIMIZER)
    return is_optimizer and bool(context.source.own_bases & set(hierarchy.mro(context, type_.name)))


def held(context: Context, value: ir.Expr) -> ir.Expr:
    """The optimizer of the API that an optimizer of the program has its groups in."""
    return ir.Field(value, _HELD, context.assumptions.get(("field", str(value.type), _HELD)), value.span)
