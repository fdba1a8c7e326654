"""Functions that leave no tensor behind: what they register on tensors is never called after they have returned."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.types import (
    BoolType,
    ComplexType,
    FloatType,
    FunctionType,
    IntType,
    ListType,
    NeverType,
    NoneType,
    OptionalType,
    StrType,
    TupleType,
    Type,
)

_PLAIN = BoolType | ComplexType | FloatType | FunctionType | IntType | NeverType | NoneType | StrType


def is_confined(context: Context, scope: Scope) -> bool:
    """Whether a function of the module takes, gives and reads no tensor, or anything that could hold one."""
    if scope.kind != "function" or scope.parent is not context.module_scope or scope.self_class is not None:
        return False
    definition = context.module_scope.functions.get(scope.identity.partition("#")[0])
    if definition is None:
        return False
    given = [context.assumptions.get(("variable", scope.identity, name, 1)) for name in scope.parameters]
    result = context.assumptions.get(("result", scope.identity))
    return all(map(_is_plain, [*given, result])) and not _reads_more(context, definition)


def _is_plain(type_: Type) -> bool:
    match type_:
        case OptionalType(inner=inner) | ListType(element=inner):
            return _is_plain(inner)
        case TupleType(elements=elements):
            return all(map(_is_plain, elements))
        case _:
            return isinstance(type_, _PLAIN)


def _reads_more(context: Context, definition: cst.CSTNode) -> bool:
    """Whether it, or a function or class of the program that it may call, uses a variable that could hold a tensor."""
    seen: set[str] = set()
    pending = [definition]
    while pending:
        for name in names_used(pending.pop()):
            if name in seen:
                continue
            seen.add(name)
            found = context.module_scope.functions.get(name) or context.classes.get(name)
            if found is not None:
                pending.append(found)
            elif not all(map(_is_plain, _types(context, name))):
                return True
    return False


def _types(context: Context, name: str) -> Iterator[Type]:
    """The types that a variable of the module has."""
    yield from context.assumptions.types.starting("variable", "", name).values()
