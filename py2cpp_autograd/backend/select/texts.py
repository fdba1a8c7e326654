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
    if not _is_called_otherwise(node) or node.base is not None:
        return ()
    return (("torch::nn::Module", (cpp.String(str(node.shown)),)),)


def members(selection: Selection, node: ir.Class) -> tuple[cpp.Declare, ...]:
    """The same for a class that derives from a layer, whose constructor takes no name: a member that sets it."""
    if not _is_called_otherwise(node) or node.base is None:
        return ()
    made = cpp.Brace(None, (cpp.Unary("*", cpp.Name("this")), cpp.String(str(node.shown))))
    selection.headers.add('"py2cpp/shown.h"')
    return (cpp.Declare("py2cpp::ShownAs", "shown_as_", made),)


def _is_called_otherwise(node: ir.Class) -> bool:
    return node.is_module and node.shown not in (None, cpp_name(node.name))
