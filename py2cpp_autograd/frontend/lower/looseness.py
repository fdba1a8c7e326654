"""Numbers that are an int or a float, depending on the way that the program takes: C++ has a double for both.

Arithmetic with a float cannot tell the two apart. What can (print, str, isinstance) is refused, but for the common
`best = 0`, `self.total = 0` that become floats: there, only the 0 itself is an int, and C++ checks that the value is
another one where it is shown. What a program leaves behind is compared as a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.held_types import is_loose
from py2cpp_autograd.table.bind import Bound
from py2cpp_autograd.table.row import Row
from py2cpp_autograd.types import FLOAT, INT, BoolType, FloatType, IntType, TensorType, Type

_HELP = "write floats, such as 0.0 for 0"


def shown(context: Context, value: ir.Expr) -> ir.Expr:
    """A value where it can be seen whether a number is an int or a float."""
    type_ = value.type
    if isinstance(type_, FloatType) and type_.start is not None:
        return ir.Convert(value, FLOAT, value.span)
    if is_loose(type_):
        what = "this is" if isinstance(type_, FloatType) else "this holds"
        context.refuse("PCA302", value.span, f"{what} an int or a float, depending on the way here", _HELP)
    return value


def asked(context: Context, value: ir.Expr) -> ir.Expr:
    """A value whose class is asked for."""
    return value if not is_loose(value.type) else shown(context, replace(value, type=_without_start(value.type)))


def _without_start(type_: Type) -> Type:
    return FloatType(loose=True) if isinstance(type_, FloatType) else type_


def held(context: Context, value: ir.Expr) -> ir.Expr:
    """What a container or object gets: the float that a loop has made of an int.

    An int that is assigned more than once waits: a later round may find that a float is added to it.
    """
    waits = isinstance(value, ir.Name) and context.scope.bindings.counts[value.name] > 1
    if waits and isinstance(value.type, IntType):
        context.wait(value.span)
    return given_back(value)


def given_back(value: ir.Expr) -> ir.Expr:
    """What a function returns: the float that a loop has made of the int that it started with."""
    started = isinstance(value.type, FloatType) and value.type.start is not None
    return ir.Convert(value, FLOAT, value.span) if started else value


def note_number(context: Context, scope: Scope, name: str, type_: Type, value: ir.Expr | None) -> None:
    """Remember the ints that a variable may be."""
    scope.given.append((name, type_))
    _note(context, scope.identity, name, type_, value)


def note_field(context: Context, class_name: str, name: str, value: ir.Expr) -> None:
    """Remember the ints that an attribute may be."""
    _note(context, f"{class_name}.", name, value.type, value)


def _note(context: Context, owner: str, name: str, type_: Type, value: ir.Expr | None) -> None:
    loose = isinstance(type_, FloatType) and type_.loose
    if isinstance(type_, IntType | BoolType) or loose:
        number = None if value is None else _int_of(context, value)
        context.assumptions.note(("int value", owner, name, "other" if number is None else str(number)))


def only_int(context: Context, values: Sequence[ir.Expr]) -> int | None:
    """The one int that the greatest or least of some values may be."""
    ints = {_int_of(context, value) for value in values if value.type != FLOAT or is_loose(value.type)}
    return ints.pop() if len(ints) == 1 else None


def _int_of(context: Context, value: ir.Expr) -> int | None:
    """The one int that a value may be."""
    match value:
        case ir.Literal(value=constant):
            return constant if type(constant) is int else None
        case _ if isinstance(value.type, FloatType):
            return value.type.start
        case ir.Name(name=name):
            return _start(context, context.scope, name)
        case ir.Field(instance=instance, name=name):
            return _only_int(context, f"{instance.type}.", name)
        case _:
            return None


def _start(context: Context, scope: Scope, name: str) -> int | None:
    """The one int that a variable may be."""
    if name in scope.parameters or ("captured", scope.identity, name) in context.assumptions.facts:
        return None
    return _only_int(context, scope.identity, name)


def _only_int(context: Context, owner: str, name: str) -> int | None:
    found = [fact[3] for fact in context.assumptions.facts.starting("int value", owner, name)]
    return int(found[0]) if len(found) == 1 and found[0] != "other" else None


def read(context: Context, scope: Scope, name: str, type_: Type) -> Type:
    """The type of a variable that may be an int or a float, by what is known here."""
    if not (isinstance(type_, FloatType) and type_.loose) or scope is not context.scope:
        return type_
    known = scope.narrowed.get(name)
    return known if isinstance(known, FloatType) else FloatType(loose=True, start=_start(context, scope, name))


def read_field(context: Context, class_name: str, name: str, type_: Type) -> Type:
    """The type of an attribute that may be an int or a float: an int that it starts with, a float from then on."""
    if not (isinstance(type_, FloatType) and type_.loose):
        return type_
    return FloatType(loose=True, start=_only_int(context, f"{class_name}.", name))


def behind_loop(
    context: Context, before: Mapping[str, Type], after: Mapping[str, Type], given: list[tuple[str, Type]], sure: bool
) -> dict[str, Type]:
    """What is known, behind a loop, of the numbers that it assigns; `sure`: its end was reached at least once."""
    found: dict[str, Type] = {}
    scope = context.scope
    for name in {name for name, type_ in given if isinstance(type_, FloatType)}:
        known = after.get(name)
        strict = isinstance(known, FloatType) and not known.loose
        if strict and (sure or before.get(name) == FLOAT):
            found[name] = FLOAT
            continue
        start = _start(context, scope, name)
        if start is not None:
            found[name] = FloatType(loose=True, start=start)
    return found


def numbers(context: Context, row: Row, bound: Bound, lowered: list[ir.Expr]) -> list[ir.Expr]:
    """The arguments of a call that makes a difference between ints and floats, unless there is a tensor of floats."""
    has_floats = any(isinstance(value.type, TensorType) and value.type.category == "float" for value in lowered)
    if has_floats or _is_of_numbers(row, bound):
        return lowered
    exact = {index for name, found in bound.positions.items() if not _is_float(row, bound, name) for index in found}
    return [shown(context, value) if index in exact else value for index, value in enumerate(lowered)]


def _is_of_numbers(row: Row, bound: Bound) -> bool:
    """Whether a call gives the same for an int and for the float of its value: `round` does, to an int."""
    is_rounded = row.key == "builtins.round" and bound.result == INT
    return is_rounded or row.key.startswith("math.") or row.key in {"builtins.float", "builtins.int"}


def _is_float(row: Row, bound: Bound, name: str) -> bool:
    """Whether a parameter takes floats, of which an int is one, and gives the same for both."""
    taken = [variant.signature.parameter(name) for variant in (bound.variant, *row.variants)]
    plain = [None if parameter is None else str(parameter.type).removesuffix("?") for parameter in taken]
    return plain[0] == "float" and "int" not in plain
