"""Subscripts of lists, tuples, dicts and tensors."""

from __future__ import annotations

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.types import (
    ApiType,
    BoolType,
    CounterType,
    DefaultDictType,
    DequeType,
    DictType,
    IntType,
    ListType,
    ModuleListType,
    NoneType,
    RangeType,
    TupleType,
    Type,
)

_INDEXING = "torch::indexing"


def lower(selection: Selection, node: ir.Subscript | ir.ListSlice | ir.TensorIndex) -> cpp.Expr:
    """The C++ of a subscript that is read."""
    match node:
        case ir.TensorIndex(tensor=tensor, parts=parts):
            return _tensor(selection, tensor, parts)
        case ir.ListSlice(container=container, lower=lower_bound, upper=upper):
            if lower_bound is None and upper is None:
                return cpp.Call(cpp.Name(selection.type(node.type)), (selection.expression(container),))
            bounds = (_bound(selection, lower_bound, 0), _bound(selection, upper, 2**63 - 1))
            header = "modules" if selection.is_module(container.type) else "list"
            return selection.shim(header, "slice", selection.expression(container), *bounds)
        case ir.Subscript():
            return element(selection, node.container, node.index)


def _bound(selection: Selection, node: ir.Expr | None, default: int) -> cpp.Expr:
    return cpp.Int(default) if node is None else selection.expression(node)


def element(selection: Selection, container: ir.Expr, index: ir.Expr, assigned: bool = False) -> cpp.Expr:
    """One element of a list, tuple or dict, checked as Python checks it."""
    made = selection.expression(container)
    words = _words(container.type, assigned) if selection.catches else ()
    match container.type, index:
        case TupleType(), ir.Literal(value=int(position)):
            return selection.call(f"std::get<{position}>", made, header="<tuple>")
        case ListType(), ir.Literal(value=int(position)) if position >= 0 and not selection.catches:
            return cpp.Call(cpp.Member(made, "at"), (cpp.Int(position),))
        case ListType(), ir.Literal(value=int(-1)):
            return selection.shim("list", "at", made, cpp.Int(-1), *words)
        case (ListType() | TupleType()), _:
            return selection.shim("list", "at", made, selection.expression(index), *words)
        case (CounterType() | DefaultDictType()), _:
            return cpp.Index(made, selection.expression(index))
        case DictType(), _ if selection.catches:
            return selection.shim("dict", "at", made, selection.expression(index))
        case DictType(key=IntType()), ir.Literal():
            return cpp.Index(made, cpp.Brace(cpp.Name("int64_t"), (selection.expression(index),)))
        case DictType(), _:
            return cpp.Index(made, selection.expression(index))
        case ApiType(elements=elements), ir.Literal(value=int(position)):
            return selection.shim("modules", f"get<{selection.type(elements[position])}>", made, cpp.Int(position))
        case _:
            raise TypeError(f"no subscript of {container.type}")


def _words(container: Type, assigned: bool) -> tuple[cpp.Expr, ...]:
    """What Python says of an index outside, where it is not what it says of lists."""
    match container:
        case ModuleListType():
            return ()
        case DequeType():
            return (cpp.String("deque index out of range"),)
        case RangeType():
            return (cpp.String("range object index out of range"),)
        case ListType(fixed=True):
            return (cpp.String("tuple index out of range"),)
        case ListType() if assigned:
            return (cpp.String("list assignment index out of range"),)
        case _:
            return ()


def sized(selection: Selection, values: cpp.Expr, count: int) -> cpp.Expr:
    """The check that as many values unpack as there are targets."""
    size = cpp.Call(cpp.Member(values, "size"), ())
    if selection.catches:
        return selection.shim("list", "unpack", size, cpp.Int(count))
    return cpp.Call(cpp.Name("TORCH_CHECK"), (cpp.Binary("==", size, cpp.Int(count)),))


def _tensor(selection: Selection, tensor: ir.Expr, parts: tuple[ir.Expr | ir.Slice | ir.Ellipsis, ...]) -> cpp.Expr:
    made = selection.expression(tensor)
    if len(parts) == 1:
        part = parts[0]
        if not isinstance(part, ir.Slice | ir.Ellipsis) and isinstance(part.type, IntType):
            return cpp.Index(made, selection.expression(part))
    return cpp.Call(cpp.Member(made, "index"), (index_list(selection, parts),))


def index_list(selection: Selection, parts: tuple[ir.Expr | ir.Slice | ir.Ellipsis, ...]) -> cpp.Expr:
    """The braced list of `TensorIndex` values."""
    return cpp.Brace(None, tuple(_part(selection, part) for part in parts))


def _part(selection: Selection, part: ir.Expr | ir.Slice | ir.Ellipsis) -> cpp.Expr:
    match part:
        case ir.Ellipsis():
            return cpp.Name(f"{_INDEXING}::Ellipsis")
        case ir.Slice():
            return _slice(selection, part)
        case _ if isinstance(part.type, NoneType):
            return cpp.Name(f"{_INDEXING}::None")
        case ir.ListDisplay(elements=elements, type=ListType(element=kind)):
            dtype = "torch::kBool" if isinstance(kind, BoolType) else "torch::kLong"
            values = cpp.Brace(None, tuple(selection.expression(e) for e in elements))
            return cpp.Call(cpp.Name("torch::tensor"), (values, cpp.Name(dtype)))
        case _ if isinstance(part.type, ListType):
            return cpp.Call(cpp.Name("torch::tensor"), (selection.expression(part),))
        case _:
            return selection.expression(part)


def _slice(selection: Selection, part: ir.Slice) -> cpp.Expr:
    none = cpp.Name(f"{_INDEXING}::None")
    bounds = [none if b is None else selection.expression(b) for b in (part.lower, part.upper, part.step)]
    while bounds and bounds[-1] == none:
        bounds.pop()
    return cpp.Call(cpp.Name(f"{_INDEXING}::Slice"), tuple(bounds))


def assign(selection: Selection, target: ir.TensorIndexTarget, value: cpp.Expr) -> cpp.Expr:
    """`tensor[parts] = value`."""
    return cpp.Call(
        cpp.Member(selection.expression(target.tensor), "index_put_"), (index_list(selection, target.parts), value)
    )
