"""What calls of the API do to the lists and dicts that they are given."""

from __future__ import annotations

from collections import abc

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.aliases import is_container, note_elements, note_held, note_mutation, place_of
from py2cpp_autograd.frontend.lower.values import widen
from py2cpp_autograd.frontend.sharing import is_fresh
from py2cpp_autograd.table.bind import Bound
from py2cpp_autograd.table.signature import Collection, Mapping, Sequence
from py2cpp_autograd.types import DictType, ListType, ModuleDictType, ModuleListType, NoneType, SetType


def note(context: Context, bound: Bound, receiver: ir.Expr | None, lowered: abc.Sequence[ir.Expr]) -> None:
    """Lists and dicts that the call changes, learns its element type from, or keeps a second name of."""
    if receiver is not None and isinstance(receiver.type, ModuleListType) and isinstance(bound.self_type, ListType):
        widen(context, receiver, ModuleListType(bound.self_type.element, fixed=True))
    if receiver is not None and isinstance(receiver.type, ModuleDictType) and isinstance(bound.self_type, DictType):
        widen(context, receiver, ModuleDictType(bound.self_type.key, bound.self_type.value))
    if receiver is None or not is_container(receiver.type):
        return
    if bound.variant.effect == "write":
        if isinstance(bound.result, NoneType) and is_fresh(receiver) and not isinstance(receiver.type, SetType):
            message = "this changes a value that nothing keeps"
            context.refuse("PCA103", receiver.span, message, "put the value into a variable first")
        if isinstance(receiver, ir.Binding):  # which C++ copies where the change needs a name
            message = "this changes a value in the expression that names it"
            context.refuse("PCA103", receiver.span, message, "put the value into a variable first")
        note_mutation(context, receiver)
        for index, value in enumerate(lowered[1:], start=1):
            note_taken = note_elements if _takes_elements(bound, index) else note_held
            note_taken(context, place_of(context, receiver), value)
        if bound.self_type is not None:
            widen(context, receiver, bound.self_type)


def _takes_elements(bound: Bound, index: int) -> bool:
    """Whether a list or dict takes what the argument holds, not the argument itself."""
    names = [name for name, places in bound.positions.items() if index in places]
    parameter = bound.variant.signature.parameter(names[0]) if names else None
    return parameter is not None and isinstance(parameter.type, Collection | Mapping | Sequence)
