"""Arithmetic of literals, computed when the program is translated: the value of a member, `BIG = 0.1 * 100`."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.lower.values import literal

_OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "<<": operator.lshift,
    "|": operator.or_,
}
_FITS: Final = 1 << 63
#: Powers and shifts beyond this give nothing that fits.
_LARGE: Final = 64


def folded(value: ir.Expr) -> ir.Expr:
    """The literal that arithmetic of literals gives; what is no such arithmetic, or does not fit, as it is."""
    match value:
        case ir.Binary(operator=symbol, left=left, right=right) if symbol in _OPERATORS:
            a, b = folded(left), folded(right)
        case ir.Convert(operand=operand) if isinstance(operand, ir.Binary):
            return folded(operand)
        case _:
            return value
    first, second = _number(a), _number(b)
    if first is None or second is None or (symbol in ("**", "<<") and abs(second) > _LARGE):
        return value
    try:
        made = _OPERATORS[symbol](first, second)
    except (ArithmeticError, TypeError, ValueError):
        return value
    is_number = isinstance(made, float) or (isinstance(made, int) and -_FITS <= made < _FITS)
    return literal(made, value.span) if is_number else value


def _number(node: ir.Expr) -> int | float | None:
    is_number = isinstance(node, ir.Literal) and type(node.value) in (int, float)
    return node.value if is_number and isinstance(node, ir.Literal) and isinstance(node.value, int | float) else None
