"""`x.item()`: C++ wants the number's type, which is that of the tensor's dtype."""

from __future__ import annotations

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.fill import Filler
from py2cpp_autograd.backend.select.context import Selection


def item(selection: Selection, node: ir.Apply, filler: Filler) -> cpp.Expr:
    """`x.item<double>()`."""
    receiver = selection.expression(filler.given[filler.variant.self_name])
    return cpp.Call(cpp.Member(receiver, f"item<{selection.type(node.type)}>"), ())
