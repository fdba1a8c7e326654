"""`ctx.save_for_backward(...)` and `ctx.saved_tensors`: None is an undefined tensor."""

from __future__ import annotations

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.fill import Filler
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.types import NoneType


def save_for_backward(selection: Selection, node: ir.Apply, filler: Filler) -> cpp.Expr:
    """`ctx->save_for_backward({input, weight})`."""
    context = selection.expression(filler.given[filler.variant.self_name])
    tensors = filler.given.get("tensors")
    elements = tensors.elements if isinstance(tensors, ir.ListDisplay) else ()
    saved = tuple(
        cpp.Call(cpp.Name("torch::Tensor"), ()) if isinstance(e.type, NoneType) else selection.expression(e)
        for e in elements
    )
    return cpp.Call(cpp.Member(context, "save_for_backward", arrow=True), (cpp.Brace(None, saved),))


def saved_tensors(selection: Selection, node: ir.Apply, filler: Filler) -> cpp.Expr:
    """`ctx->get_saved_variables()`."""
    context = selection.expression(filler.given[filler.variant.self_name])
    return cpp.Call(cpp.Member(context, "get_saved_variables", arrow=True), ())
