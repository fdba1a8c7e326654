"""`torch.tensor(data)` and its kin: nested braces of one type; C++ takes the dtype from the elements as Python does."""

from __future__ import annotations

from collections.abc import Iterator

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.fill import Filler
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.table.pattern import parse
from py2cpp_autograd.types import (
    TENSOR,
    BoolType,
    ComplexType,
    FloatType,
    IntType,
    ListType,
    NoneType,
    TensorType,
    TupleType,
    Type,
)

#: C++ types of elements, the widest last: what a display of several is converted to.
_ELEMENTS: tuple[tuple[type[Type], str], ...] = (
    (BoolType, "bool"), (IntType, "int64_t"), (FloatType, "double"), (ComplexType, "c10::complex<double>"),
)  # fmt: skip

#: Elements of lists that torch::tensor does not take.
_OWN = ListType | TupleType | TensorType | BoolType


def tensor_literal(selection: Selection, node: ir.Apply, filler: Filler) -> cpp.Expr:
    """`torch::tensor({1.0, 2.0}, options)`; a row of one dtype has it as its `args`."""
    fixed = filler.variant.words.get("args")
    options = filler.options() if fixed is None else cpp.Call(cpp.Name("torch::dtype"), (parse(fixed),))
    if isinstance(node.type, TensorType) and node.type.category == "complex" and "dtype" not in filler.given:
        options = _with_complex_dtype(options)
    return _made(selection, filler.given["data"], options)


def new_tensor(selection: Selection, node: ir.Apply, filler: Filler) -> cpp.Expr:
    """`x.new_tensor(data)`: `torch::tensor({1.0}, x.options())`; what was given takes the place of what x has."""
    options = cpp.Call(cpp.Member(filler.value(filler.variant.self_name), "options"), ())
    for name in ("dtype", "device", "requires_grad"):
        if name in filler.given and not isinstance(filler.given[name].type, NoneType):
            options = cpp.Call(cpp.Member(options, name), (filler.value(name),))
    return _made(selection, filler.given["data"], options)


def _with_complex_dtype(options: cpp.Expr | None) -> cpp.Expr:
    """Python makes complex numbers of the default dtype's width; C++ keeps the width of the literals."""
    dtype = cpp.Call(cpp.Name("c10::get_default_complex_dtype"), ())
    if options is None:
        return cpp.Call(cpp.Name("torch::dtype"), (dtype,))
    return cpp.Call(cpp.Member(options, "dtype"), (dtype,))


def _made(selection: Selection, data: ir.Expr, options: cpp.Expr | None) -> cpp.Expr:
    rest = () if options is None else (options,)
    leaves = list(_leaves(data))
    if not any(isinstance(leaf.type, ListType | TupleType | TensorType) for leaf in leaves):
        return cpp.Call(cpp.Name("torch::tensor"), (_braces(selection, data, _common(leaves)), *rest))
    if data in leaves and isinstance(data.type, ListType) and not isinstance(data.type.element, _OWN):
        return cpp.Call(cpp.Name("torch::tensor"), (selection.expression(data), *rest))
    return selection.shim("tensor", "tensor", _lists(selection, data), *rest)


def _leaves(node: ir.Expr) -> Iterator[ir.Expr]:
    """What stands in the displays, the innermost ones."""
    if isinstance(node, ir.ListDisplay | ir.TupleDisplay):
        for element in node.elements:
            yield from _leaves(element)
    else:
        yield node


def _common(leaves: list[ir.Expr]) -> str | None:
    """The C++ type that all elements are converted to; None where they have one type, `int` literals among them."""
    found = {place for place, (type_, _) in enumerate(_ELEMENTS) for leaf in leaves if isinstance(leaf.type, type_)}
    ints = {isinstance(leaf, ir.Literal) for leaf in leaves if isinstance(leaf.type, IntType)}
    return _ELEMENTS[max(found)][1] if len(found) > 1 or len(ints) > 1 else None


def _braces(selection: Selection, node: ir.Expr, common: str | None) -> cpp.Expr:
    if isinstance(node, ir.ListDisplay | ir.TupleDisplay):
        return cpp.Brace(None, tuple(_braces(selection, element, common) for element in node.elements), node.span)
    if common == "double" and isinstance(node, ir.Literal) and isinstance(node.value, bool | int):
        return cpp.Float(float(node.value), node.span)
    made = selection.expression(node)
    if common == "int64_t" and isinstance(node, ir.Literal) and isinstance(node.type, IntType):
        return cpp.Brace(cpp.Name("int64_t"), (made,))
    if common is not None and selection.type(node.type) != common:
        return cpp.Call(cpp.Name(f"static_cast<{common}>"), (made,))
    if isinstance(node, ir.Literal) and isinstance(node.value, int):
        return cpp.Brace(cpp.Name("int64_t"), (made,)) if abs(node.value) > 2**31 - 1 else made
    return made


def _lists(selection: Selection, node: ir.Expr) -> cpp.Expr:
    """Displays of lists or tensors, as vectors whose types C++ is told."""
    if not isinstance(node, ir.ListDisplay | ir.TupleDisplay):
        return selection.expression(node)
    is_tensors = any(isinstance(element.type, TensorType) for element in node.elements)
    type_ = ListType(TENSOR) if is_tensors else node.type
    return cpp.Brace(cpp.Name(selection.type(type_)), tuple(_lists(selection, e) for e in node.elements), node.span)
