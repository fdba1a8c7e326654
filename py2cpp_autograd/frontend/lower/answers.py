"""Comparisons of constants, whose answers are known when the program is translated."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import libcst as cst

_ANSWERS: dict[type[cst.BaseCompOp], Callable[[Any, Any], bool]] = {
    cst.Equal: operator.eq,
    cst.NotEqual: operator.ne,
    cst.LessThan: operator.lt,
    cst.LessThanEqual: operator.le,
    cst.GreaterThan: operator.gt,
    cst.GreaterThanEqual: operator.ge,
    cst.In: lambda item, held: item in held,
    cst.NotIn: lambda item, held: item not in held,
}


def answer(compared: cst.BaseCompOp, left: object, right: object) -> bool | None:
    """What Python gives for a comparison; None where it raises, and for identities."""
    try:
        return _ANSWERS[type(compared)](left, right) if type(compared) in _ANSWERS else None
    except TypeError:  # "a" < 1
        return None
