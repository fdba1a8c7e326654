"""Functions of the API as values: `act = F.relu`, `ops = {"sin": torch.sin}`: a lambda that calls the function."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import is_settled
from py2cpp_autograd.frontend.lower import lookup, open_functions
from py2cpp_autograd.table.row import Row
from py2cpp_autograd.table.signature import Word
from py2cpp_autograd.types import NEVER, TENSOR, FunctionType, Type


def value(context: Context, node: cst.BaseExpression, row: Row, expected: Type | None) -> ir.Expr | None:
    """The function as a value of the type that the place wants, else one of the tensors that it needs."""
    lookup.check_refused(context, node, row)
    if row.variants[0].kind != "cpp" or row.key.rpartition(".")[2][:1].isupper():
        return None  # a class: `torch.FloatTensor` is made by a function in C++
    known = isinstance(expected, FunctionType) and all(map(is_settled, expected.parameters))
    taken = expected.parameters if isinstance(expected, FunctionType) and known else _needed(row)
    if not taken:
        return None
    made = open_functions.calling(context, node, len(taken), "input")
    function = context.expression(made, FunctionType(taken, NEVER))
    return replace(function, captures="copies") if isinstance(function, ir.Lambda) else function


def _needed(row: Row) -> tuple[Type, ...]:
    """The parameters without a default, if these are tensors."""
    signature = row.variants[0].signature
    needed = [parameter for parameter in signature.parameters if not parameter.has_default]
    tensors = all(parameter.type == Word("Tensor") for parameter in needed)
    return (TENSOR,) * len(needed) if tensors else ()
