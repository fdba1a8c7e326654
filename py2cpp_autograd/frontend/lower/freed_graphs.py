"""Which programs go back through a graph again that they have freed: there, C++ has to raise where Python does."""

from __future__ import annotations

from collections.abc import Sequence

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.table.row import Variant

#: What such a program is remembered to do: rows have it in their `when`.
AGAIN = ("noted", "graphs freed again")


def note(context: Context, variant: Variant, arguments: Sequence[ir.Argument]) -> None:
    """Remember that a call frees the graph of a variable, and whether another one may have done so before."""
    keeps = variant.words.get("frees")
    if keeps is None:
        return
    given = {argument.parameter: argument.value for argument in arguments}
    value = given.get(variant.self_name)
    kept = any(name in given and not _is_false(given[name]) for name in keeps)
    if not isinstance(value, ir.Name) or kept:
        return
    scope = context.scope
    in_loop = any(value.name not in names for names in scope.loops[-1:])
    if value.name in scope.freed or in_loop:
        context.assumptions.note(AGAIN)
    scope.freed.add(value.name)


def _is_false(value: ir.Expr) -> bool:
    return isinstance(value, ir.Literal) and not value.value
