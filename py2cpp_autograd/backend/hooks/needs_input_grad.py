"""`ctx.needs_input_grad[i]`: Python counts all arguments of forward, C++ only its tensors."""

from __future__ import annotations

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.fill import Filler
from py2cpp_autograd.backend.select.context import Selection


def needs_input_grad(selection: Selection, node: ir.Apply, filler: Filler) -> cpp.Expr:
    """`ctx->needs_input_grad(edge)`; false for an argument that is no tensor."""
    index = filler.given.get("index")
    if not isinstance(index, ir.Literal) or not isinstance(index.value, int):
        selection.report.add("PCA404", node.span, "needs_input_grad needs a literal index in C++")
        return cpp.Bool(False)
    position = index.value + len(selection.edges) if index.value < 0 else index.value
    if position not in selection.edges:
        selection.report.add("PCA303", node.span, f"needs_input_grad has no item {index.value}")
        return cpp.Bool(False)
    edge = selection.edges[position]
    if edge is None:
        return cpp.Bool(False)
    context = selection.expression(filler.given[filler.variant.self_name])
    return cpp.Call(cpp.Member(context, "needs_input_grad", arrow=True), (cpp.Int(edge),))
