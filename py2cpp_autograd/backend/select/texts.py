"""What a class says of itself in the text of modules: `struct ScaleImpl : torch::nn::Module, py2cpp::ExtraRepr`."""

from __future__ import annotations

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.names import cpp_name
from py2cpp_autograd.backend.select.bases import Initializers
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.types import STR

#: The classes by which the runtime calls them.
_INTERFACES = {"extra_repr": "py2cpp::ExtraRepr", "__repr__": "py2cpp::Repr"}


def is_said(owner: ir.Class, method: ir.Function) -> bool:
    """Whether the text of modules has what a method gives."""
    is_one = owner.shown is not None and owner.is_module and method.name in _INTERFACES
    return is_one and not method.parameters and method.result == STR


def bases(selection: Selection, node: ir.Class) -> tuple[str, ...]:
    """The further classes that a module derives from."""
    found = tuple(_INTERFACES[method.name] for method in node.methods if is_said(node, method))
    if found:
        selection.headers.add('"py2cpp/shown.h"')
    return found


def named(selection: Selection, node: ir.Class) -> Initializers:
    """The name of a class that C++ calls otherwise, which LibTorch's modules keep."""
    if node.shown in (None, cpp_name(node.name)) or not node.is_module:
        return ()
    if node.base is not None:
        message = f"the text of '{node.shown}' differs between Python and C++, where it is called '{node.name}'"
        selection.report.add("PCA502", node.span, message, "give the class another name")
        return ()
    return (("torch::nn::Module", (cpp.String(str(node.shown)),)),)
