"""Numbers that are an int or a float, depending on the way that the program takes: C++ has a double for both.

Arithmetic with a float cannot tell the two apart. What can (print, str, isinstance, what a script leaves behind) is
refused, but for the common `total = 0` to which a loop adds floats: there, only the 0 itself is an int, and C++ checks
that the value is another one where it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.scope import Key, Scope
from py2cpp_autograd.table.bind import Bound
from py2cpp_autograd.types import FLOAT, BoolType, FloatType, IntType, NeverType, TensorType, Type, is_loose

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
    loose = isinstance(type_, FloatType) and type_.loose
    if isinstance(type_, IntType | BoolType) or loose:
        is_int = isinstance(value, ir.Literal) and type(value.value) is int
        number = value.value if isinstance(value, ir.Literal) and is_int else "other"
        context.assumptions.note(("int value", scope.identity, name, str(number)))


def _start(context: Context, scope: Scope, name: str) -> int | None:
    """The one int that a variable may be."""
    if name in scope.parameters or ("captured", scope.identity, name) in context.assumptions.facts:
        return None
    found = [fact[3] for fact in context.assumptions.facts if fact[:3] == ("int value", scope.identity, name)]
    return int(found[0]) if len(found) == 1 and found[0] != "other" else None


def read(context: Context, scope: Scope, name: str, type_: Type) -> Type:
    """The type of a variable that may be an int or a float, by what is known here."""
    if not (isinstance(type_, FloatType) and type_.loose) or scope is not context.scope:
        return type_
    known = scope.narrowed.get(name)
    return known if isinstance(known, FloatType) else FloatType(loose=True)


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


def check_left(context: Context) -> None:
    """Refuse numbers that a script leaves behind, of which nobody knows which they are."""
    scope = context.module_scope
    for key, type_ in context.assumptions.types.items():
        if key[:2] != ("variable", "") or not is_loose(type_) or not _is_last(scope, key):
            continue
        name = str(key[2])
        known = scope.narrowed.get(name, type_)
        seen = known if isinstance(type_, FloatType) and isinstance(known, FloatType) else type_
        is_started = isinstance(seen, FloatType) and seen.start is not None
        if is_loose(seen) and not is_started and not isinstance(seen, NeverType):
            place = context.places.get(key) or context.span(context.source.module)
            message = f"'{name}' holds ints and floats, depending on the way to the end of the program"
            context.report.add("PCA302", place, message, _HELP)


def _is_last(scope: Scope, key: Key) -> bool:
    name, version = str(key[2]), key[3]
    return version == scope.versions.get(name, 1) and not (name.startswith("__") and name.endswith("__"))


def numbers(context: Context, bound: Bound, lowered: list[ir.Expr]) -> list[ir.Expr]:
    """The arguments of a call that makes a difference between ints and floats, unless there is a tensor of floats."""
    if any(isinstance(value.type, TensorType) and value.type.category == "float" for value in lowered):
        return lowered
    exact = {index for name, found in bound.positions.items() if not _is_float(bound, name) for index in found}
    return [shown(context, value) if index in exact else value for index, value in enumerate(lowered)]


def _is_float(bound: Bound, name: str) -> bool:
    """Whether a parameter takes floats, of which an int is one."""
    parameter = bound.variant.signature.parameter(name)
    return parameter is not None and str(parameter.type).removesuffix("?") == "float"
