"""Starred arguments, `f(*values)`: how many there are must be known, for a C++ call has as many as are written.

A tuple says it by its type. A list says it where its variable is bound once, or where every `return` of its function
gives as many, and nothing changes it: that, the end of the round tells, when all changes are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.aliases import place_of
from py2cpp_autograd.frontend.lower.tuples import elements
from py2cpp_autograd.frontend.lower.values import coerce
from py2cpp_autograd.frontend.sharing import Place
from py2cpp_autograd.types import InstanceType, ListType, MixedListType, TupleType, Type, common_family

#: What is expected of a list display whose elements keep their types.
EXACT = MixedListType(())
_ADVICE = "write the arguments one by one, or put a tuple into a variable"


def spread(context: Context, argument: cst.Arg, value: ir.Expr) -> list[ir.Expr]:
    """The values of a starred argument, each evaluated once, in order; refused (PCA104) if their number is unknown."""
    if isinstance(value, ir.ListDisplay | ir.TupleDisplay):
        return list(value.elements)
    types = _types(context, argument, value)
    if isinstance(value, ir.Name | ir.Field):
        return list(elements(value, types))
    if not types:
        _check_idle(context, argument, value)
        return []
    return taken_apart(context, value, types)


def taken_apart(context: Context, value: ir.Expr, types: Sequence[Type]) -> list[ir.Expr]:
    """The values, of which there is one at least, of what is evaluated with the first of them."""
    name = ir.Name(context.scope.fresh_name("values"), value.type, value.span)
    first, *others = elements(name, types)
    return [ir.Let(name.name, value, first, first.type, value.span), *others]


def has_known_length(context: Context, value: ir.Expr) -> bool:
    """Whether the program says how many values a list holds."""
    return _length(context, value) is not None


def _types(context: Context, argument: cst.Arg, value: ir.Expr) -> tuple[Type, ...]:
    """The types of the values, as many as there are."""
    if isinstance(value.type, TupleType):
        return value.type.elements
    known = _length(context, value)
    if known is None or not isinstance(value.type, ListType):
        message = f"how many values {value.type} holds here is not known"
        context.refuse("PCA104", argument, message, _ADVICE)
    context.sharing.spread += [(place, value.type, context.span(argument)) for place in known.places]
    return (value.type.element,) * known.count


def _check_idle(context: Context, node: cst.CSTNode, value: ir.Expr) -> None:
    """Refuse to leave out the call of a function that gives no values, if it does anything else."""
    instances = context.instances.get(value.function, ()) if isinstance(value, ir.Call) else ()
    for instance in instances:
        body = () if instance.lowered is None else instance.lowered.body
        if any(not isinstance(statement, ir.Return | ir.Comment) for statement in body):
            context.refuse("PCA104", node, "this gives no values", "call the function in a statement of its own")


# --------------------------------------------------------------------------------------- lengths of lists


@dataclass(frozen=True)
class _Length:
    """How many values a list holds, as long as nothing changes what is in some places."""

    count: int
    places: frozenset[Place] = field(default=frozenset())


def note_length(context: Context, value: ir.Expr, place: Place) -> None:
    """Remember how many values a place gets, for stars; None where that is not known."""
    if not isinstance(value.type, ListType):
        return
    known = _length(context, value)
    context.assumptions.note(("length", *map(str, place), -1 if known is None else known.count))
    if known is not None:
        context.sharing.counted.setdefault(place, set()).update(known.places)


def _length(context: Context, value: ir.Expr) -> _Length | None:
    match value:
        case _ if isinstance(value.type, TupleType):
            return _Length(len(value.type.elements))
        case ir.ListDisplay(elements=elements):
            return _Length(len(elements))
        case ir.Convert(operand=operand):
            return _length(context, operand)
        case ir.Comprehension(into="list", clauses=(ir.Clause(iterable=ir.Items(value=inner), condition=None),)):
            return _length(context, inner)
        case ir.Name() if not _is_bound_once(context, value.name):
            return None
        case ir.Name() | ir.Call() | ir.MethodCall() | ir.StaticCall():
            return _noted(context, place_of(context, value))
        case _:
            return None


def _noted(context: Context, place: Place) -> _Length | None:
    """The length that all that a place gets has."""
    key = ("length", *map(str, place))
    counts = {fact[-1] for fact in context.assumptions.facts.starting(*key) if fact[:-1] == key}
    count = counts.pop() if len(counts) == 1 else None
    if not isinstance(count, int) or count < 0:
        return None
    return _Length(count, frozenset({place, *context.sharing.counted.get(place, ())}))


def _is_bound_once(context: Context, name: str) -> bool:
    scope = context.resolve(name).scope
    return scope is not None and scope.bindings.counts[name] == 1 and name not in scope.parameters


def check_spread(context: Context) -> None:
    """Refuse stars before lists that change: how many values they hold is not known."""
    for type_, span in context.sharing.resized():
        message = f"how many values {type_} holds here is not known: the list is changed"
        context.report.add("PCA104", span, message, _ADVICE)


def collected_objects(context: Context, node: cst.Call, values: Sequence[ir.Expr]) -> ir.Expr:
    """What `*args` takes: a tuple; objects with a common base are as many as a call gives."""
    span = context.span(node)
    joined: Type | None = values[0].type if values else None
    for value in values:
        joined = None if joined is None else common_family(joined, value.type) if value.type != joined else joined
    if isinstance(joined, InstanceType) and joined.kind in ("object", "family"):
        held = tuple(coerce(context, value, joined, "the argument") for value in values)
        return ir.ListDisplay(held, ListType(joined, fixed=True), span)
    return ir.TupleDisplay(tuple(values), TupleType(tuple(value.type for value in values)), span)
