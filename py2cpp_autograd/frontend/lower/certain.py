"""Values that may be None in places where Python raises if they are: C++ looks, and raises too."""

from __future__ import annotations

from py2cpp_autograd import ir
from py2cpp_autograd.types import (
    BoolType,
    DictType,
    FloatType,
    InstanceType,
    IntType,
    ListType,
    OptionalType,
    SetType,
    StrType,
    TupleType,
)

#: What a `std::optional` holds, and gives only where it has it.
_HELD = (BoolType, IntType, FloatType, StrType, ListType, TupleType, DictType, SetType)


def certain(value: ir.Expr) -> ir.Expr:
    """The value, which is not None from here on. Tensors and modules see to that themselves."""
    inner = value.type.inner if isinstance(value.type, OptionalType) else None
    held = type(inner) in _HELD or (isinstance(inner, InstanceType) and inner.kind in ("object", "family"))
    return ir.Convert(value, inner, value.span) if inner is not None and held else value
