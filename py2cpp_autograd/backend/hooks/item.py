"""`x.item()`: C++ wants the number's type, which is that of the tensor's dtype."""

from __future__ import annotations

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.fill import Filler
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.types import FloatType, TensorType


def item(selection: Selection, node: ir.Apply, filler: Filler) -> cpp.Expr:
    """`x.item<double>()`; where the dtype is not known, a call that makes sure of it."""
    given = filler.given[filler.variant.self_name]
    receiver = selection.expression(given)
    known = isinstance(given.type, TensorType) and given.type.category is not None
    if isinstance(node.type, FloatType) and not known:
        return selection.shim("item", "float_item", receiver)
    return cpp.Call(cpp.Member(receiver, f"item<{selection.type(node.type)}>"), ())
