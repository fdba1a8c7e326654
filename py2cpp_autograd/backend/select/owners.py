"""What a loop runs over, where that is a part of something that nothing else holds.

    for name in make().names:    ->    auto owner_ = make();
                                       for (auto name : owner_->names) {

C++ ends what `make()` gives before the loop begins, and its parts with it.
"""

from __future__ import annotations

from dataclasses import replace

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.ir_walk import iterable_children, with_iterable_children
from py2cpp_autograd.types import ApiType


def with_owners(selection: Selection, iterable: ir.Iterable) -> tuple[list[cpp.Stmt], ir.Iterable]:
    """The variables that a loop needs before it, and what it runs over with these."""
    owners: list[cpp.Stmt] = []
    parts = [_part(selection, value, owners) for value in iterable_children(iterable)]
    return owners, with_iterable_children(iterable, iter(parts)) if owners else iterable


def _part(selection: Selection, value: ir.Expr, owners: list[cpp.Stmt]) -> ir.Expr:
    match value:
        case ir.Field(instance=whole):
            return replace(value, instance=_whole(selection, whole, owners))
        case ir.Subscript(container=whole):
            return replace(value, container=_whole(selection, whole, owners))
        case ir.Convert(operand=whole):
            return replace(value, operand=_whole(selection, whole, owners))
        case _ if isinstance(value.type, ApiType):
            return _whole(selection, value, owners)  # a holder of modules, whose modules the loop runs over
        case _:
            return value


def _whole(selection: Selection, value: ir.Expr, owners: list[cpp.Stmt]) -> ir.Expr:
    match value:
        case ir.Field() | ir.Subscript() | ir.Convert():
            return _part(selection, value, owners)
        case ir.Name() | ir.Base() | ir.ClassAttribute() | ir.Literal():
            return value
        case _:
            name = selection.temporary("owner")
            owners.append(cpp.Declare("auto", name, selection.expression(value)))
            return ir.Name(name, value.type, value.span)
