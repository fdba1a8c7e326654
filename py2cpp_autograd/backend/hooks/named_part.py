"""A module of a module by its name: C++ has to say of which class it is."""

from __future__ import annotations

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.fill import Filler
from py2cpp_autograd.backend.select.context import Selection


def named_part(selection: Selection, node: ir.Apply, filler: Filler) -> cpp.Expr:
    """`py2cpp::named_part<py2cpp::Linear>(this, "fc0")`."""
    values = (filler.fill(cpp.Name("self")), filler.value("name"))
    return selection.shim("module_tree", f"named_part<{selection.type(node.type)}>", *values)
