"""`nn.Sequential(a, b)`: C++ takes the modules as arguments, not as a list."""

from __future__ import annotations

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.fill import Filler
from py2cpp_autograd.backend.select.context import Selection


def sequential(selection: Selection, node: ir.Apply, filler: Filler) -> cpp.Expr:
    """`torch::nn::Sequential(a, b)`."""
    modules = filler.given.get("modules")
    elements = modules.elements if isinstance(modules, ir.ListDisplay) else ()
    return cpp.Call(cpp.Name("torch::nn::Sequential"), tuple(selection.expression(element) for element in elements))
