"""What a dict holds under a key that only the program knows: C++ wants the type."""

from __future__ import annotations

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.fill import Filler
from py2cpp_autograd.backend.select.context import Selection


def slot(selection: Selection, node: ir.Apply, filler: Filler) -> cpp.Expr:
    """`state.get<torch::Tensor>("exp_avg")`, and `state.set<int64_t>("step", 0)`."""
    key, value = selection.expression(filler.given["key"]), filler.given.get("value")
    held = node.type if value is None else value.type
    name = f"{'get' if value is None else 'set'}<{selection.type(held)}>"
    called = cpp.Member(selection.expression(filler.given["self"]), name)
    return cpp.Call(called, (key,) if value is None else (key, selection.expression(value)))
