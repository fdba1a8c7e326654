"""`torch.load(path)`: C++ has to say what the file holds."""

from __future__ import annotations

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.fill import Filler
from py2cpp_autograd.backend.select.context import Selection


def load(selection: Selection, node: ir.Apply, filler: Filler) -> cpp.Expr:
    """`py2cpp::load<torch::Tensor>(path)`."""
    return selection.shim("files", f"load<{selection.type(node.type)}>", selection.expression(filler.given["f"]))
