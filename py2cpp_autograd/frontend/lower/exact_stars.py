"""`f(*values)` where only the run tells how many values there are, and `f` takes one number of them: C++ looks.

    def model(x, w, b): ...
    model(x, *params)          ->      exactly(params.unbind(0), 2), whose values w and b get
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import rows, star_arguments, unbinding
from py2cpp_autograd.frontend.lower.values import literal
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import ListType, StrType, TensorType, is_number


def spread(
    context: Context, argument: cst.Arg, written: Sequence[cst.Arg], takes: Sequence[cst.Param]
) -> list[ir.Expr]:
    """The values of a starred argument, each evaluated once, in order; `takes` is what positional arguments fill."""
    value = context.expression(argument.value)
    count = _wanted(written, takes)
    if count is None or not _is_open(context, value):
        return star_arguments.spread(context, argument, value)
    values = unbinding.unbound(context, argument, value) if isinstance(value.type, TensorType) else value
    size = literal(count, context.span(argument))
    made = rows.apply_function(context, argument, roles.EXACTLY, [values, size])
    assert isinstance(made.type, ListType)
    return star_arguments.taken_apart(context, made, (made.type.element,) * count)


def _wanted(written: Sequence[cst.Arg], takes: Sequence[cst.Param]) -> int | None:
    """How many values the one star of a call must give; None where there are several numbers that fit, or none."""
    if sum(argument.star != "" for argument in written) != 1:
        return None
    keywords = {argument.keyword.value for argument in written if argument.keyword is not None}
    free = [parameter for parameter in takes if parameter.name.value not in keywords]
    count = len(free) - sum(argument.keyword is None and argument.star == "" for argument in written)
    return count if count > 0 and all(parameter.default is None for parameter in free) else None


def _is_open(context: Context, value: ir.Expr) -> bool:
    """Whether only the run tells how many values this holds, which are copied one by one."""
    match value.type:
        case TensorType():
            return True
        case ListType(element=element):
            held = is_number(element) or isinstance(element, TensorType | StrType)
            return held and not star_arguments.has_known_length(context, value)
        case _:
            return False
