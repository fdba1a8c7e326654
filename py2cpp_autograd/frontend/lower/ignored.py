"""Arguments that C++ has no place for: what computes them would be left out with them."""

from __future__ import annotations

from collections.abc import Sequence

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.values import are_numbers
from py2cpp_autograd.ir_walk import walk
from py2cpp_autograd.table.bind import Bound

_CALLS = ir.Call | ir.MethodCall | ir.StaticCall | ir.CallValue


def check_calls(context: Context, bound: Bound, values: Sequence[ir.Expr]) -> None:
    """Refuse numbers that calls of the program's functions compute where C++ has no such argument."""
    for index in (index for name in bound.variant.ignored for index in bound.positions.get(name, ())):
        value = values[index]
        if are_numbers(value.type) and any(isinstance(part, _CALLS) for part in walk(value)):
            message = "C++ has no such argument, but its call does something"
            context.refuse("PCA103", value.span, message, "compute it before, into a variable")
