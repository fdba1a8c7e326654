"""`torch.tensor(data)`: nested braces of one type; C++ takes the dtype from the elements as Python does."""

from __future__ import annotations

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.fill import Filler
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.types import TensorType


def tensor_literal(selection: Selection, node: ir.Apply, filler: Filler) -> cpp.Expr:
    """`torch::tensor({1.0, 2.0}, options)`."""
    data = _data(selection, filler.given["data"])
    options = filler.options()
    if isinstance(node.type, TensorType) and node.type.category == "complex" and "dtype" not in filler.given:
        options = _with_complex_dtype(options)
    return cpp.Call(cpp.Name("torch::tensor"), (data,) if options is None else (data, options))


def _with_complex_dtype(options: cpp.Expr | None) -> cpp.Expr:
    """Python makes complex numbers of the default dtype's width; C++ keeps the width of the literals."""
    dtype = cpp.Call(cpp.Name("c10::get_default_complex_dtype"), ())
    if options is None:
        return cpp.Call(cpp.Name("torch::dtype"), (dtype,))
    return cpp.Call(cpp.Member(options, "dtype"), (dtype,))


def _data(selection: Selection, node: ir.Expr) -> cpp.Expr:
    if isinstance(node, ir.ListDisplay | ir.TupleDisplay):
        return cpp.Brace(None, tuple(_data(selection, element) for element in node.elements), node.span)
    made = selection.expression(node)
    if isinstance(node, ir.Literal) and isinstance(node.value, int):
        return cpp.Brace(cpp.Name("int64_t"), (made,)) if abs(node.value) > 2**31 - 1 else made
    return made
