"""The builtins whose meaning is a matter of structure or types, not of a C++ function; the rest are rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import operator_functions
from py2cpp_autograd.frontend.lower.builtin_calls import (
    class_of,
    collection_classes,
    conversions,
    dataclass_functions,
    partials,
    questions,
    reductions,
)
from py2cpp_autograd.types import Type

_LOWERINGS: Mapping[str, Callable[[Context, cst.Call, Type | None], ir.Expr | None]] = {
    **class_of.LOWERINGS,
    **collection_classes.LOWERINGS,
    **conversions.LOWERINGS,
    **dataclass_functions.LOWERINGS,
    **partials.LOWERINGS,
    **reductions.LOWERINGS,
    **questions.LOWERINGS,
    "builtins.pow": operator_functions.power,
}


def lower(context: Context, node: cst.Call, name: str, expected: Type | None) -> ir.Expr | None:
    """The call of builtin `name`, or None where the table has its row."""
    lowering = _LOWERINGS.get(name)
    return None if lowering is None else lowering(context, node, expected)
