"""A module of a module by its name: C++ has to say of which class it is."""

from __future__ import annotations

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.fill import Filler
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.table.roles import ANY_MODULE
from py2cpp_autograd.types import ApiType, DictType


def named_part(selection: Selection, node: ir.Apply, filler: Filler) -> cpp.Expr:
    """`py2cpp::named_part<py2cpp::Linear>(this, "fc0")`."""
    values = (filler.fill(cpp.Name("self")), filler.value("name"))
    return selection.shim("module_tree", f"named_part<{selection.type(node.type)}>", *values)


def modules_by_name(selection: Selection, node: ir.Apply, filler: Filler) -> cpp.Expr:
    """`py2cpp::modules_by_name<py2cpp::Linear>(this)`."""
    assert isinstance(node.type, DictType)
    held = node.type.value
    owner = filler.fill(cpp.Name("self"))
    if held == ApiType(ANY_MODULE):
        return selection.shim("modules", "any_modules_by_name", owner)
    return selection.shim("module_tree", f"modules_by_name<{selection.type(held)}>", owner)
